import type * as z from 'zod';
import { formatInstant } from '../../domain/instant.ts';
import type { Changes } from '../../operations/merge-changes.ts';
import { parseExactJson } from '../../platform/exact-json.ts';
import type { Tenant } from '../../storage/database.ts';
import type { TaxRateRow, TaxRateSettings } from '../../storage/tax-rates.ts';
import type { changeTaxRateBody, createTaxRateBody } from './schemas.ts';

export function decodeNewTaxRate(body: z.output<typeof createTaxRateBody>): TaxRateSettings {
  return {
    name: body.name,
    percentage: body.percentage,
    inclusive: body.inclusive ?? false,
    metadata: JSON.stringify(body.metadata ?? {}),
  };
}

export function decodeTaxRateChanges(body: z.output<typeof changeTaxRateBody>): Changes<TaxRateSettings> {
  return {
    name: body.name,
    percentage: body.percentage,
    inclusive: body.inclusive,
    metadata: body.metadata === undefined ? undefined : JSON.stringify(body.metadata),
  };
}

export function encodeTaxRate(tenant: Tenant, row: TaxRateRow) {
  return {
    id: row.id,
    object: 'tax_rate',
    livemode: tenant.livemode,
    created_at: formatInstant(row.createdAt),
    name: row.name,
    percentage: row.percentage,
    inclusive: row.inclusive,
    replaced_by: row.replacedBy,
    archived_at: formatInstant(row.archivedAt),
    metadata: parseExactJson(row.metadata),
  };
}
