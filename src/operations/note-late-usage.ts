import type { Database, Tenant } from '../storage/database.ts';
import { lockBillingCustomer } from '../storage/billing-customers.ts';
import { selectSubscription } from '../storage/subscriptions.ts';
import { scheduleLateUsage } from './billing/bill-late-usage.ts';
import { loadCustomerBilling, refreshNextDue } from './billing/customer-billing.ts';
import { businessNow } from './business-time.ts';

/**
 * Looks whether events came for a subscription after it had ended and was billed, and fixes when they are billed.
 * Returns whether some wait. Repeatable: an instant that is set stays.
 */
export async function noteLateUsage(db: Database, tenant: Tenant, subscriptionId: string): Promise<boolean> {
  return db.transaction(async (tx) => {
    const found = await selectSubscription(tx, tenant, subscriptionId);
    if (found === null || found.status !== 'canceled') return false;
    const customer = await lockBillingCustomer(tx, tenant, found.customerId);
    if (customer === null || customer.clockDeleted) return false;
    const billing = await loadCustomerBilling(tx, tenant, customer);
    const subscription = billing.subscriptions.find(({ id }) => id === subscriptionId);
    if (subscription === undefined) return false;
    if (subscription.lateDueAt !== null) return true;
    const lateDueAt = await scheduleLateUsage(tx, { billing, subscription }, await businessNow(tx, customer));
    if (lateDueAt === null) return false;
    await refreshNextDue(tx, tenant, customer);
    return true;
  });
}
