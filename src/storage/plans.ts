import type { DecimalText } from '../domain/decimal.ts';
import type { Instant } from '../domain/instant.ts';
import type { BillingPeriod, Charge } from '../domain/plan.ts';
import { chargeFromJson, chargeToJson } from '../domain/plan-codec.ts';
import type { Queryable, Tenant, Transaction } from './database.ts';
import { type KeysetPage, keysetStart } from './keyset.ts';
import { fragment, sql } from './sql.ts';

/** A plan as one of its versions has it. */
export interface PlanRow {
  readonly id: string;
  readonly name: string;
  readonly currency: string;
  readonly billingPeriod: BillingPeriod;
  readonly intervalCount: number;
  readonly latestVersion: number;
  /** JSON text. */
  readonly metadata: string;
  readonly createdAt: Instant;
  readonly archivedAt: Instant | null;
  readonly version: number;
  readonly versionCreatedAt: Instant;
  readonly charges: readonly Charge[];
  readonly minimumAmount: DecimalText | null;
}

/** As it comes from PostgreSQL; charges hold every number as a string, so the native parser loses nothing. */
type StoredPlan = Omit<PlanRow, 'charges'> & { readonly charges: string };

const COLUMNS = fragment`
  p.id, p.name, p.currency, p.billing_period as "billingPeriod", p.interval_count as "intervalCount",
  p.latest_version as "latestVersion", p.metadata, p.created_at as "createdAt", p.archived_at as "archivedAt",
  v.version, v.created_at as "versionCreatedAt", v.charges,
  v.minimum_amount as "minimumAmount"`;

const VERSION_OF_PLAN = fragment`
  v.account_id = p.account_id and v.livemode = p.livemode and v.plan_id = p.id`;

/** Inserts a plan without a version; false when one with this id exists. */
export async function insertPlan(
  tx: Transaction,
  tenant: Tenant,
  row: Pick<PlanRow, 'id' | 'name' | 'currency' | 'billingPeriod' | 'intervalCount' | 'metadata'>,
): Promise<boolean> {
  const rows = await tx.query(sql`
    insert into plans (account_id, livemode, id, name, currency, billing_period, interval_count, latest_version,
      metadata, created_at)
    values (${tenant.accountId}, ${tenant.livemode}, ${row.id}, ${row.name}, ${row.currency}, ${row.billingPeriod},
      ${row.intervalCount}, 1, ${row.metadata}, now())
    on conflict (account_id, livemode, id) do nothing
    returning id`);
  return rows.length > 0;
}

/** The caller holds the plan's row lock, or has just inserted the plan. */
export async function insertPlanVersion(
  tx: Transaction,
  tenant: Tenant,
  row: {
    readonly planId: string;
    readonly version: number;
    readonly charges: readonly Charge[];
    readonly minimumAmount: DecimalText | null;
  },
): Promise<void> {
  await tx.query(sql`
    insert into plan_versions (account_id, livemode, plan_id, version, charges, minimum_amount, created_at)
    values (${tenant.accountId}, ${tenant.livemode}, ${row.planId}, ${row.version},
      ${JSON.stringify(row.charges.map(chargeToJson))}, ${row.minimumAmount}, clock_timestamp())`);
  await tx.query(sql`
    update plans set latest_version = ${row.version}
    where account_id = ${tenant.accountId} and livemode = ${tenant.livemode} and id = ${row.planId}`);
}

/** @param key.version null: the newest */
export async function selectPlan(
  db: Queryable,
  tenant: Tenant,
  key: { readonly id: string; readonly version: number | null },
): Promise<PlanRow | null> {
  const [row] = await db.query<StoredPlan>(sql`
    select ${COLUMNS} from plans p join plan_versions v on ${VERSION_OF_PLAN}
      and v.version = coalesce(${key.version}, p.latest_version)
    where p.account_id = ${tenant.accountId} and p.livemode = ${tenant.livemode} and p.id = ${key.id}`);
  return row === undefined ? null : decodePlan(row);
}

/** Takes the plan's row lock, so that versions are numbered one after the other. */
export async function lockPlan(tx: Transaction, tenant: Tenant, id: string): Promise<boolean> {
  const rows = await tx.query(sql`
    select id from plans p where p.account_id = ${tenant.accountId} and p.livemode = ${tenant.livemode} and p.id = ${id}
    for no key update`);
  return rows.length > 0;
}

/** Each plan with its newest version. Index plans_list. */
export async function selectPlanPage(db: Queryable, tenant: Tenant, page: KeysetPage): Promise<PlanRow[]> {
  const start = keysetStart(page);
  const rows = await db.query<StoredPlan>(sql`
    select ${COLUMNS} from plans p join plan_versions v on ${VERSION_OF_PLAN} and v.version = p.latest_version
    where p.account_id = ${tenant.accountId} and p.livemode = ${tenant.livemode}
      and (p.created_at, p.id) < (${start.createdAt}::timestamptz, ${start.id})
    order by p.created_at desc, p.id desc
    limit ${page.limit}`);
  return rows.map(decodePlan);
}

/** Versions below `before` (null: from the newest on), newest first, by the primary key. */
export async function selectPlanVersionPage(
  db: Queryable,
  tenant: Tenant,
  page: { readonly planId: string; readonly before: number | null; readonly limit: number },
): Promise<PlanRow[]> {
  const rows = await db.query<StoredPlan>(sql`
    select ${COLUMNS} from plans p join plan_versions v on ${VERSION_OF_PLAN}
    where p.account_id = ${tenant.accountId} and p.livemode = ${tenant.livemode} and p.id = ${page.planId}
      and v.version < coalesce(${page.before}, 2147483647)
    order by v.version desc
    limit ${page.limit}`);
  return rows.map(decodePlan);
}

/** The ids of all charges that any version of the plan has had. */
export async function selectChargeIds(db: Queryable, tenant: Tenant, planId: string): Promise<Set<string>> {
  const rows = await db.query<{ id: string }>(sql`
    select distinct charge ->> 'id' as id
    from plan_versions v, jsonb_array_elements(v.charges) charge
    where v.account_id = ${tenant.accountId} and v.livemode = ${tenant.livemode} and v.plan_id = ${planId}`);
  return new Set(rows.map(({ id }) => id));
}

export async function updatePlan(
  tx: Transaction,
  key: { readonly tenant: Tenant; readonly id: string },
  change: { readonly name: string; readonly metadata: string },
): Promise<void> {
  await tx.query(sql`
    update plans set name = ${change.name}, metadata = ${change.metadata}
    where account_id = ${key.tenant.accountId} and livemode = ${key.tenant.livemode} and id = ${key.id}`);
}

/** Keeps the instant of the first time. */
export async function markPlanArchived(db: Queryable, tenant: Tenant, id: string): Promise<void> {
  await db.query(sql`
    update plans set archived_at = coalesce(archived_at, now())
    where account_id = ${tenant.accountId} and livemode = ${tenant.livemode} and id = ${id}`);
}

function decodePlan(row: StoredPlan): PlanRow {
  return { ...row, charges: JSON.parse(row.charges).map(chargeFromJson) };
}
