import { Failure } from '../domain/errors/failure.ts';
import {
  type CustomerRow,
  type CustomerSettings,
  findCustomer,
  selectCustomer,
  updateCustomer,
} from '../storage/customers.ts';
import type { Database, Queryable, Tenant } from '../storage/database.ts';
import { replaceCustomerTaxRates } from '../storage/tax-rate-holders.ts';
import { attachableClock } from './attachable-clock.ts';
import { type CommandContext, commandOnCustomer } from './billing/due-steps.ts';
import { requireHoldableTaxRates } from './holdable-tax-rates.ts';
import { type Changes, mergeChanges } from './merge-changes.ts';

/** By external id, else by `cus_…`. Throws Failure `not_found`. */
export async function getCustomer(db: Queryable, tenant: Tenant, reference: string): Promise<CustomerRow> {
  const row = await findCustomer(db, tenant, reference);
  if (row === null) throw new Failure('not_found', 'No customer with this id exists.');
  return row;
}

interface CustomerChange {
  /** external_id or `cus_…`. */
  readonly reference: string;
  readonly changes: Changes<CustomerSettings>;
}

/**
 * Changes what is given, after everything that is due: a new time zone counts from the next period on, new tax rates
 * for every invoice that is finalized from now on.
 *
 * @throws Failure `not_found`, `customer_archived`, `currency_fixed`, `customer_has_subscription`, and those of
 * `commandOnCustomer`, `attachableClock` and `requireHoldableTaxRates`
 */
export async function changeCustomer(db: Database, tenant: Tenant, change: CustomerChange): Promise<CustomerRow> {
  const { id } = await getCustomer(db, tenant, change.reference);
  return commandOnCustomer(db, { tenant, customerId: id }, async (context) => {
    const before = await stored(context, tenant);
    const after = mergeChanges<CustomerSettings>(before, change.changes);
    await requireChangeable(context, tenant, { before, after });
    await updateCustomer(context.tx, { tenant, id }, after);
    if (change.changes.taxRateIds !== undefined) {
      await requireHoldableTaxRates(context.tx, tenant, after.taxRateIds);
      await replaceCustomerTaxRates(context.tx, { tenant, id }, after.taxRateIds);
    }
    return stored(context, tenant);
  });
}

async function stored({ tx, customer }: CommandContext, tenant: Tenant): Promise<CustomerRow> {
  const row = await selectCustomer(tx, tenant, customer.id);
  if (row === null) throw new Error('a locked customer is gone');
  return row;
}

async function requireChangeable(
  { tx, billing }: CommandContext,
  tenant: Tenant,
  { before, after }: { readonly before: CustomerRow; readonly after: CustomerSettings },
): Promise<void> {
  if (before.archivedAt !== null) throw new Failure('customer_archived', 'The customer is archived.');
  const hasSubscription = billing.subscriptions.length > 0;
  if (hasSubscription && after.currency !== before.currency) {
    throw new Failure('currency_fixed', `The first subscription fixed the currency: ${before.currency}.`, {
      param: 'currency',
    });
  }
  if (after.testClockId === before.testClockId) return;
  if (hasSubscription) {
    const message = 'A customer that has had a subscription keeps its clock.';
    throw new Failure('customer_has_subscription', message, { param: 'test_clock_id' });
  }
  if (after.testClockId !== null) await attachableClock(tx, tenant, after.testClockId);
}
