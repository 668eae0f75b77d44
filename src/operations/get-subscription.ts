import { boundariesAfter } from '../domain/calendar.ts';
import { Failure } from '../domain/errors/failure.ts';
import type { Instant } from '../domain/instant.ts';
import { selectBillingCustomer } from '../storage/billing-customers.ts';
import type { Database, Queryable, Tenant } from '../storage/database.ts';
import { type PeriodRow, selectPeriod, selectSubscriptionPeriods } from '../storage/periods.ts';
import { selectSubscription, type SubscriptionRow } from '../storage/subscriptions.ts';
import { planVersionOf } from './billing/plan-of-period.ts';

/** Throws Failure `not_found`. */
export async function getSubscription(db: Queryable, tenant: Tenant, id: string): Promise<SubscriptionRow> {
  const row = await selectSubscription(db, tenant, id);
  if (row === null) throw new Failure('not_found', `No subscription ${id}.`);
  return row;
}

/** The period that runs, or null while there is none. */
export async function findCurrentPeriod(
  db: Queryable,
  tenant: Tenant,
  subscription: SubscriptionRow,
): Promise<PeriodRow | null> {
  const { currentPeriodNumber } = subscription;
  if (currentPeriodNumber === null || subscription.status !== 'active') return null;
  return selectPeriod(db, { tenant, subscriptionId: subscription.id, number: currentPeriodNumber });
}

/** A period to come, as the boundaries stand today. */
export interface UpcomingPeriod {
  readonly number: number;
  readonly startAt: Instant;
  readonly endAt: Instant;
}

/**
 * All periods so far, and the next `upcoming` ones after the running one (or from the anchor on, before the first),
 * up to the instant the subscription is canceled at.
 */
export async function listPeriods(
  db: Database,
  tenant: Tenant,
  query: { readonly subscriptionId: string; readonly upcoming: number },
): Promise<{ subscription: SubscriptionRow; periods: PeriodRow[]; upcoming: UpcomingPeriod[] }> {
  const subscription = await getSubscription(db, tenant, query.subscriptionId);
  const periods = await selectSubscriptionPeriods(db, tenant, subscription.id);
  const upcoming =
    query.upcoming === 0 ? [] : await upcomingPeriods(db, tenant, { subscription, periods, count: query.upcoming });
  return { subscription, periods, upcoming };
}

async function upcomingPeriods(
  db: Database,
  tenant: Tenant,
  from: { readonly subscription: SubscriptionRow; readonly periods: readonly PeriodRow[]; readonly count: number },
): Promise<UpcomingPeriod[]> {
  const { subscription } = from;
  const customer = await selectBillingCustomer(db, tenant, subscription.customerId);
  if (subscription.status === 'canceled' || customer === null) return [];
  const plan = await planVersionOf(db, tenant, subscription);
  const last = from.periods.at(-1);
  const firstStart = last?.endAt ?? subscription.anchorAt;
  const firstNumber = last === undefined ? 0 : last.number + 1;
  const rule = {
    anchorAt: subscription.anchorAt,
    timezone: customer.timezone,
    billingPeriod: plan.billingPeriod,
    intervalCount: plan.intervalCount,
  };
  const ends = boundariesAfter(rule, firstStart, from.count);
  const { cancelAt } = subscription;
  return ends
    .map((endAt, index) => ({ number: firstNumber + index, startAt: ends[index - 1] ?? firstStart, endAt }))
    .filter((period) => cancelAt === null || period.startAt < cancelAt)
    .map((period) => (cancelAt !== null && period.endAt > cancelAt ? { ...period, endAt: cancelAt } : period));
}
