import { isLive, nextDueAt, type SubscriptionFacts } from '../../domain/subscription/steps.ts';
import type { BillingCustomer } from '../../storage/billing-customers.ts';
import { type CreditGrantRow, selectGrantsInWork } from '../../storage/credit-grants.ts';
import type { Queryable, Tenant, Transaction } from '../../storage/database.ts';
import { type InvoiceRow, selectNextDrafts } from '../../storage/invoices.ts';
import { type PeriodRow, selectPeriodsInWork } from '../../storage/periods.ts';
import { type SubscriptionRow, selectCustomerSubscriptions, updateNextDue } from '../../storage/subscriptions.ts';

/** One transaction's view of everything that is billed together: one customer. */
export interface CustomerBilling {
  readonly tenant: Tenant;
  readonly customer: BillingCustomer;
  readonly subscriptions: readonly SubscriptionRow[];
  /** Of each subscription the running one, and the earliest whose closing invoice is not final. */
  readonly periods: readonly PeriodRow[];
  /** Of each subscription all but closing ones, and the two earliest of those, in the order of their periods. */
  readonly drafts: readonly InvoiceRow[];
  /** Those that can still end, be drawn, or have been drawn by an open period. */
  readonly grants: readonly CreditGrantRow[];
}

/** Reads it; exact while the caller holds the customer's row lock, a snapshot otherwise. */
export async function loadCustomerBilling(
  db: Queryable,
  tenant: Tenant,
  customer: BillingCustomer,
): Promise<CustomerBilling> {
  const subscriptions = await selectCustomerSubscriptions(db, tenant, customer.id);
  const periods = await selectPeriodsInWork(db, tenant, customer.id);
  const drafts = await selectNextDrafts(db, tenant, customer.id);
  const grants = await selectGrantsInWork(db, tenant, customer.id);
  return { tenant, customer, subscriptions, periods, drafts, grants };
}

export function factsOf(billing: CustomerBilling, subscription: SubscriptionRow): SubscriptionFacts {
  const current = currentPeriodOf(billing, subscription);
  return {
    id: subscription.id,
    createdAt: subscription.createdAt,
    status: subscription.status,
    startAt: subscription.startAt,
    trialEndAt: subscription.trialEndAt,
    cancelAt: subscription.cancelAt,
    pauseAt: subscription.pauseAt,
    resumeAt: subscription.resumeAt,
    needsAttention: subscription.attentionCode !== null,
    lateDueAt: subscription.lateDueAt,
    currentPeriod: current === null ? null : { number: current.number, endAt: current.endAt },
    drafts: billing.drafts
      .filter((draft) => draft.subscriptionId === subscription.id)
      .map(({ id: invoiceId, kind, periodNumber, finalizeAt }) => ({ invoiceId, kind, periodNumber, finalizeAt })),
  };
}

export function currentPeriodOf(billing: CustomerBilling, subscription: SubscriptionRow): PeriodRow | null {
  return (
    billing.periods.find(
      (period) => period.subscriptionId === subscription.id && period.number === subscription.currentPeriodNumber,
    ) ?? null
  );
}

/**
 * Brings `next_due_at` of the customer's subscriptions up to date; the last thing a transaction does before commit, but for
 * giving the invoice `issued` its number: it is taken for final. Returns the billing as it is then.
 */
export async function refreshNextDue(
  tx: Transaction,
  tenant: Tenant,
  { issued = null, ...customer }: BillingCustomer & { readonly issued?: string | null },
): Promise<CustomerBilling> {
  const loaded = await loadCustomerBilling(tx, tenant, customer);
  const billing = { ...loaded, drafts: loaded.drafts.filter(({ id }) => id !== issued) };
  if (customer.clockDeleted) return billing;
  const subscriptions = billing.subscriptions.map((subscription) => ({
    ...subscription,
    nextDueAt: nextDueAt(factsOf(billing, subscription), billing.grants),
  }));
  const isStale = (_: SubscriptionRow, index: number) =>
    subscriptions[index]?.nextDueAt !== billing.subscriptions[index]?.nextDueAt;
  await updateNextDue(tx, tenant, subscriptions.filter(isStale));
  return { ...billing, subscriptions };
}

/** Ids of the customer's subscriptions whose workflows are still running. */
export function liveSubscriptionIds(billing: CustomerBilling): string[] {
  return billing.subscriptions
    .filter((subscription) => isLive(factsOf(billing, subscription)))
    .map((subscription) => subscription.id);
}
