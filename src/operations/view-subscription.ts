import type { Instant } from '../domain/instant.ts';
import { grantStep, subscriptionSteps } from '../domain/subscription/steps.ts';
import { selectBillingCustomer } from '../storage/billing-customers.ts';
import type { Database, Tenant } from '../storage/database.ts';
import { selectLastInvoice } from '../storage/invoices.ts';
import { currentPeriodOf, factsOf, loadCustomerBilling } from './billing/customer-billing.ts';
import { planVersionOf } from './billing/plan-of-period.ts';
import { getSubscription } from './get-subscription.ts';

export interface DueDeadline {
  readonly kind: 'start' | 'end_trial' | 'end_period' | 'cancel' | 'finalize' | 'end_grants';
  readonly at: Instant;
  readonly periodNumber: number | null;
}

/** What a subscription waits for, as its workflow and its operator see it. */
export interface SubscriptionOverview {
  readonly status: 'scheduled' | 'trialing' | 'active' | 'canceled';
  readonly live: boolean;
  readonly customerId: string;
  readonly customerExternalId: string;
  readonly planId: string;
  readonly planName: string;
  readonly period: { readonly number: number; readonly startAt: Instant; readonly endAt: Instant } | null;
  /** Earliest first; empty while it needs attention. */
  readonly deadlines: readonly DueDeadline[];
  readonly finalizesAtOnce: boolean;
  readonly clock: { readonly id: string; readonly frozenAt: Instant } | null;
  readonly attention: { readonly code: string; readonly message: string } | null;
  readonly lastInvoice: { readonly id: string; readonly number: string | null; readonly total: string } | null;
}

/** Reads it without a lock: the caller acts on it only through operations that look again. Throws `not_found`. */
export async function viewSubscription(db: Database, tenant: Tenant, id: string): Promise<SubscriptionOverview> {
  const { customerId } = await getSubscription(db, tenant, id);
  const customer = await selectBillingCustomer(db, tenant, customerId);
  if (customer === null) throw new Error(`subscription ${id} has no customer`);
  const billing = await loadCustomerBilling(db, tenant, customer);
  const subscription = billing.subscriptions.find((each) => each.id === id);
  if (subscription === undefined) throw new Error(`subscription ${id} vanished`);
  const plan = await planVersionOf(db, tenant, subscription);
  const period = subscription.status === 'active' ? currentPeriodOf(billing, subscription) : null;
  const live = subscription.nextDueAt !== null;
  const needsAttention = subscription.attentionCode !== null;
  return {
    status: subscription.status,
    live,
    customerId: customer.id,
    customerExternalId: customer.externalId,
    planId: plan.planId,
    planName: plan.planName,
    period: period === null ? null : { number: period.number, startAt: period.startAt, endAt: period.endAt },
    deadlines: live && !needsAttention ? deadlinesOf(factsOf(billing, subscription), billing.grants) : [],
    finalizesAtOnce: customer.finalizationDelaySeconds === 0,
    clock:
      customer.testClockId === null || customer.clockFrozenAt === null
        ? null
        : { id: customer.testClockId, frozenAt: customer.clockFrozenAt },
    attention:
      subscription.attentionCode === null
        ? null
        : { code: subscription.attentionCode, message: subscription.attentionMessage ?? '' },
    lastInvoice: await lastInvoiceOf(db, tenant, id),
  };
}

function deadlinesOf(
  facts: Parameters<typeof subscriptionSteps>[0],
  grants: readonly Parameters<typeof grantStep>[0][],
): DueDeadline[] {
  const deadlines: DueDeadline[] = subscriptionSteps(facts).map((step) => ({
    kind: step.kind,
    at: step.at,
    periodNumber: step.kind === 'finalize' ? step.periodNumber : (facts.currentPeriod?.number ?? null),
  }));
  const ends = grants.flatMap((grant) => grantStep(grant)?.at ?? []).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const [firstEnd] = ends;
  if (firstEnd !== undefined) deadlines.push({ kind: 'end_grants', at: firstEnd, periodNumber: null });
  return deadlines.toSorted((left, right) => (left.at < right.at ? -1 : left.at > right.at ? 1 : 0));
}

async function lastInvoiceOf(
  db: Database,
  tenant: Tenant,
  subscriptionId: string,
): Promise<SubscriptionOverview['lastInvoice']> {
  const invoice = await selectLastInvoice(db, tenant, subscriptionId);
  if (invoice === null) return null;
  return { id: invoice.id, number: invoice.number, total: `${invoice.total} ${invoice.currency}` };
}
