import type { Instant } from '../domain/instant.ts';
import { type Queryable, type Tenant, type Transaction, timestamptz } from './database.ts';
import { IS_LATE, IS_LIVE } from './expected-workflows.ts';
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
  /** Its workflows were seen to be missing: they may start anew although earlier runs of them have ended. */
  readonly revives: boolean;
  /** Whether its workflow has something to wait for. */
  readonly isLive: boolean;
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
      o.revives, ${IS_LIVE} as "isLive", s.status = 'canceled' as "hasEnded", ${IS_LATE} as "isLate"
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

/** How many rows wait of an account, how long, and what the last failed delivery said. */
export interface OutboxBacklog {
  readonly waiting: number;
  /** Of these, rows that start missing workflows. */
  readonly reviving: number;
  readonly oldestAt: Instant | null;
  readonly lastError: string | null;
}

export async function selectBacklog(db: Queryable, tenant: Tenant): Promise<OutboxBacklog> {
  const [row] = await db.query<OutboxBacklog>(sql`
    select count(*)::int as waiting, (count(*) filter (where revives))::int as reviving, min(created_at) as "oldestAt",
      (array_agg(last_error order by next_attempt_at desc) filter (where last_error is not null))[1] as "lastError"
    from outbox
    where account_id = ${tenant.accountId} and livemode = ${tenant.livemode}`);
  return row ?? { waiting: 0, reviving: 0, oldestAt: null, lastError: null };
}

/** Rows by which the relay starts the workflows of these subscriptions, or nudges them; one each until it is delivered. */
export async function insertRevivals(
  db: Queryable,
  livemode: boolean,
  subscriptions: readonly { readonly accountId: number; readonly subscriptionId: string }[],
): Promise<void> {
  if (subscriptions.length === 0) return;
  await db.query(sql`
    insert into outbox (account_id, livemode, subscription_id, revives)
    select distinct account_id, ${livemode}::boolean, id, true
    from unnest(${subscriptions.map(({ accountId }) => accountId)}::int[],
      ${subscriptions.map(({ subscriptionId }) => subscriptionId)}::text[]) as t (account_id, id)
    order by account_id, id
    on conflict (account_id, livemode, subscription_id) where revives do nothing`);
  await db.query(sql`select pg_notify(${OUTBOX_CHANNEL}, '')`);
}

/** Which of these subscriptions have a nudge on its way: their workflow may not have been started yet. */
export async function selectNudged(
  db: Queryable,
  livemode: boolean,
  subscriptionIds: readonly string[],
): Promise<{ subscriptionId: string }[]> {
  return db.query<{ subscriptionId: string }>(sql`
    select distinct subscription_id as "subscriptionId" from outbox
    where livemode = ${livemode} and subscription_id = any(${[...subscriptionIds]}::text[]) and not revives`);
}

/** The same for the subscriptions of one account, page by page in the order of their ids; those that are over have none. */
export async function insertRevivalPage(
  db: Queryable,
  tenant: Tenant,
  page: { readonly after: string | null; readonly limit: number },
): Promise<{ queued: number; looked: number; lastId: string | null }> {
  const [row] = await db.query<{ queued: number; looked: number; lastId: string | null }>(sql`
    with page as (
      select s.account_id, s.livemode, s.id, ${IS_LIVE} or ${IS_LATE} as is_expected
      from subscriptions s
      where s.account_id = ${tenant.accountId} and s.livemode = ${tenant.livemode} and s.id > ${page.after ?? ''}
      order by s.id
      limit ${page.limit}
    ), queued as (
      insert into outbox (account_id, livemode, subscription_id, revives)
      select account_id, livemode, id, true from page where is_expected order by id
      on conflict (account_id, livemode, subscription_id) where revives do nothing
    )
    select (count(*) filter (where is_expected))::int as queued, count(*)::int as looked, max(id) as "lastId" from page`);
  await db.query(sql`select pg_notify(${OUTBOX_CHANNEL}, '')`);
  return row ?? { queued: 0, looked: 0, lastId: null };
}
