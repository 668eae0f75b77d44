import type { Instant } from '../domain/instant.ts';
import { type Queryable, type Tenant, type Transaction, timestamptz } from './database.ts';
import { sql } from './sql.ts';

/** A payload-free nudge that waits for its delivery to the subscription's workflow. */
export interface OutboxRow {
  readonly id: bigint;
  readonly accountId: number;
  readonly livemode: boolean;
  readonly subscriptionId: string;
  readonly attempts: number;
  /** Events came for it after it had ended and was billed. */
  readonly late: boolean;
  /** Whether the subscription has ended, and whether late usage of it waits for its invoice. */
  readonly hasEnded: boolean;
  readonly isLate: boolean;
}

/** The channel on which a commit wakes the relay. */
export const OUTBOX_CHANNEL = 'durabill_outbox';

/** Written in the transaction that changed something; the notification is sent by the commit. */
export async function insertNudges(tx: Transaction, tenant: Tenant, subscriptionIds: readonly string[]): Promise<void> {
  if (subscriptionIds.length === 0) return;
  await tx.query(sql`
    insert into outbox (account_id, livemode, subscription_id)
    select ${tenant.accountId}, ${tenant.livemode}, id from unnest(${[...subscriptionIds]}::text[]) as t (id)`);
  await tx.query(sql`select pg_notify(${OUTBOX_CHANNEL}, '')`);
}

/** Events of one customer that have just been stored: between which instants they lie. */
export interface StoredSpan {
  readonly tenant: Tenant;
  readonly customerRef: string;
  readonly from: Instant;
  readonly to: Instant;
}

/**
 * For each subscription that had ended and covers some of the events: one row until it is delivered. In one order, since
 * two writers may want the same rows. By customers' external ids and the index subscriptions_ended.
 */
export async function insertLateNudges(tx: Transaction, spans: readonly StoredSpan[]): Promise<void> {
  const rows = await tx.query(sql`
    insert into outbox (account_id, livemode, subscription_id, late)
    select distinct s.account_id, s.livemode, s.id, true
    from unnest(${spans.map(({ tenant }) => tenant.accountId)}::int[], ${spans.map(({ tenant }) => tenant.livemode)}::boolean[],
      ${spans.map(({ customerRef }) => customerRef)}::text[], ${spans.map(({ from }) => timestamptz(from))}::timestamptz[],
      ${spans.map(({ to }) => timestamptz(to))}::timestamptz[]) as e (account_id, livemode, customer_ref, from_at, to_at)
    join customers c on c.account_id = e.account_id and c.livemode = e.livemode and c.external_id = e.customer_ref
    join subscriptions s on s.account_id = c.account_id and s.livemode = c.livemode and s.customer_id = c.id
    where s.status = 'canceled' and s.current_period_number is not null and s.start_at <= e.to_at and s.ended_at > e.from_at
    order by s.account_id, s.livemode, s.id
    on conflict (account_id, livemode, subscription_id) where late do nothing
    returning 1`);
  if (rows.length > 0) await tx.query(sql`select pg_notify(${OUTBOX_CHANNEL}, '')`);
}

/** Ended subscriptions on a test clock for which events have come that nobody has looked at yet. */
export async function selectClockLateNudges(
  db: Queryable,
  tenant: Tenant,
  clockId: string,
): Promise<{ subscriptionId: string }[]> {
  return db.query<{ subscriptionId: string }>(sql`
    select o.subscription_id as "subscriptionId" from outbox o
    join subscriptions s on s.account_id = o.account_id and s.livemode = o.livemode and s.id = o.subscription_id
    join customers c on c.account_id = s.account_id and c.livemode = s.livemode and c.id = s.customer_id
    where o.account_id = ${tenant.accountId} and o.livemode = ${tenant.livemode} and o.late
      and c.test_clock_id = ${clockId}
    order by o.subscription_id`);
}

/** Takes up to `limit` due rows of one mode; other relays skip them while this transaction lasts. */
export async function lockDueNudges(
  tx: Transaction,
  filter: { readonly livemode: boolean; readonly limit: number },
): Promise<OutboxRow[]> {
  return tx.query<OutboxRow>(sql`
    select o.id, o.account_id as "accountId", o.livemode, o.subscription_id as "subscriptionId", o.attempts, o.late,
      s.status = 'canceled' as "hasEnded", s.late_due_at is not null and s.next_due_at is not null as "isLate"
    from outbox o
    join subscriptions s on s.account_id = o.account_id and s.livemode = o.livemode and s.id = o.subscription_id
    where o.next_attempt_at <= now() and o.livemode = ${filter.livemode}
    order by o.next_attempt_at, o.id
    limit ${filter.limit}
    for update of o skip locked`);
}

export async function deleteNudges(tx: Transaction, ids: readonly bigint[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.query(sql`delete from outbox where id = any(${[...ids]}::bigint[])`);
}

/** Puts failed deliveries back with exponential delay, at most a minute. */
export async function postponeNudges(tx: Transaction, ids: readonly bigint[], error: string): Promise<void> {
  if (ids.length === 0) return;
  await tx.query(sql`
    update outbox set attempts = attempts + 1, last_error = ${error},
      next_attempt_at = now() + least(60, power(2, least(attempts, 10))) * interval '1 second'
    where id = any(${[...ids]}::bigint[])`);
}

export async function countNudges(db: Queryable): Promise<number> {
  const [row] = await db.query<{ count: number }>(sql`select count(*)::int as count from outbox`);
  return row?.count ?? 0;
}

/** Subscriptions whose next step is overdue by more than the grace, by the clock that governs them. */
export async function selectOverdueSubscriptions(
  db: Queryable,
  filter: { readonly livemode: boolean; readonly graceSeconds: number; readonly limit: number },
): Promise<{ accountId: number; subscriptionId: string; isLate: boolean }[]> {
  return db.query<{ accountId: number; subscriptionId: string; isLate: boolean }>(sql`
    select s.account_id as "accountId", s.id as "subscriptionId", s.late_due_at is not null as "isLate"
    from subscriptions s
    join customers c on c.account_id = s.account_id and c.livemode = s.livemode and c.id = s.customer_id
    left join test_clocks k on k.account_id = c.account_id and k.livemode = c.livemode and k.id = c.test_clock_id
    where s.livemode = ${filter.livemode} and s.attention_code is null
      and s.next_due_at <= coalesce(k.frozen_at, now() - ${filter.graceSeconds} * interval '1 second')
    order by s.next_due_at
    limit ${filter.limit}`);
}
