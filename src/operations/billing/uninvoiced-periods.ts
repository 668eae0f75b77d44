import { compareInstants, type Instant, maxInstant, minInstant } from '../../domain/instant.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { PlanVersion } from '../../domain/plan.ts';
import type { RatedPeriod } from '../../domain/rating/model.ts';
import type { BillingCustomer } from '../../storage/billing-customers.ts';
import {
  selectNewestPeriods,
  selectUninvoicedPeriods,
  selectUsedSpans,
  type UninvoicedPeriodRow,
} from '../../storage/customer-credits.ts';
import type { Queryable, Tenant } from '../../storage/database.ts';
import type { PeriodRow } from '../../storage/periods.ts';
import { selectCustomerSubscriptions, type SubscriptionRow } from '../../storage/subscriptions.ts';
import { loadUpcoming } from '../get-subscription.ts';
import { planVersionOf } from './plan-of-period.ts';
import { closingFinalizeAt } from './write-draft.ts';

/** A customer's billing as it stood, or as it will go on, at an instant. */
export interface AsOf {
  readonly tenant: Tenant;
  readonly customer: BillingCustomer;
  readonly at: Instant;
}

/** A period that has begun by an instant and has no final invoice; `period` ends at the instant at the latest. */
export interface BegunPeriod {
  readonly subscription: SubscriptionRow;
  readonly plan: PlanVersion;
  readonly period: RatedPeriod;
  /** Where it ends unless it is cut. */
  readonly endAt: Instant;
  readonly finalizeAt: Instant;
}

/**
 * The periods of a customer that have begun by an instant and are not invoiced, in the one order of their finalizations
 * (billing rules 5): those that have opened, and those that will have opened by then as boundaries and plans stand
 * today, at most 1,000 a subscription. None after its test clock was deleted.
 */
export async function loadBegunPeriods(db: Queryable, asOf: AsOf): Promise<BegunPeriod[]> {
  const { tenant, customer, at } = asOf;
  if (customer.clockDeleted) return [];
  const subscriptions = await selectCustomerSubscriptions(db, tenant, customer.id);
  const opened = await selectUninvoicedPeriods(db, { tenant, customerId: customer.id, asOf: at });
  const newest = await selectNewestPeriods(db, tenant, customer.id);
  const periods: BegunPeriod[] = [];
  for (const subscription of subscriptions) {
    const own = opened.filter(({ subscriptionId }) => subscriptionId === subscription.id);
    const last = newest.find(({ subscriptionId }) => subscriptionId === subscription.id);
    for (const row of own) periods.push(await begunPeriod(db, asOf, { subscription, row }));
    periods.push(...(await comingPeriods(db, asOf, { subscription, last })));
  }
  return inOrder(periods);
}

/** Those of them in which events were used that some charge counts. */
export async function withUsage(db: Queryable, asOf: AsOf, periods: readonly BegunPeriod[]): Promise<BegunPeriod[]> {
  const { tenant, customer } = asOf;
  const spans = periods.map(({ plan, period }) => ({
    from: period.start,
    to: period.end,
    eventNames: [...new Set(plan.charges.flatMap(({ eventName }) => eventName ?? []))],
  }));
  const used = new Set(await selectUsedSpans(db, { tenant, externalId: customer.externalId }, spans));
  return periods.filter((_, index) => used.has(index));
}

async function begunPeriod(
  db: Queryable,
  { tenant, customer, at }: AsOf,
  { subscription, row }: { readonly subscription: SubscriptionRow; readonly row: UninvoicedPeriodRow },
): Promise<BegunPeriod> {
  const isRunning = subscription.status === 'active' && subscription.currentPeriodNumber === row.number;
  // A planned cancel or pause cuts it there.
  const cuts = isRunning ? [subscription.cancelAt, subscription.pauseAt].filter((cut) => cut !== null) : [];
  const endAt = minInstant(row.endAt, ...cuts);
  return {
    subscription,
    plan: await planVersionOf(db, tenant, row),
    period: {
      number: row.number,
      start: row.startAt,
      end: minInstant(endAt, at),
      fullStart: row.fullStartAt,
      fullEnd: row.fullEndAt,
      proration: row.proration,
    },
    endAt,
    finalizeAt: row.finalizeAt ?? closingFinalizeAt({ customer }, { period: { ...row, endAt }, subscription }),
  };
}

async function comingPeriods(
  db: Queryable,
  { tenant, customer, at }: AsOf,
  { subscription, last }: { readonly subscription: SubscriptionRow; readonly last: PeriodRow | undefined },
): Promise<BegunPeriod[]> {
  if (subscription.status === 'canceled' || (last?.endAt ?? subscription.anchorAt) >= at) return [];
  const ahead = { subscription, last, timezone: customer.timezone, count: LIMITS.stepsPerRequest };
  const { upcoming, upcomingPlan } = await loadUpcoming(db, tenant, ahead);
  const plan = await planVersionOf(db, tenant, upcomingPlan);
  return upcoming
    .filter(({ startAt }) => startAt < at)
    .map(({ number, startAt, endAt }) => ({
      subscription,
      plan,
      period: {
        number,
        start: startAt,
        end: minInstant(endAt, at),
        fullStart: startAt,
        fullEnd: endAt,
        proration: 'by_time',
      },
      endAt,
      finalizeAt: closingFinalizeAt({ customer }, { period: { endAt }, subscription }),
    }));
}

/** By finalize instant, subscription created_at, id; of one subscription by period, each not before the one before. */
function inOrder(periods: readonly BegunPeriod[]): BegunPeriod[] {
  const latest = new Map<string, Instant>();
  const waiting = periods.map((each) => {
    const finalizeAt = maxInstant(each.finalizeAt, latest.get(each.subscription.id) ?? each.finalizeAt);
    latest.set(each.subscription.id, finalizeAt);
    return { ...each, finalizeAt };
  });
  return waiting.toSorted(
    (left, right) =>
      compareInstants(left.finalizeAt, right.finalizeAt) ||
      compareInstants(left.subscription.createdAt, right.subscription.createdAt) ||
      (left.subscription.id < right.subscription.id ? -1 : Number(left.subscription.id > right.subscription.id)) ||
      left.period.number - right.period.number,
  );
}
