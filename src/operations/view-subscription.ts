import { addSeconds, compareInstants, type Instant } from '../domain/instant.ts';
import { grantStep, isLive, subscriptionSteps } from '../domain/subscription/steps.ts';
import type { BillingCustomer } from '../storage/billing-customers.ts';
import type { Database, Queryable, Tenant } from '../storage/database.ts';
import { selectLastInvoice } from '../storage/invoices.ts';
import type { SubscriptionRow, SubscriptionStatus } from '../storage/subscriptions.ts';
import { type CustomerBilling, currentPeriodOf, factsOf, loadCustomerBilling } from './billing/customer-billing.ts';
import { planVersionOf } from './billing/plan-of-period.ts';
import { getCustomerOfSubscription } from './get-subscription.ts';

export interface DueDeadline {
  readonly kind:
    | 'start'
    | 'end_trial'
    | 'end_period'
    | 'resume'
    | 'cancel'
    | 'finalize'
    | 'bill_late_usage'
    | 'end_grants';
  readonly at: Instant;
  /** Carry out everything up to here: `at`, or for a period's end that is finalized in the same turn, that instant. */
  readonly asOf: Instant;
  /** Of a period's end: the same turn finalizes its invoice. */
  readonly closes: boolean;
  readonly periodNumber: number | null;
}

/** What a subscription waits for, as its workflow and its operator see it. */
export interface SubscriptionOverview {
  readonly status: SubscriptionStatus;
  /** It goes on, or has a draft. */
  readonly live: boolean;
  /** It has ended, and late usage waits to be billed. */
  readonly late: boolean;
  readonly customerExternalId: string;
  readonly planId: string;
  readonly planName: string;
  readonly period: { readonly number: number; readonly startAt: Instant; readonly endAt: Instant } | null;
  /** Earliest first; empty while it needs attention. */
  readonly deadlines: readonly DueDeadline[];
  readonly clock: { readonly id: string; readonly frozenAt: Instant; readonly isAdvancing: boolean } | null;
  readonly attention: { readonly code: string; readonly message: string } | null;
  readonly lastInvoice: { readonly id: string; readonly number: string | null; readonly total: string } | null;
}

/**
 * Reads it as of one instant without a lock: the caller acts on it only through operations that look again. Throws
 * `not_found`.
 */
export async function viewSubscription(db: Database, tenant: Tenant, id: string): Promise<SubscriptionOverview> {
  return db.snapshot(async (snapshot) => {
    const customer = await getCustomerOfSubscription(snapshot, tenant, id);
    return overviewOf(snapshot, await loadCustomerBilling(snapshot, tenant, customer), id);
  });
}

/** The same from a customer's billing that has been read already. */
export async function overviewOf(db: Queryable, billing: CustomerBilling, id: string): Promise<SubscriptionOverview> {
  const { tenant, customer } = billing;
  const subscription = billing.subscriptions.find((each) => each.id === id);
  if (subscription === undefined) throw new Error(`subscription ${id} is not of customer ${customer.id}`);
  const plan = await planVersionOf(db, tenant, subscription);
  const period = subscription.status === 'active' ? currentPeriodOf(billing, subscription) : null;
  const facts = factsOf(billing, subscription);
  // A deleted test clock leaves drafts behind for which nothing is due any more. A paused subscription, for which nothing
  // is due either, goes on one day.
  const live = !customer.clockDeleted && isLive({ ...facts, lateDueAt: null });
  const late = subscription.nextDueAt !== null && subscription.lateDueAt !== null;
  const needsAttention = subscription.attentionCode !== null;
  return {
    status: subscription.status,
    live,
    late,
    customerExternalId: customer.externalId,
    planId: plan.planId,
    planName: plan.planName,
    period: period === null ? null : { number: period.number, startAt: period.startAt, endAt: period.endAt },
    deadlines: (live || late) && !needsAttention ? deadlinesOf(billing, subscription) : [],
    clock:
      customer.testClockId === null || customer.clockFrozenAt === null
        ? null
        : {
            id: customer.testClockId,
            frozenAt: customer.clockFrozenAt,
            isAdvancing: customer.clockStatus === 'advancing',
          },
    attention:
      subscription.attentionCode === null
        ? null
        : { code: subscription.attentionCode, message: subscription.attentionMessage ?? '' },
    lastInvoice: await lastInvoiceOf(db, tenant, id),
  };
}

function deadlinesOf(billing: CustomerBilling, subscription: SubscriptionRow): DueDeadline[] {
  const facts = factsOf(billing, subscription);
  const deadlines: DueDeadline[] = subscriptionSteps(facts).map((step) => {
    const finalizesAt = step.kind === 'end_period' ? finalizesInOneTurnAt(billing.customer, step.at) : null;
    return {
      kind: step.kind,
      at: step.at,
      asOf: finalizesAt ?? step.at,
      closes: finalizesAt !== null,
      periodNumber: step.kind === 'finalize' ? step.periodNumber : (facts.currentPeriod?.number ?? null),
    };
  });
  const ends = billing.grants.flatMap((grant) => grantStep(grant)?.at ?? []).toSorted(compareInstants);
  const [at] = ends;
  if (at !== undefined) deadlines.push({ kind: 'end_grants', at, asOf: at, closes: false, periodNumber: null });
  return deadlines.toSorted((left, right) => compareInstants(left.at, right.at));
}

/**
 * A wake-up costs the engine, so a period's end and its finalization are one turn where no time passes between them:
 * without a delay, and on a test clock that has already passed both. Each step keeps its own instant.
 */
function finalizesInOneTurnAt(customer: BillingCustomer, endAt: Instant): Instant | null {
  const finalizeAt = addSeconds(endAt, customer.finalizationDelaySeconds);
  const hasPassed = customer.clockFrozenAt !== null && customer.clockFrozenAt >= finalizeAt;
  return customer.finalizationDelaySeconds === 0 || hasPassed ? finalizeAt : null;
}

async function lastInvoiceOf(
  db: Queryable,
  tenant: Tenant,
  subscriptionId: string,
): Promise<SubscriptionOverview['lastInvoice']> {
  const invoice = await selectLastInvoice(db, tenant, subscriptionId);
  if (invoice === null) return null;
  return { id: invoice.id, number: invoice.number, total: `${invoice.total} ${invoice.currency}` };
}
