import type { Instant } from '../domain/instant.ts';
import type { Queryable, Tenant } from './database.ts';
import { sql } from './sql.ts';

/** A subscription that stands still. */
export interface StandingSubscription {
  readonly subscriptionId: string;
  readonly customerExternalId: string;
  readonly code: string;
  readonly message: string;
  readonly since: Instant;
  /** Of the period that cannot be rated: its void waives the period. */
  readonly draftInvoiceId: string | null;
}

/** Newest first, by the index subscriptions_attention. */
export async function selectStanding(db: Queryable, tenant: Tenant, limit: number): Promise<StandingSubscription[]> {
  return db.query<StandingSubscription>(sql`
    select s.id as "subscriptionId", c.external_id as "customerExternalId", s.attention_code as code,
      coalesce(s.attention_message, '') as message, s.attention_at as since,
      (select i.id from invoices i
        where i.account_id = s.account_id and i.livemode = s.livemode and i.subscription_id = s.id and i.status = 'draft'
          and i.issues @> jsonb_build_array(jsonb_build_object('code', s.attention_code))
        order by i.period_number
        limit 1) as "draftInvoiceId"
    from subscriptions s
    join customers c on c.account_id = s.account_id and c.livemode = s.livemode and c.id = s.customer_id
    where s.account_id = ${tenant.accountId} and s.livemode = ${tenant.livemode} and s.attention_code is not null
    order by s.created_at desc, s.id desc
    limit ${limit}`);
}

export async function countStanding(db: Queryable, tenant: Tenant): Promise<number> {
  const [row] = await db.query<{ count: number }>(sql`
    select count(*)::int as count from subscriptions
    where account_id = ${tenant.accountId} and livemode = ${tenant.livemode} and attention_code is not null`);
  return row?.count ?? 0;
}

/** A subscription with a step that is late by the clock that governs it. */
export interface LateSubscription {
  readonly subscriptionId: string;
  readonly customerExternalId: string;
  readonly dueAt: Instant;
  /** Since when the reconciler tells it to go on; null: it has not seen it yet. */
  readonly nudgedAt: Instant | null;
  /** Telling it has not helped. */
  readonly isStuck: boolean;
}

/**
 * Longest first, at most `limit`: those that live by real time by the index subscriptions_due, as far as it is due, those
 * on test clocks by their clocks. Being told helps within `patienceSeconds`, while a test clock advances five times as
 * long.
 */
export async function selectLate(
  db: Queryable,
  tenant: Tenant,
  filter: { readonly graceSeconds: number; readonly patienceSeconds: number; readonly limit: number },
): Promise<LateSubscription[]> {
  return db.query<LateSubscription>(sql`
    select s.id as "subscriptionId", s.external_id as "customerExternalId", s.next_due_at as "dueAt", f.found_at as "nudgedAt",
      f.found_at is not null and f.found_at < now()
        - ${filter.patienceSeconds} * (case when s.is_advancing then 5 else 1 end) * interval '1 second' as "isStuck"
    from (
      (select s.id, s.next_due_at, c.external_id, false as is_advancing
        from subscriptions s
        join customers c on c.account_id = s.account_id and c.livemode = s.livemode and c.id = s.customer_id
        where s.account_id = ${tenant.accountId} and s.livemode = ${tenant.livemode} and s.attention_code is null
          and c.test_clock_id is null and s.next_due_at <= now() - ${filter.graceSeconds} * interval '1 second'
        order by s.next_due_at, s.id
        limit ${filter.limit})
      union all
      (select s.id, s.next_due_at, c.external_id, k.status = 'advancing'
        from test_clocks k
        join customers c on c.account_id = k.account_id and c.livemode = k.livemode and c.test_clock_id = k.id
        join subscriptions s on s.account_id = c.account_id and s.livemode = c.livemode and s.customer_id = c.id
        where k.account_id = ${tenant.accountId} and k.livemode = ${tenant.livemode} and s.attention_code is null
          and s.next_due_at <= k.frozen_at
        order by s.next_due_at, s.id
        limit ${filter.limit})
    ) s
    left join workflow_findings f on f.livemode = ${tenant.livemode} and f.kind = 'overdue' and f.workflow_id = s.id
    order by s.next_due_at, s.id
    limit ${filter.limit}`);
}
