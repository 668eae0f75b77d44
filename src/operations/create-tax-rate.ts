import { Failure } from '../domain/errors/failure.ts';
import type { Id } from '../domain/ids.ts';
import type { Database, Queryable, Tenant } from '../storage/database.ts';
import { insertTaxRate, selectTaxRate, type TaxRateRow, type TaxRateSettings } from '../storage/tax-rates.ts';

/** Makes a tax rate. Repeated with the same id it returns the rate that exists. */
export async function createTaxRate(
  db: Database,
  tenant: Tenant,
  input: TaxRateSettings & { readonly id: Id<'taxRate'> },
): Promise<TaxRateRow> {
  return db.transaction(async (tx) => {
    await insertTaxRate(tx, tenant, input);
    return getTaxRate(tx, tenant, input.id);
  });
}

/** Throws Failure `not_found`. */
export async function getTaxRate(db: Queryable, tenant: Tenant, id: string): Promise<TaxRateRow> {
  const row = await selectTaxRate(db, tenant, id);
  if (row === null) throw new Failure('not_found', 'No tax rate with this id exists.');
  return row;
}
