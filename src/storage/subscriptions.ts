import type { Instant } from '../domain/instant.ts';
import { type Queryable, type Tenant, type Transaction, timestamptz } from './database.ts';
import { type KeysetPage, keysetStart } from './keyset.ts';
import { fragment, sql } from './sql.ts';

export const SUBSCRIPTION_STATUSES = ['scheduled', 'trialing', 'active', 'paused', 'canceled'] as const;
export type SubscriptionStatus = (typeof SUBSCRIPTION_STATUSES)[number];

export interface SubscriptionRow {
  readonly id: string;
  readonly customerId: string;
  /** As answers give the customer. */
  readonly customerExternalId: string;
  readonly planId: string;
  readonly planVersion: number;
  readonly status: SubscriptionStatus;
  readonly startAt: Instant;
  readonly trialEndAt: Instant | null;
  readonly anchorAt: Instant;
  readonly cancelAt: Instant | null;
  /** When the running period is cut by a pause; while paused, since when. */
  readonly pauseAt: Instant | null;
  readonly resumeAt: Instant | null;
  /** The plan version that it moves to when the running period ends. */
  readonly pendingPlanId: string | null;
  readonly pendingPlanVersion: number | null;
  readonly endedAt: Instant | null;
  readonly currentPeriodNumber: number | null;
  readonly attentionCode: string | null;
  readonly attentionMessage: string | null;
  readonly attentionAt: Instant | null;
  readonly nextDueAt: Instant | null;
  /** When late events that came after its end are billed; null: there are none. */
  readonly lateDueAt: Instant | null;
  /** JSON text. */
  readonly metadata: string;
  readonly createdAt: Instant;
}

const COLUMNS = fragment`
  s.id, s.customer_id as "customerId", s.plan_id as "planId", s.plan_version as "planVersion", s.status,
  s.start_at as "startAt", s.trial_end_at as "trialEndAt", s.anchor_at as "anchorAt", s.cancel_at as "cancelAt",
  s.pause_at as "pauseAt", s.resume_at as "resumeAt", s.pending_plan_id as "pendingPlanId",
  s.pending_plan_version as "pendingPlanVersion",
  s.ended_at as "endedAt", s.current_period_number as "currentPeriodNumber", s.attention_code as "attentionCode",
  s.attention_message as "attentionMessage", s.attention_at as "attentionAt", s.next_due_at as "nextDueAt",
  s.late_due_at as "lateDueAt",
  s.metadata, s.created_at as "createdAt",
  (select c.external_id from customers c
    where c.account_id = s.account_id and c.livemode = s.livemode and c.id = s.customer_id) as "customerExternalId"`;

export type NewSubscriptionRow = Omit<SubscriptionRow, 'customerExternalId'>;

export async function insertSubscription(tx: Transaction, tenant: Tenant, row: NewSubscriptionRow): Promise<void> {
  await tx.query(sql`
    insert into subscriptions (account_id, livemode, id, customer_id, plan_id, plan_version, status, start_at,
      trial_end_at, anchor_at, next_due_at, metadata, created_at)
    values (${tenant.accountId}, ${tenant.livemode}, ${row.id}, ${row.customerId}, ${row.planId}, ${row.planVersion},
      ${row.status}, ${timestamptz(row.startAt)}, ${timestamptz(row.trialEndAt)}, ${timestamptz(row.anchorAt)},
      ${timestamptz(row.nextDueAt)}, ${row.metadata}, ${timestamptz(row.createdAt)})`);
}

export async function selectSubscription(db: Queryable, tenant: Tenant, id: string): Promise<SubscriptionRow | null> {
  const rows = await db.query<SubscriptionRow>(sql`
    select ${COLUMNS} from subscriptions s
    where s.account_id = ${tenant.accountId} and s.livemode = ${tenant.livemode} and s.id = ${id}`);
  return rows[0] ?? null;
}

/** All of one customer, in their one order (created_at, id); by the index subscriptions_customer. */
export async function selectCustomerSubscriptions(
  db: Queryable,
  tenant: Tenant,
  customerId: string,
): Promise<SubscriptionRow[]> {
  return db.query<SubscriptionRow>(sql`
    select ${COLUMNS} from subscriptions s
    where s.account_id = ${tenant.accountId} and s.livemode = ${tenant.livemode} and s.customer_id = ${customerId}
    order by s.created_at, s.id`);
}

export interface SubscriptionPage extends KeysetPage {
  readonly customerId: string | null;
  readonly status: string | null;
  /** Only those that stand still, or only those that do not; null: all. */
  readonly needsAttention: boolean | null;
}

/** Written out, so that a page of those that stand still comes by the index subscriptions_attention. */
function attentionCondition(needsAttention: boolean | null) {
  if (needsAttention === null) return fragment``;
  return needsAttention ? fragment`and s.attention_code is not null` : fragment`and s.attention_code is null`;
}

export async function selectSubscriptionPage(
  db: Queryable,
  tenant: Tenant,
  page: SubscriptionPage,
): Promise<SubscriptionRow[]> {
  const start = keysetStart(page);
  return db.query<SubscriptionRow>(sql`
    select ${COLUMNS} from subscriptions s
    where s.account_id = ${tenant.accountId} and s.livemode = ${tenant.livemode}
      and (${page.customerId}::text is null or s.customer_id = ${page.customerId})
      and (${page.status}::text is null or s.status = ${page.status})
      ${attentionCondition(page.needsAttention)}
      and (s.created_at, s.id) < (${start.createdAt}::timestamptz, ${start.id})
    order by s.created_at desc, s.id desc
    limit ${page.limit}`);
}

export interface PlanVersionRef {
  readonly planId: string;
  readonly planVersion: number;
}

/** What a step or command may change; a field that is left out stays. */
export interface SubscriptionChange {
  readonly status?: SubscriptionStatus;
  readonly currentPeriodNumber?: number;
  readonly cancelAt?: Instant | null;
  readonly pauseAt?: Instant | null;
  readonly resumeAt?: Instant | null;
  readonly anchorAt?: Instant;
  readonly plan?: PlanVersionRef;
  readonly pendingPlan?: PlanVersionRef | null;
  readonly endedAt?: Instant;
  readonly lateDueAt?: Instant | null;
  readonly metadata?: string;
}

export async function updateSubscription(
  tx: Transaction,
  key: { readonly tenant: Tenant; readonly id: string },
  change: SubscriptionChange,
): Promise<void> {
  await tx.query(sql`
    update subscriptions set
      status = coalesce(${change.status ?? null}, status),
      current_period_number = coalesce(${change.currentPeriodNumber ?? null}, current_period_number),
      cancel_at = case when ${change.cancelAt !== undefined} then ${timestamptz(change.cancelAt ?? null)}::timestamptz else cancel_at end,
      pause_at = case when ${change.pauseAt !== undefined} then ${timestamptz(change.pauseAt ?? null)}::timestamptz else pause_at end,
      resume_at = case when ${change.resumeAt !== undefined} then ${timestamptz(change.resumeAt ?? null)}::timestamptz else resume_at end,
      anchor_at = coalesce(${timestamptz(change.anchorAt ?? null)}, anchor_at),
      plan_id = coalesce(${change.plan?.planId ?? null}, plan_id),
      plan_version = coalesce(${change.plan?.planVersion ?? null}, plan_version),
      pending_plan_id = case when ${change.pendingPlan !== undefined} then ${change.pendingPlan?.planId ?? null} else pending_plan_id end,
      pending_plan_version = case when ${change.pendingPlan !== undefined} then ${change.pendingPlan?.planVersion ?? null}::int else pending_plan_version end,
      late_due_at = case when ${change.lateDueAt !== undefined} then ${timestamptz(change.lateDueAt ?? null)}::timestamptz else late_due_at end,
      ended_at = coalesce(${timestamptz(change.endedAt ?? null)}, ended_at),
      metadata = coalesce(${change.metadata ?? null}, metadata)
    where account_id = ${key.tenant.accountId} and livemode = ${key.tenant.livemode} and id = ${key.id}`);
}

export interface Attention {
  readonly code: string;
  readonly message: string;
  readonly at: Instant;
}

/** Sets or clears (null) why the subscription stands still. */
export async function markAttention(
  tx: Transaction,
  key: { readonly tenant: Tenant; readonly id: string },
  attention: Attention | null,
): Promise<void> {
  await tx.query(sql`
    update subscriptions set attention_code = ${attention?.code ?? null}, attention_message = ${attention?.message ?? null},
      attention_at = ${timestamptz(attention?.at ?? null)}
    where account_id = ${key.tenant.accountId} and livemode = ${key.tenant.livemode} and id = ${key.id}`);
}

/** One statement for all subscriptions of a customer; writes only rows whose instant changed. */
export async function updateNextDue(
  tx: Transaction,
  tenant: Tenant,
  due: readonly { readonly id: string; readonly nextDueAt: Instant | null }[],
): Promise<void> {
  if (due.length === 0) return;
  await tx.query(sql`
    update subscriptions s set next_due_at = d.next_due_at
    from unnest(${due.map((each) => each.id)}::text[], ${due.map((each) => timestamptz(each.nextDueAt))}::timestamptz[])
      as d (id, next_due_at)
    where s.account_id = ${tenant.accountId} and s.livemode = ${tenant.livemode} and s.id = d.id
      and s.next_due_at is distinct from d.next_due_at`);
}
