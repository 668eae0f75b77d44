import { Failure } from '../domain/errors/failure.ts';
import { type CustomerRow, markCustomerArchived } from '../storage/customers.ts';
import type { Database, Tenant } from '../storage/database.ts';
import { commandOnCustomer } from './billing/due-steps.ts';
import { getCustomer } from './change-customer.ts';

/**
 * Archives a customer; its external id stays taken. Repeated, it changes nothing.
 *
 * @throws Failure `not_found`, `customer_has_live_subscription`, and those of `commandOnCustomer`
 */
export async function archiveCustomer(db: Database, tenant: Tenant, reference: string): Promise<CustomerRow> {
  const found = await getCustomer(db, tenant, reference);
  if (found.archivedAt !== null) return found;
  const { id } = found;
  await commandOnCustomer(db, { tenant, customerId: id }, async ({ tx, billing, now }) => {
    const live = billing.subscriptions.find(({ status }) => status !== 'canceled');
    if (live !== undefined) {
      throw new Failure('customer_has_live_subscription', `Subscription ${live.id} is ${live.status}.`);
    }
    await markCustomerArchived(tx, { tenant, id }, now);
  });
  return getCustomer(db, tenant, id);
}
