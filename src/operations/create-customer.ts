import { Failure } from '../domain/errors/failure.ts';
import type { Id } from '../domain/ids.ts';
import { selectAccount } from '../storage/accounts.ts';
import { type CustomerRow, insertCustomer, selectCustomer } from '../storage/customers.ts';
import type { Database, Tenant } from '../storage/database.ts';
import { replaceCustomerTaxRates } from '../storage/tax-rate-holders.ts';
import { attachableClock } from './attachable-clock.ts';
import { requireHoldableTaxRates } from './holdable-tax-rates.ts';

export interface NewCustomer extends Omit<CustomerRow, 'id' | 'currency' | 'createdAt' | 'archivedAt'> {
  readonly id: Id<'customer'>;
  /** null: the account's. */
  readonly currency: string | null;
}

/**
 * Makes a customer; on a test clock its created_at is the clock's time. Repeated with the same id it returns the
 * customer that exists.
 *
 * @throws Failure `already_exists` for a taken external id (also of an archived customer), and those of `attachableClock`
 * and `requireHoldableTaxRates`
 */
export async function createCustomer(db: Database, tenant: Tenant, input: NewCustomer): Promise<CustomerRow> {
  return db.transaction(async (tx) => {
    const clock = input.testClockId === null ? null : await attachableClock(tx, tenant, input.testClockId);
    const currency = input.currency ?? (await selectAccount(tx, tenant)).currency;
    if (await insertCustomer(tx, tenant, { ...input, currency, createdAt: clock?.frozenAt ?? null })) {
      await requireHoldableTaxRates(tx, tenant, input.taxRateIds);
      await replaceCustomerTaxRates(tx, { tenant, id: input.id }, input.taxRateIds);
    }
    const row = await selectCustomer(tx, tenant, input.id);
    if (row !== null) return row;
    const message = 'A customer with this external_id exists.';
    throw new Failure('already_exists', message, { param: 'external_id' });
  });
}
