import { type Decimal, decimal, ZERO } from '../../domain/decimal.ts';
import type { Instant } from '../../domain/instant.ts';
import { isUsageCharge, type PlanVersion } from '../../domain/plan.ts';
import type { Draw, GrantView, RatedInvoice, RatedPeriod } from '../../domain/rating/model.ts';
import { ratePeriod } from '../../domain/rating/rate-period.ts';
import { prefix } from '../../domain/rating/seq-ranges.ts';
import { usageCuts } from '../../domain/rating/usage-cuts.ts';
import { selectPeriodDraws } from '../../storage/credit-entries.ts';
import type { CreditGrantRow } from '../../storage/credit-grants.ts';
import type { Queryable } from '../../storage/database.ts';
import { selectPreviouslyBilled } from '../../storage/invoice-lines.ts';
import type { PeriodRow } from '../../storage/periods.ts';
import { readUsage } from '../../storage/usage.ts';
import type { CustomerBilling } from './customer-billing.ts';
import { planVersionOf } from './plan-of-period.ts';

/** What to rate: the running period as it would close at `endAt`, or as an interim up to it. */
export interface RatingTask {
  readonly billing: CustomerBilling;
  readonly period: PeriodRow;
  readonly kind: 'closing' | 'interim';
  readonly endAt: Instant;
  /** Events up to this sequence number count; null: all that are stored. */
  readonly cutoffSeq: bigint | null;
}

export interface RatedTask {
  readonly plan: PlanVersion;
  readonly rated: RatedInvoice;
  /** What earlier invoices of the period drew; the ledger gets the difference to `rated.draws`. */
  readonly previousDraws: readonly Draw[];
}

/**
 * Loads what the period's price depends on and computes it; writes nothing. Closing, interim, preview and the
 * recomputation at finalization all pass through here. Throws UnrateableError.
 */
export async function rateTask(db: Queryable, task: RatingTask): Promise<RatedTask> {
  const { billing, period } = task;
  const { tenant } = billing;
  const key = { tenant, subscriptionId: period.subscriptionId, number: period.number };
  const plan = await planVersionOf(db, tenant, period);
  const previousDraws = (await selectPeriodDraws(db, key)).map((row) => ({
    grantId: row.grantId,
    chargeId: row.chargeId,
    quantity: decimal(row.drawn),
  }));
  const grants = grantViews(billing.grants, previousDraws);
  const ratedPeriod: RatedPeriod = {
    start: period.startAt,
    end: task.endAt,
    fullStart: period.fullStartAt,
    fullEnd: period.fullEndAt,
  };
  const usage = await readUsage(
    db,
    {
      tenant,
      customerRef: billing.customer.externalId,
      counted: task.cutoffSeq === null ? null : prefix(task.cutoffSeq),
    },
    plan.charges.flatMap((charge) => {
      if (charge.eventName === null) return [];
      return [
        {
          chargeId: charge.id,
          eventName: charge.eventName,
          aggregation: isUsageCharge(charge) ? charge.aggregation : null,
          filters: charge.filters,
          cuts: isUsageCharge(charge)
            ? usageCuts({ charge, grants, period: ratedPeriod, subscriptionId: period.subscriptionId })
            : [ratedPeriod.start, ratedPeriod.end],
        },
      ];
    }),
  );
  const billed = await selectPreviouslyBilled(db, key);
  const rated = ratePeriod({
    currency: plan.currency,
    charges: plan.charges,
    kind: task.kind,
    period: ratedPeriod,
    usage,
    grants,
    subscriptionId: period.subscriptionId,
    previouslyBilled: new Map(billed.map((row) => [row.chargeId, decimal(row.amount)])),
  });
  return { plan, rated, previousDraws };
}

function grantViews(grants: readonly CreditGrantRow[], previousDraws: readonly Draw[]): GrantView[] {
  const drawn = new Map<string, Decimal>();
  for (const draw of previousDraws) drawn.set(draw.grantId, (drawn.get(draw.grantId) ?? ZERO).plus(draw.quantity));
  return grants.map((grant) => ({
    id: grant.id,
    effectiveAt: grant.effectiveAt,
    // Until its period is known, an expiry is the only bound there is.
    endsAt: grant.endsAt ?? grant.expiresAt,
    priority: grant.priority,
    eventNames: grant.eventNames,
    subscriptionId: grant.subscriptionId,
    createdAt: grant.createdAt,
    available: decimal(grant.balance).plus(drawn.get(grant.id) ?? ZERO),
  }));
}
