import { type Queryable, type Tenant, timestamptz } from './database.ts';
import type { Instant } from '../domain/instant.ts';
import { fragment, sql } from './sql.ts';

/** Which workflows a subscription is to have at work, as its row says. */
export interface ExpectedWorkflows {
  readonly accountId: number;
  readonly subscriptionId: string;
  /** It goes on, or has a draft. What a deleted test clock left behind waits for nothing. */
  readonly isLive: boolean;
  /** It has ended, and late usage of it waits for its invoice. */
  readonly isLate: boolean;
}

/** Of a row `s` of subscriptions; by the primary key, and for ended ones by the index invoices_drafts. */
export const IS_LIVE = fragment`(s.status <> 'canceled' or (
  exists (
    select from invoices i
    where i.account_id = s.account_id and i.livemode = s.livemode and i.subscription_id = s.id and i.status = 'draft')
  and not exists (
    select from customers c
    join test_clocks k on k.account_id = c.account_id and k.livemode = c.livemode and k.id = c.test_clock_id
    where c.account_id = s.account_id and c.livemode = s.livemode and c.id = s.customer_id and k.deleted_at is not null)))`;
export const IS_LATE = fragment`(s.late_due_at is not null and s.next_due_at is not null)`;

const COLUMNS = fragment`s.account_id as "accountId", s.id as "subscriptionId"`;

/** Up to `limit` subscriptions of all accounts in the order of their primary key; `after` is the last of the page before. */
export async function selectExpectedPage(
  db: Queryable,
  page: {
    readonly livemode: boolean;
    readonly after: { readonly accountId: number; readonly subscriptionId: string } | null;
    readonly limit: number;
  },
): Promise<ExpectedWorkflows[]> {
  return db.query<ExpectedWorkflows>(sql`
    select ${COLUMNS}, ${IS_LIVE} as "isLive", ${IS_LATE} as "isLate"
    from subscriptions s
    where s.livemode = ${page.livemode}
      and (s.account_id, s.livemode, s.id) > (${page.after?.accountId ?? 0}, ${page.livemode}, ${page.after?.subscriptionId ?? ''})
    order by s.account_id, s.livemode, s.id
    limit ${page.limit}`);
}

/** Of those that exist; by the index subscriptions_id. */
export async function selectExpected(
  db: Queryable,
  livemode: boolean,
  subscriptionIds: readonly string[],
): Promise<ExpectedWorkflows[]> {
  return db.query<ExpectedWorkflows>(sql`
    select ${COLUMNS}, ${IS_LIVE} as "isLive", ${IS_LATE} as "isLate"
    from subscriptions s
    where s.id = any(${[...subscriptionIds]}::text[]) and s.livemode = ${livemode}`);
}

/** A subscription whose next step is late. */
export interface OverdueSubscription extends ExpectedWorkflows {
  readonly dueAt: Instant;
}

/**
 * Subscriptions of all accounts whose next step is overdue by the clock that governs them, longest first, behind the last
 * one of the page before. Those that live by real time come by the index subscriptions_due, as far as it is due; those on
 * test clocks by their clocks.
 */
export async function selectOverduePage(
  db: Queryable,
  page: {
    readonly livemode: boolean;
    readonly graceSeconds: number;
    readonly after: { readonly dueAt: Instant; readonly subscriptionId: string } | null;
    readonly limit: number;
  },
): Promise<OverdueSubscription[]> {
  const after = page.after === null ? '-infinity' : timestamptz(page.after.dueAt);
  const afterId = page.after?.subscriptionId ?? '';
  return db.query<OverdueSubscription>(sql`
    select ${COLUMNS}, ${IS_LIVE} as "isLive", ${IS_LATE} as "isLate", s.next_due_at as "dueAt"
    from (
      (select s.* from subscriptions s
        join customers c on c.account_id = s.account_id and c.livemode = s.livemode and c.id = s.customer_id
        where s.livemode = ${page.livemode} and s.attention_code is null and c.test_clock_id is null
          and s.next_due_at <= now() - ${page.graceSeconds} * interval '1 second'
          and (s.next_due_at, s.id) > (${after}::timestamptz, ${afterId})
        order by s.next_due_at, s.id
        limit ${page.limit})
      union all
      (select s.* from test_clocks k
        join customers c on c.account_id = k.account_id and c.livemode = k.livemode and c.test_clock_id = k.id
        join subscriptions s on s.account_id = c.account_id and s.livemode = c.livemode and s.customer_id = c.id
        where k.livemode = ${page.livemode} and s.attention_code is null and s.next_due_at <= k.frozen_at
          and (s.next_due_at, s.id) > (${after}::timestamptz, ${afterId})
        order by s.next_due_at, s.id
        limit ${page.limit})
    ) s
    order by s.next_due_at, s.id
    limit ${page.limit}`);
}

/** How many subscriptions of a tenant there are, live or ended. */
export async function countSubscriptions(db: Queryable, tenant: Tenant): Promise<number> {
  const [row] = await db.query<{ count: number }>(sql`
    select count(*)::int as count from subscriptions
    where account_id = ${tenant.accountId} and livemode = ${tenant.livemode}`);
  return row?.count ?? 0;
}
