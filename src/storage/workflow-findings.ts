import type { Instant } from '../domain/instant.ts';
import { type Queryable, type Tenant, timestamptz } from './database.ts';
import { sql } from './sql.ts';

/** overdue: a step is late. missing: a subscription should have this workflow. foreign: nothing asks for it. */
export type FindingKind = 'overdue' | 'missing' | 'foreign';

/** Something between PostgreSQL and Temporal that is not as it should be, and has not been seen mended yet. */
export interface NewFinding {
  readonly kind: FindingKind;
  readonly workflowId: string;
  /** null: a foreign workflow whose input names none. */
  readonly accountId: number | null;
  readonly subscriptionId: string | null;
  /** Of a foreign one: there is no subscription, or it is over. */
  readonly reason: 'no_subscription' | 'over' | null;
  readonly workflowType: string | null;
  readonly startedAt: Instant | null;
}

export interface FindingRow extends NewFinding {
  readonly foundAt: Instant;
}

/** Those that are known keep when they were found. */
export async function insertFindings(db: Queryable, livemode: boolean, findings: readonly NewFinding[]): Promise<void> {
  if (findings.length === 0) return;
  await db.query(sql`
    insert into workflow_findings (livemode, kind, workflow_id, account_id, subscription_id, reason, workflow_type, started_at)
    select ${livemode}, f.* from unnest(${findings.map(({ kind }) => kind)}::text[],
      ${findings.map(({ workflowId }) => workflowId)}::text[], ${findings.map(({ accountId }) => accountId)}::int[],
      ${findings.map(({ subscriptionId }) => subscriptionId)}::text[], ${findings.map(({ reason }) => reason)}::text[],
      ${findings.map(({ workflowType }) => workflowType)}::text[],
      ${findings.map(({ startedAt }) => timestamptz(startedAt))}::timestamptz[]) as f
    on conflict do nothing`);
}

export async function selectFindings(
  db: Queryable,
  filter: { readonly livemode: boolean; readonly kind: FindingKind; readonly limit: number },
): Promise<FindingRow[]> {
  return db.query<FindingRow>(sql`
    select kind, workflow_id as "workflowId", account_id as "accountId", subscription_id as "subscriptionId", reason,
      workflow_type as "workflowType", started_at as "startedAt", found_at as "foundAt"
    from workflow_findings
    where livemode = ${filter.livemode} and kind = ${filter.kind}
    order by found_at, workflow_id
    limit ${filter.limit}`);
}

/** What concerns one account, longest first; foreign workflows of which no account is known concern each. */
export async function selectAccountFindings(
  db: Queryable,
  tenant: Tenant,
  filter: { readonly kind: FindingKind; readonly limit: number },
): Promise<FindingRow[]> {
  return db.query<FindingRow>(sql`
    select kind, workflow_id as "workflowId", account_id as "accountId", subscription_id as "subscriptionId", reason,
      workflow_type as "workflowType", started_at as "startedAt", found_at as "foundAt"
    from workflow_findings
    where livemode = ${tenant.livemode} and kind = ${filter.kind}
      and (account_id = ${tenant.accountId} or account_id is null)
    order by found_at, workflow_id
    limit ${filter.limit}`);
}

export async function countFindings(db: Queryable, livemode: boolean, kind: FindingKind): Promise<number> {
  const [row] = await db.query<{ count: number }>(sql`
    select count(*)::int as count from workflow_findings where livemode = ${livemode} and kind = ${kind}`);
  return row?.count ?? 0;
}

export async function deleteFindings(
  db: Queryable,
  key: { readonly livemode: boolean; readonly kind: FindingKind },
  workflowIds: readonly string[],
): Promise<void> {
  if (workflowIds.length === 0) return;
  await db.query(sql`
    delete from workflow_findings
    where livemode = ${key.livemode} and kind = ${key.kind} and workflow_id = any(${[...workflowIds]}::text[])`);
}

/** Takes back what was late and has been carried out, or stands still by now. */
export async function deleteSettledOverdue(db: Queryable, livemode: boolean): Promise<void> {
  await db.query(sql`
    delete from workflow_findings f
    where f.livemode = ${livemode} and f.kind = 'overdue' and not exists (
      select from subscriptions s
      join customers c on c.account_id = s.account_id and c.livemode = s.livemode and c.id = s.customer_id
      left join test_clocks k on k.account_id = c.account_id and k.livemode = c.livemode and k.id = c.test_clock_id
      where s.account_id = f.account_id and s.livemode = f.livemode and s.id = f.subscription_id
        and s.attention_code is null and s.next_due_at <= coalesce(k.frozen_at, now()))`);
}
