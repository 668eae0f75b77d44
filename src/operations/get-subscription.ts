import { boundariesAfter } from '../domain/calendar.ts';
import { Failure } from '../domain/errors/failure.ts';
import { earliestOf, type Instant } from '../domain/instant.ts';
import type { PlanVersion } from '../domain/plan.ts';
import {
  type BillingCustomer,
  findBillingCustomer,
  selectBillingCustomer,
  selectCustomerOfSubscription,
} from '../storage/billing-customers.ts';
import type { Database, Queryable, Tenant } from '../storage/database.ts';
import { type PeriodRow, selectCurrentPeriods, selectSubscriptionPeriods } from '../storage/periods.ts';
import {
  type PlanVersionRef,
  selectSubscription,
  selectSubscriptionPage,
  type SubscriptionPage,
  type SubscriptionRow,
  updateSubscription,
} from '../storage/subscriptions.ts';
import { afterPeriod } from './billing/after-period.ts';
import { planVersionOf } from './billing/plan-of-period.ts';

/** Throws Failure `not_found`. */
export async function getSubscription(db: Queryable, tenant: Tenant, id: string): Promise<SubscriptionRow> {
  const row = await selectSubscription(db, tenant, id);
  if (row === null) throw new Failure('not_found', `No subscription ${id}.`);
  return row;
}

/** The customer whose billing the subscription is part of. Throws Failure `not_found`. */
export async function getCustomerOfSubscription(db: Queryable, tenant: Tenant, id: string): Promise<BillingCustomer> {
  const customer = await selectCustomerOfSubscription(db, tenant, id);
  if (customer === null) throw new Failure('not_found', `No subscription ${id}.`);
  return customer;
}

/** A subscription with the period that runs, or null while there is none. */
export interface CurrentSubscription {
  readonly subscription: SubscriptionRow;
  readonly currentPeriod: PeriodRow | null;
}

export async function withCurrentPeriods(
  db: Queryable,
  tenant: Tenant,
  subscriptions: readonly SubscriptionRow[],
): Promise<CurrentSubscription[]> {
  const ids = subscriptions.map((subscription) => subscription.id);
  const periods = new Map((await selectCurrentPeriods(db, tenant, ids)).map((each) => [each.subscriptionId, each]));
  return subscriptions.map((subscription) => ({ subscription, currentPeriod: periods.get(subscription.id) ?? null }));
}

/** A page, newest first; `customerRef` is an external id or `cus_…`; one that does not exist has none. */
export async function listSubscriptions(
  db: Queryable,
  tenant: Tenant,
  query: Omit<SubscriptionPage, 'customerId'> & { readonly customerRef: string | null },
): Promise<SubscriptionRow[]> {
  const { customerRef, ...page } = query;
  const customer = customerRef === null ? null : await findBillingCustomer(db, tenant, customerRef);
  if (customerRef !== null && customer === null) return [];
  return selectSubscriptionPage(db, tenant, { ...page, customerId: customer?.id ?? null });
}

/** Replaces the metadata, the only thing of a subscription that a change may set. Throws Failure `not_found`. */
export async function changeSubscriptionMetadata(
  db: Database,
  tenant: Tenant,
  change: { readonly id: string; readonly metadata: Readonly<Record<string, string>> },
): Promise<SubscriptionRow> {
  await getSubscription(db, tenant, change.id);
  const metadata = JSON.stringify(change.metadata);
  await db.transaction((tx) => updateSubscription(tx, { tenant, id: change.id }, { metadata }));
  return getSubscription(db, tenant, change.id);
}

/** A period to come, as the boundaries stand today. */
export interface UpcomingPeriod {
  readonly number: number;
  readonly startAt: Instant;
  readonly endAt: Instant;
}

export interface ListedPeriods {
  readonly subscription: SubscriptionRow;
  readonly periods: readonly PeriodRow[];
  readonly upcoming: readonly UpcomingPeriod[];
  /** What the periods to come are on. */
  readonly upcomingPlan: PlanVersionRef;
  readonly timezone: string;
}

/**
 * All periods so far, and the next `upcoming` ones after the running one (or from the anchor on, before the first),
 * up to the instant the subscription is canceled at.
 */
export async function listPeriods(
  db: Database,
  tenant: Tenant,
  query: { readonly subscriptionId: string; readonly upcoming: number },
): Promise<ListedPeriods> {
  const subscription = await getSubscription(db, tenant, query.subscriptionId);
  const customer = await selectBillingCustomer(db, tenant, subscription.customerId);
  if (customer === null) throw new Error(`subscription ${subscription.id} has no customer`);
  const { timezone } = customer;
  const periods = await selectSubscriptionPeriods(db, tenant, subscription.id);
  const ahead = { subscription, last: periods.at(-1), timezone, count: query.upcoming };
  return { subscription, periods, timezone, ...(await loadUpcoming(db, tenant, ahead)) };
}

/** The next `count` periods of a subscription behind its newest one, and the plan version that they are on. */
export async function loadUpcoming(
  db: Queryable,
  tenant: Tenant,
  ahead: {
    readonly subscription: SubscriptionRow;
    readonly last: PeriodRow | undefined;
    readonly timezone: string;
    readonly count: number;
  },
): Promise<Pick<ListedPeriods, 'upcoming' | 'upcomingPlan'>> {
  const subscription = await afterRunning(db, tenant, ahead);
  const plan = await planVersionOf(db, tenant, subscription);
  return { upcoming: upcomingPeriods({ ...ahead, subscription, plan }), upcomingPlan: subscription };
}

/** The subscription as it is behind its running period: a planned change of plan has taken effect by then. */
async function afterRunning(
  db: Queryable,
  tenant: Tenant,
  { subscription, last }: { readonly subscription: SubscriptionRow; readonly last: PeriodRow | undefined },
): Promise<SubscriptionRow> {
  if (last === undefined) return subscription;
  const moved = await afterPeriod(db, tenant, { subscription, at: last.endAt });
  return moved.subscription;
}

function upcomingPeriods(from: {
  readonly subscription: SubscriptionRow;
  readonly last: PeriodRow | undefined;
  readonly plan: PlanVersion;
  readonly timezone: string;
  readonly count: number;
}): UpcomingPeriod[] {
  const { subscription, last, plan, timezone, count } = from;
  const firstStart = firstStartOf(subscription, last);
  if (firstStart === null || count === 0) return [];
  const firstNumber = last === undefined ? 0 : last.number + 1;
  const { billingPeriod, intervalCount } = plan;
  const zoneBefore = last?.timezone ?? timezone;
  const anchorAt = subscription.status === 'paused' ? firstStart : subscription.anchorAt;
  const rule = { anchorAt, timezone, billingPeriod, intervalCount, zoneBefore };
  const ends = boundariesAfter(rule, firstStart, count);
  const cancelAt = earliestOf(subscription.cancelAt, subscription.status === 'paused' ? null : subscription.pauseAt);
  return ends
    .map((endAt, index) => ({ number: firstNumber + index, startAt: ends[index - 1] ?? firstStart, endAt }))
    .filter((period) => cancelAt === null || period.startAt < cancelAt)
    .map((period) => (cancelAt !== null && period.endAt > cancelAt ? { ...period, endAt: cancelAt } : period));
}

/** Where the next period starts; null: none is known to come. A paused subscription is counted from its resume. */
function firstStartOf(subscription: SubscriptionRow, last: PeriodRow | undefined): Instant | null {
  if (subscription.status === 'canceled') return null;
  if (subscription.status === 'paused') return subscription.resumeAt;
  return last?.endAt ?? subscription.anchorAt;
}
