import type * as z from 'zod';
import { formatInstant } from '../../domain/instant.ts';
import { parseExactJson } from '../../platform/exact-json.ts';
import type { AccountRow, AccountSettings } from '../../storage/accounts.ts';
import type { Changes } from '../../operations/merge-changes.ts';
import type { Tenant } from '../../storage/database.ts';
import { readAddress, writeAddress } from '../contact-fields.ts';
import type { changeAccountBody } from './schemas.ts';

export function decodeAccountChanges(body: z.output<typeof changeAccountBody>): Changes<AccountSettings> {
  return {
    name: body.name,
    email: body.email,
    address: body.address === undefined ? undefined : writeAddress(body.address),
    currency: body.currency,
    timezone: body.timezone,
    invoicePrefix: body.invoice_prefix,
    finalizationDelaySeconds: body.finalization_delay,
    netDays: body.net_days,
    taxRateIds: body.tax_rate_ids,
    metadata: body.metadata === undefined ? undefined : JSON.stringify(body.metadata),
  };
}

export function encodeAccount(tenant: Tenant, row: AccountRow) {
  return {
    id: row.publicId,
    object: 'account',
    livemode: tenant.livemode,
    created_at: formatInstant(row.createdAt),
    name: row.name,
    email: row.email,
    address: readAddress(row.address),
    currency: row.currency,
    timezone: row.timezone,
    invoice_prefix: row.invoicePrefix,
    finalization_delay: row.finalizationDelaySeconds,
    net_days: row.netDays,
    tax_rate_ids: row.taxRateIds,
    metadata: parseExactJson(row.metadata),
  };
}
