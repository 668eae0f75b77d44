import { chargeFromJson } from '../domain/plan-codec.ts';
import type { DecimalText } from '../domain/decimal.ts';
import type { Instant } from '../domain/instant.ts';
import type { BillingPeriod, PlanVersion } from '../domain/plan.ts';
import type { Queryable, Tenant } from './database.ts';
import { sql } from './sql.ts';

interface PlanVersionRow {
  readonly planName: string;
  readonly currency: string;
  readonly billingPeriod: BillingPeriod;
  readonly intervalCount: number;
  readonly charges: string;
  readonly minimumAmount: DecimalText | null;
}

/**
 * A plan version with its charges. Charges hold every number as a string, so the native parser loses nothing.
 */
export async function selectPlanVersion(
  db: Queryable,
  tenant: Tenant,
  key: { readonly planId: string; readonly version: number },
): Promise<PlanVersion | null> {
  const [row] = await db.query<PlanVersionRow>(sql`
    select p.name as "planName", p.currency, p.billing_period as "billingPeriod", p.interval_count as "intervalCount",
      v.charges, v.minimum_amount as "minimumAmount"
    from plan_versions v
    join plans p on p.account_id = v.account_id and p.livemode = v.livemode and p.id = v.plan_id
    where v.account_id = ${tenant.accountId} and v.livemode = ${tenant.livemode} and v.plan_id = ${key.planId}
      and v.version = ${key.version}`);
  if (row === undefined) return null;
  return {
    planId: key.planId,
    planName: row.planName,
    version: key.version,
    currency: row.currency,
    billingPeriod: row.billingPeriod,
    intervalCount: row.intervalCount,
    charges: JSON.parse(row.charges).map(chargeFromJson),
    minimumAmount: row.minimumAmount,
  };
}

export interface SubscribablePlan {
  readonly version: number;
  readonly currency: string;
  readonly billingPeriod: BillingPeriod;
  readonly intervalCount: number;
  readonly archivedAt: Instant | null;
}

/** What decides whether a customer can subscribe to a plan; version null: the newest. */
export async function selectPlanForSubscription(
  db: Queryable,
  tenant: Tenant,
  key: { readonly planId: string; readonly version: number | null },
): Promise<SubscribablePlan | null> {
  const rows = await db.query<SubscribablePlan>(sql`
    select v.version, p.currency, p.billing_period as "billingPeriod", p.interval_count as "intervalCount",
      p.archived_at as "archivedAt"
    from plans p
    join plan_versions v on v.account_id = p.account_id and v.livemode = p.livemode and v.plan_id = p.id
      and v.version = coalesce(${key.version}, p.latest_version)
    where p.account_id = ${tenant.accountId} and p.livemode = ${tenant.livemode} and p.id = ${key.planId}`);
  return rows[0] ?? null;
}
