import type * as z from 'zod';
import { decimal, ZERO } from '../../domain/decimal.ts';
import { formatInstant } from '../../domain/instant.ts';
import { formatMoney } from '../../domain/money.ts';
import { chargeToJson } from '../../domain/plan-codec.ts';
import type { NewPlan } from '../../operations/create-plan.ts';
import type { PlanEstimate } from '../../operations/estimate-plan.ts';
import { parseExactJson } from '../../platform/exact-json.ts';
import type { Tenant } from '../../storage/database.ts';
import type { PlanRow } from '../../storage/plans.ts';
import { encodeLine } from '../invoices/line-codec.ts';
import type { CallContext } from '../route.ts';
import type { createPlanBody, estimateBody } from './schemas.ts';

export function decodeNewPlan({ newId }: Pick<CallContext, 'newId'>, body: z.output<typeof createPlanBody>): NewPlan {
  return {
    id: newId('plan'),
    name: body.name,
    currency: body.currency ?? null,
    billingPeriod: body.billing_period ?? 'monthly',
    intervalCount: body.interval_count ?? 1,
    charges: body.charges,
    minimumAmount: body.minimum_amount ?? null,
    newChargeId: () => newId('charge'),
    metadata: body.metadata ?? {},
  };
}

export function decodeUsage({ usage }: z.output<typeof estimateBody>) {
  return new Map(Object.entries(usage).map(([name, quantity]) => [name, decimal(quantity)]));
}

export function encodePlan(tenant: Tenant, row: PlanRow) {
  return {
    id: row.id,
    object: 'pricing_plan',
    livemode: tenant.livemode,
    created_at: formatInstant(row.createdAt),
    name: row.name,
    currency: row.currency,
    billing_period: row.billingPeriod,
    interval_count: row.intervalCount,
    version: row.version,
    version_created_at: formatInstant(row.versionCreatedAt),
    latest_version: row.latestVersion,
    charges: row.charges.map(chargeToJson),
    minimum_amount: row.minimumAmount,
    archived_at: formatInstant(row.archivedAt),
    metadata: parseExactJson(row.metadata),
  };
}

/** The same lines and totals as an invoice, without number and states. */
export function encodeEstimate(tenant: Tenant, { plan, lines, subtotal }: PlanEstimate) {
  const { currency } = plan;
  const place = { id: null, currency, isEstimate: true };
  return {
    object: 'estimate',
    livemode: tenant.livemode,
    plan_id: plan.id,
    plan_version: plan.version,
    currency,
    rounding: 'half_up',
    lines: lines.map((line) => encodeLine(line, place)),
    subtotal,
    taxes: [],
    tax_total: formatMoney(ZERO, currency),
    total: subtotal,
  };
}
