import type * as z from 'zod';
import type { Id } from '../../domain/ids.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { NewCustomer } from '../../operations/create-customer.ts';
import type { Changes } from '../../operations/merge-changes.ts';
import { parseExactJson } from '../../platform/exact-json.ts';
import type { CustomerRow, CustomerSettings } from '../../storage/customers.ts';
import type { Tenant } from '../../storage/database.ts';
import { readAddress, writeAddress } from '../contact-fields.ts';
import type { changeCustomerBody, createCustomerBody } from './schemas.ts';

export function decodeNewCustomer(id: Id<'customer'>, body: z.output<typeof createCustomerBody>): NewCustomer {
  return {
    id,
    externalId: body.external_id,
    name: body.name ?? null,
    email: body.email ?? null,
    currency: body.currency ?? null,
    timezone: body.timezone ?? null,
    address: writeAddress(body.address ?? null),
    taxRateIds: body.tax_rate_ids ?? [],
    taxExempt: body.tax_exempt ?? false,
    testClockId: body.test_clock_id ?? null,
    metadata: JSON.stringify(body.metadata ?? {}),
  };
}

export function decodeCustomerChanges(body: z.output<typeof changeCustomerBody>): Changes<CustomerSettings> {
  return {
    name: body.name,
    email: body.email,
    currency: body.currency,
    timezone: body.timezone,
    address: body.address === undefined ? undefined : writeAddress(body.address),
    taxRateIds: body.tax_rate_ids === null ? [] : body.tax_rate_ids,
    taxExempt: body.tax_exempt === null ? false : body.tax_exempt,
    testClockId: body.test_clock_id,
    metadata: body.metadata === undefined ? undefined : JSON.stringify(body.metadata),
  };
}

export function encodeCustomer(tenant: Tenant, row: CustomerRow) {
  return {
    id: row.id,
    object: 'customer',
    livemode: tenant.livemode,
    created_at: formatInstant(row.createdAt),
    external_id: row.externalId,
    name: row.name,
    email: row.email,
    currency: row.currency,
    timezone: row.timezone,
    address: readAddress(row.address),
    tax_rate_ids: row.taxRateIds,
    tax_exempt: row.taxExempt,
    test_clock_id: row.testClockId,
    archived_at: formatInstant(row.archivedAt),
    metadata: parseExactJson(row.metadata),
  };
}
