import type { Decimal } from '../domain/decimal.ts';
import { Failure } from '../domain/errors/failure.ts';
import { formatMoney } from '../domain/money.ts';
import { estimateLines } from '../domain/rating/estimate.ts';
import type { Queryable, Tenant } from '../storage/database.ts';
import type { PlanRow } from '../storage/plans.ts';
import { type LineContent, lineContent } from './billing/invoice-content.ts';
import { getPlan } from './create-plan.ts';

export interface PlanEstimate {
  readonly plan: PlanRow;
  readonly lines: readonly LineContent[];
  /** In the currency's decimals. */
  readonly subtotal: string;
}

/**
 * What a full period with these quantities would cost, without credits. Keys are event names or charge ids.
 *
 * @throws Failure `not_found`, `invalid_body` for names that the plan does not have; UnrateableError
 */
export async function estimatePlan(
  db: Queryable,
  tenant: Tenant,
  query: { readonly planId: string; readonly version: number | null; readonly usage: ReadonlyMap<string, Decimal> },
): Promise<PlanEstimate> {
  const plan = await getPlan(db, tenant, { id: query.planId, version: query.version });
  const { currency } = plan;
  const estimate = estimateLines({ plan, usage: query.usage });
  if (estimate.faults !== null) {
    const message = estimate.faults[0]?.message ?? 'The usage does not fit the plan.';
    throw new Failure('invalid_body', message, { details: estimate.faults });
  }
  return {
    plan,
    lines: estimate.lines.map((line) => lineContent(line, currency)),
    subtotal: formatMoney(estimate.subtotal, currency),
  };
}
