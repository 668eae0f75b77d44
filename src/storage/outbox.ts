import type { Queryable, Tenant, Transaction } from './database.ts';
import { sql } from './sql.ts';

/** A payload-free nudge that waits for its delivery to the subscription's workflow. */
export interface OutboxRow {
  readonly id: bigint;
  readonly accountId: number;
  readonly livemode: boolean;
  readonly subscriptionId: string;
  readonly attempts: number;
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

/** Takes up to `limit` due rows of one mode; other relays skip them while this transaction lasts. */
export async function lockDueNudges(
  tx: Transaction,
  filter: { readonly livemode: boolean; readonly limit: number },
): Promise<OutboxRow[]> {
  return tx.query<OutboxRow>(sql`
    select id, account_id as "accountId", livemode, subscription_id as "subscriptionId", attempts from outbox
    where next_attempt_at <= now() and livemode = ${filter.livemode}
    order by next_attempt_at, id
    limit ${filter.limit}
    for update skip locked`);
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
): Promise<{ accountId: number; subscriptionId: string }[]> {
  return db.query<{ accountId: number; subscriptionId: string }>(sql`
    select s.account_id as "accountId", s.id as "subscriptionId"
    from subscriptions s
    join customers c on c.account_id = s.account_id and c.livemode = s.livemode and c.id = s.customer_id
    left join test_clocks k on k.account_id = c.account_id and k.livemode = c.livemode and k.id = c.test_clock_id
    where s.livemode = ${filter.livemode} and s.attention_code is null
      and s.next_due_at <= coalesce(k.frozen_at, now() - ${filter.graceSeconds} * interval '1 second')
    order by s.next_due_at
    limit ${filter.limit}`);
}
