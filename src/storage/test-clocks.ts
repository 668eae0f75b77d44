import type { Instant } from '../domain/instant.ts';
import { type Queryable, type Tenant, type Transaction, timestamptz } from './database.ts';
import { type KeysetPage, keysetStart } from './keyset.ts';
import { fragment, sql } from './sql.ts';

export interface TestClockRow {
  readonly id: string;
  readonly name: string | null;
  /** The target while advancing. */
  readonly frozenAt: Instant;
  readonly status: 'ready' | 'advancing';
  /** Where it stood before its last advance; null before the first. */
  readonly advancedFrom: Instant | null;
  /** Subscriptions that had something due when the last advance began. */
  readonly progressTotal: number;
  readonly createdAt: Instant;
  readonly deletedAt: Instant | null;
  /** JSON text. */
  readonly metadata: string;
}

const COLUMNS = fragment`
  k.id, k.name, k.frozen_at as "frozenAt", k.status, k.advanced_from as "advancedFrom",
  k.progress_total as "progressTotal", k.created_at as "createdAt", k.deleted_at as "deletedAt", k.metadata`;

export async function insertTestClock(
  tx: Transaction,
  tenant: Tenant,
  row: Pick<TestClockRow, 'id' | 'name' | 'frozenAt' | 'metadata'>,
): Promise<void> {
  await tx.query(sql`
    insert into test_clocks (account_id, livemode, id, name, frozen_at, status, metadata)
    values (${tenant.accountId}, ${tenant.livemode}, ${row.id}, ${row.name}, ${timestamptz(row.frozenAt)}, 'ready',
      ${row.metadata})
    on conflict (account_id, livemode, id) do nothing`);
}

/** null for a deleted one too. */
export async function selectTestClock(db: Queryable, tenant: Tenant, id: string): Promise<TestClockRow | null> {
  const rows = await db.query<TestClockRow>(sql`
    select ${COLUMNS} from test_clocks k
    where k.account_id = ${tenant.accountId} and k.livemode = ${tenant.livemode} and k.id = ${id} and k.deleted_at is null`);
  return rows[0] ?? null;
}

/** With the row's lock, so that of two workers that finish at once the later one sees both done. */
export async function lockTestClock(tx: Transaction, tenant: Tenant, id: string): Promise<TestClockRow | null> {
  const rows = await tx.query<TestClockRow>(sql`
    select ${COLUMNS} from test_clocks k
    where k.account_id = ${tenant.accountId} and k.livemode = ${tenant.livemode} and k.id = ${id} and k.deleted_at is null
    for no key update`);
  return rows[0] ?? null;
}

/** With a share of the row: it can neither begin to advance nor be deleted until the transaction ends. */
export async function shareTestClock(tx: Transaction, tenant: Tenant, id: string): Promise<TestClockRow | null> {
  const rows = await tx.query<TestClockRow>(sql`
    select ${COLUMNS} from test_clocks k
    where k.account_id = ${tenant.accountId} and k.livemode = ${tenant.livemode} and k.id = ${id} and k.deleted_at is null
    for share`);
  return rows[0] ?? null;
}

/** Of all accounts; few at any time. */
export async function selectAdvancingClocks(db: Queryable): Promise<{ accountId: number; clockId: string }[]> {
  return db.query<{ accountId: number; clockId: string }>(sql`
    select account_id as "accountId", id as "clockId" from test_clocks
    where status = 'advancing' and deleted_at is null`);
}

export async function selectTestClockPage(db: Queryable, tenant: Tenant, page: KeysetPage): Promise<TestClockRow[]> {
  const start = keysetStart(page);
  return db.query<TestClockRow>(sql`
    select ${COLUMNS} from test_clocks k
    where k.account_id = ${tenant.accountId} and k.livemode = ${tenant.livemode} and k.deleted_at is null
      and (k.created_at, k.id) < (${start.createdAt}::timestamptz, ${start.id})
    order by k.created_at desc, k.id desc
    limit ${page.limit}`);
}

export interface ClockWork {
  /** Subscriptions that still have a step due at the clock's time. */
  readonly waiting: number;
  /** What is left of them, in subscriptions, rounded up: of one that has come half-way, half is left. */
  readonly left: number;
  /** Subscriptions that stand still. */
  readonly needsAttention: number;
}

/**
 * What the subscriptions of a clock's customers have yet to do. How far one has come is measured from the end of the
 * period that ran when the advance began, which is the first thing that it does, to the clock's time.
 */
export async function countClockWork(
  db: Queryable,
  tenant: Tenant,
  clock: Pick<TestClockRow, 'id' | 'frozenAt' | 'advancedFrom'>,
): Promise<ClockWork> {
  const { frozenAt, advancedFrom } = clock;
  const [row] = await db.query<ClockWork>(sql`
    select (count(*) filter (where w.is_waiting))::int as waiting,
      coalesce(ceil(sum(w.left) filter (where w.is_waiting)), 0)::int as left,
      (count(*) filter (where w.needs_attention))::int as "needsAttention"
    from (
      select s.next_due_at <= ${timestamptz(frozenAt)} and s.attention_code is null as is_waiting,
        s.attention_code is not null as needs_attention,
        greatest(0.000001, least(1, coalesce(extract(epoch from ${timestamptz(frozenAt)}::timestamptz - s.next_due_at)
          / nullif(extract(epoch from ${timestamptz(frozenAt)}::timestamptz - least(s.next_due_at, first.end_at)), 0), 1))) as left
      from customers c
      join subscriptions s on s.account_id = c.account_id and s.livemode = c.livemode and s.customer_id = c.id
      left join lateral (
        select p.end_at from periods p
        where p.account_id = s.account_id and p.livemode = s.livemode and p.subscription_id = s.id
          and p.end_at > ${timestamptz(advancedFrom)}
        order by p.number limit 1
      ) first on true
      where c.account_id = ${tenant.accountId} and c.livemode = ${tenant.livemode} and c.test_clock_id = ${clock.id}
    ) w`);
  return row ?? { waiting: 0, left: 0, needsAttention: 0 };
}

/** Whether a subscription of a clock's customers still has a step due at its time, and nothing that holds it. */
export async function hasClockWork(
  db: Queryable,
  tenant: Tenant,
  clock: Pick<TestClockRow, 'id' | 'frozenAt'>,
): Promise<boolean> {
  const rows = await db.query(sql`
    select from customers c
    join subscriptions s on s.account_id = c.account_id and s.livemode = c.livemode and s.customer_id = c.id
    where c.account_id = ${tenant.accountId} and c.livemode = ${tenant.livemode} and c.test_clock_id = ${clock.id}
      and s.next_due_at <= ${timestamptz(clock.frozenAt)} and s.attention_code is null
    limit 1`);
  return rows.length > 0;
}

/** Subscriptions of a clock's customers with a step due by its time and nothing that holds them. */
export async function selectClockSubscriptionsDue(
  db: Queryable,
  tenant: Tenant,
  clock: Pick<TestClockRow, 'id' | 'frozenAt'>,
): Promise<{ subscriptionId: string }[]> {
  return db.query<{ subscriptionId: string }>(sql`
    select s.id as "subscriptionId"
    from customers c
    join subscriptions s on s.account_id = c.account_id and s.livemode = c.livemode and s.customer_id = c.id
    where c.account_id = ${tenant.accountId} and c.livemode = ${tenant.livemode} and c.test_clock_id = ${clock.id}
      and s.next_due_at <= ${timestamptz(clock.frozenAt)} and s.attention_code is null
    order by s.next_due_at, s.id`);
}

/** A clock's customers that have a grant ending by its time and no subscription whose workflow would end it. */
export async function selectClockCustomersWithDueGrants(
  db: Queryable,
  tenant: Tenant,
  clock: Pick<TestClockRow, 'id' | 'frozenAt'>,
): Promise<{ customerId: string }[]> {
  return db.query<{ customerId: string }>(sql`
    select distinct c.id as "customerId"
    from customers c
    join credit_grants g on g.account_id = c.account_id and g.livemode = c.livemode and g.customer_id = c.id
    where c.account_id = ${tenant.accountId} and c.livemode = ${tenant.livemode} and c.test_clock_id = ${clock.id}
      and g.status = 'active' and coalesce(g.ends_at, g.expires_at) <= ${timestamptz(clock.frozenAt)}
      and not exists (
        select from subscriptions s
        where s.account_id = c.account_id and s.livemode = c.livemode and s.customer_id = c.id
          and s.next_due_at is not null and s.attention_code is null
      )`);
}

export async function markClockAdvancing(
  tx: Transaction,
  key: { readonly tenant: Tenant; readonly id: string },
  target: { readonly frozenAt: Instant; readonly progressTotal: number },
): Promise<void> {
  await tx.query(sql`
    update test_clocks set advanced_from = frozen_at, frozen_at = ${timestamptz(target.frozenAt)}, status = 'advancing',
      progress_total = ${target.progressTotal}
    where account_id = ${key.tenant.accountId} and livemode = ${key.tenant.livemode} and id = ${key.id}`);
}

export async function markClockReady(
  tx: Transaction,
  key: { readonly tenant: Tenant; readonly id: string },
): Promise<void> {
  await tx.query(sql`
    update test_clocks set status = 'ready'
    where account_id = ${key.tenant.accountId} and livemode = ${key.tenant.livemode} and id = ${key.id} and status = 'advancing'`);
}

export async function markClockDeleted(
  tx: Transaction,
  key: { readonly tenant: Tenant; readonly id: string },
): Promise<Instant> {
  const [row] = await tx.query<{ deletedAt: Instant }>(sql`
    update test_clocks set deleted_at = clock_timestamp(), status = 'ready'
    where account_id = ${key.tenant.accountId} and livemode = ${key.tenant.livemode} and id = ${key.id}
    returning deleted_at as "deletedAt"`);
  if (row === undefined) throw new Error(`test clock ${key.id} vanished`);
  return row.deletedAt;
}

export async function selectClockCustomers(
  db: Queryable,
  tenant: Tenant,
  clockId: string,
): Promise<{ customerId: string }[]> {
  return db.query<{ customerId: string }>(sql`
    select c.id as "customerId" from customers c
    where c.account_id = ${tenant.accountId} and c.livemode = ${tenant.livemode} and c.test_clock_id = ${clockId}
    order by c.id`);
}

/** Ends a clock's subscriptions without invoices and archives its customers; rows stay. Returns those it ended. */
export async function endClockCustomers(
  tx: Transaction,
  tenant: Tenant,
  clock: Pick<TestClockRow, 'id' | 'frozenAt'>,
): Promise<{ subscriptionId: string }[]> {
  const ended = await tx.query<{ subscriptionId: string }>(sql`
    update subscriptions s set status = 'canceled', ended_at = coalesce(s.ended_at, ${timestamptz(clock.frozenAt)}),
      next_due_at = null, attention_code = null, attention_message = null, attention_at = null
    from customers c
    where c.account_id = s.account_id and c.livemode = s.livemode and c.id = s.customer_id
      and c.account_id = ${tenant.accountId} and c.livemode = ${tenant.livemode} and c.test_clock_id = ${clock.id}
      and (s.status <> 'canceled' or s.next_due_at is not null)
    returning s.id as "subscriptionId"`);
  await tx.query(sql`
    update customers set archived_at = coalesce(archived_at, ${timestamptz(clock.frozenAt)})
    where account_id = ${tenant.accountId} and livemode = ${tenant.livemode} and test_clock_id = ${clock.id}`);
  return ended;
}
