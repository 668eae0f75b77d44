import type { Instant } from '../domain/instant.ts';
import type { ProrationMode } from '../domain/rating/model.ts';
import { type Queryable, type Tenant, type Transaction, timestamptz } from './database.ts';
import { fragment, sql } from './sql.ts';

export interface PeriodRow {
  readonly subscriptionId: string;
  readonly number: number;
  readonly startAt: Instant;
  /** Exclusive; earlier than `fullEndAt` when the period was cut. */
  readonly endAt: Instant;
  readonly fullStartAt: Instant;
  readonly fullEndAt: Instant;
  readonly timezone: string;
  readonly planId: string;
  readonly planVersion: number;
  readonly proration: ProrationMode;
  /** It goes on from the period before, whose closing invoice bills its advance flats; else an opening invoice does. */
  readonly continues: boolean;
  readonly status: 'open' | 'closed';
  readonly openedAt: Instant;
  readonly closedAt: Instant | null;
}

/** Of a row `p`. */
export const PERIOD_COLUMNS = fragment`
  p.subscription_id as "subscriptionId", p.number, p.start_at as "startAt", p.end_at as "endAt",
  p.full_start_at as "fullStartAt", p.full_end_at as "fullEndAt", p.timezone, p.plan_id as "planId",
  p.plan_version as "planVersion", p.proration, p.continues, p.status, p.opened_at as "openedAt", p.closed_at as "closedAt"`;

export async function insertPeriod(tx: Transaction, tenant: Tenant, row: PeriodRow): Promise<void> {
  await tx.query(sql`
    insert into periods (account_id, livemode, subscription_id, number, start_at, end_at, full_start_at, full_end_at,
      timezone, plan_id, plan_version, proration, continues, status, opened_at)
    values (${tenant.accountId}, ${tenant.livemode}, ${row.subscriptionId}, ${row.number}, ${timestamptz(row.startAt)},
      ${timestamptz(row.endAt)}, ${timestamptz(row.fullStartAt)}, ${timestamptz(row.fullEndAt)}, ${row.timezone},
      ${row.planId}, ${row.planVersion}, ${row.proration}, ${row.continues}, ${row.status}, ${timestamptz(row.openedAt)})`);
}

export async function selectSubscriptionPeriods(
  db: Queryable,
  tenant: Tenant,
  subscriptionId: string,
): Promise<PeriodRow[]> {
  return db.query<PeriodRow>(sql`
    select ${PERIOD_COLUMNS} from periods p
    where p.account_id = ${tenant.accountId} and p.livemode = ${tenant.livemode} and p.subscription_id = ${subscriptionId}
    order by p.number`);
}

/** Some periods of a subscription, in their order, by the primary key. */
export async function selectPeriodsByNumber(
  db: Queryable,
  key: { readonly tenant: Tenant; readonly subscriptionId: string; readonly numbers: readonly number[] },
): Promise<PeriodRow[]> {
  if (key.numbers.length === 0) return [];
  return db.query<PeriodRow>(sql`
    select ${PERIOD_COLUMNS} from periods p
    where p.account_id = ${key.tenant.accountId} and p.livemode = ${key.tenant.livemode}
      and p.subscription_id = ${key.subscriptionId} and p.number = any(${[...key.numbers]}::int[])
    order by p.number`);
}

/**
 * What of a customer's open periods is in work: of each subscription the earliest, whose draft is the next to be
 * finalized, and the running one. However many drafts wait, by the index periods_open and the primary key.
 */
export async function selectPeriodsInWork(db: Queryable, tenant: Tenant, customerId: string): Promise<PeriodRow[]> {
  return db.query<PeriodRow>(sql`
    select ${PERIOD_COLUMNS} from subscriptions s
    cross join lateral (
      (select o.* from periods o
        where o.account_id = s.account_id and o.livemode = s.livemode and o.subscription_id = s.id and o.status = 'open'
        order by o.number limit 1)
      union
      select c.* from periods c
        where c.account_id = s.account_id and c.livemode = s.livemode and c.subscription_id = s.id
          and c.number = s.current_period_number and c.status = 'open'
    ) p
    where s.account_id = ${tenant.accountId} and s.livemode = ${tenant.livemode} and s.customer_id = ${customerId}
    order by p.subscription_id, p.number`);
}

/** Since when each subscription of a customer has open periods, a plan version. By the index periods_open. */
export async function selectOpenSince(
  db: Queryable,
  tenant: Tenant,
  customerId: string,
): Promise<{ subscriptionId: string; planId: string; planVersion: number; startAt: Instant }[]> {
  return db.query<{ subscriptionId: string; planId: string; planVersion: number; startAt: Instant }>(sql`
    select p.subscription_id as "subscriptionId", p.plan_id as "planId", p.plan_version as "planVersion",
      min(p.start_at) as "startAt"
    from subscriptions s
    join periods p on p.account_id = s.account_id and p.livemode = s.livemode and p.subscription_id = s.id
    where s.account_id = ${tenant.accountId} and s.livemode = ${tenant.livemode} and s.customer_id = ${customerId}
      and p.status = 'open'
    group by p.subscription_id, p.plan_id, p.plan_version`);
}

/**
 * Periods that can decide where a grant ends: of subscriptions that are not canceled, ending after `effectiveAt`,
 * earliest first. `subscriptionId` narrows to one subscription, whatever its status.
 */
export async function selectPeriodsEndingAfter(
  db: Queryable,
  tenant: Tenant,
  filter: { readonly customerId: string; readonly subscriptionId: string | null; readonly effectiveAt: Instant },
): Promise<PeriodRow[]> {
  return db.query<PeriodRow>(sql`
    select ${PERIOD_COLUMNS} from subscriptions s
    join periods p on p.account_id = s.account_id and p.livemode = s.livemode and p.subscription_id = s.id
    where s.account_id = ${tenant.accountId} and s.livemode = ${tenant.livemode} and s.customer_id = ${filter.customerId}
      and (s.id = ${filter.subscriptionId} or (${filter.subscriptionId}::text is null and s.status <> 'canceled'))
      and p.end_at > ${timestamptz(filter.effectiveAt)}
    order by p.end_at
    limit 1000`);
}

/**
 * Live subscriptions of a customer whose next period is to open at or before `effectiveAt`: not yet begun, or with a
 * running period that ends by then. Not those that will be canceled by then, are paused (nobody knows until when) or
 * stand still. `subscriptionId` narrows.
 */
export async function selectSubscriptionsToOpen(
  db: Queryable,
  tenant: Tenant,
  filter: { readonly customerId: string; readonly subscriptionId: string | null; readonly effectiveAt: Instant },
): Promise<{ subscriptionId: string; planId: string; planVersion: number }[]> {
  return db.query<{ subscriptionId: string; planId: string; planVersion: number }>(sql`
    select s.id as "subscriptionId", s.plan_id as "planId", s.plan_version as "planVersion" from subscriptions s
    left join periods p on p.account_id = s.account_id and p.livemode = s.livemode and p.subscription_id = s.id
      and p.number = s.current_period_number
    where s.account_id = ${tenant.accountId} and s.livemode = ${tenant.livemode} and s.customer_id = ${filter.customerId}
      and (${filter.subscriptionId}::text is null or s.id = ${filter.subscriptionId})
      and s.status not in ('canceled', 'paused') and s.attention_code is null
      and coalesce(p.end_at, s.anchor_at) <= ${timestamptz(filter.effectiveAt)}
      and coalesce(s.cancel_at, 'infinity') > ${timestamptz(filter.effectiveAt)}`);
}

/** Cuts the running period at `endAt`; the full period stays for proration, which goes by `proration`. */
export async function cutPeriod(
  tx: Transaction,
  key: { readonly tenant: Tenant; readonly subscriptionId: string; readonly number: number },
  cut: { readonly endAt: Instant; readonly proration: ProrationMode },
): Promise<void> {
  await tx.query(sql`
    update periods set end_at = ${timestamptz(cut.endAt)}, proration = ${cut.proration}
    where account_id = ${key.tenant.accountId} and livemode = ${key.tenant.livemode}
      and subscription_id = ${key.subscriptionId} and number = ${key.number} and status = 'open'`);
}

/** Returns whether it was open until now: an invoice that is issued again finds it closed. */
export async function markPeriodClosed(
  tx: Transaction,
  key: { readonly tenant: Tenant; readonly subscriptionId: string; readonly number: number },
  closedAt: Instant,
): Promise<boolean> {
  const rows = await tx.query(sql`
    update periods set status = 'closed', closed_at = ${timestamptz(closedAt)}
    where account_id = ${key.tenant.accountId} and livemode = ${key.tenant.livemode}
      and subscription_id = ${key.subscriptionId} and number = ${key.number} and status = 'open'
    returning 1`);
  return rows.length > 0;
}

/** The current periods of several subscriptions, by primary key. */
export async function selectCurrentPeriods(
  db: Queryable,
  tenant: Tenant,
  subscriptionIds: readonly string[],
): Promise<PeriodRow[]> {
  return db.query<PeriodRow>(sql`
    select ${PERIOD_COLUMNS} from subscriptions s
    join periods p on p.account_id = s.account_id and p.livemode = s.livemode and p.subscription_id = s.id
      and p.number = s.current_period_number
    where s.account_id = ${tenant.accountId} and s.livemode = ${tenant.livemode} and s.id = any(${[...subscriptionIds]})
      and s.status = 'active'`);
}
