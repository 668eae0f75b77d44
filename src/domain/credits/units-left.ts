import { type Decimal, ZERO } from '../decimal.ts';
import type { PlanVersion } from '../plan.ts';
import type { Draw, GrantView, RatedPeriod } from '../rating/model.ts';
import type { UsageByCharge } from '../rating/period-usage.ts';
import { ratePeriod } from '../rating/rate-period.ts';
import { UnrateableError } from '../rating/unrateable.ts';

/** A period, or the part of it that has passed, whose closing invoice is not final. */
export interface UninvoicedPeriod {
  readonly subscriptionId: string;
  readonly plan: PlanVersion;
  readonly period: RatedPeriod;
  /** Cut at least at `usageCuts` of the same grants. */
  readonly usage: UsageByCharge;
  /** What its interims have drawn; its closing invoice computes that anew. */
  readonly drawn: readonly Draw[];
}

/**
 * What uninvoiced usage leaves of each grant: the periods draw in the order given, which is that of their finalizations,
 * each from what those before left (billing rules 5). One that can't be rated draws nothing more than it has.
 *
 * @param grants `available` is what each holds, in units.
 * @returns units by the grant's id; more than it holds where a period would give some of it back
 */
export function unitsLeft(
  grants: readonly GrantView[],
  periods: readonly UninvoicedPeriod[],
): ReadonlyMap<string, Decimal> {
  let left = new Map(grants.map(({ id, available }) => [id, available]));
  for (const { drawn, ...rating } of periods) {
    const own = added(left, drawn);
    const views = grants.map((grant) => ({ ...grant, available: own.get(grant.id) ?? ZERO }));
    try {
      const { draws } = ratePeriod('closing', { ...rating, grants: views, settled: [] });
      left = added(own, draws.map(negated));
    } catch (error) {
      if (!(error instanceof UnrateableError)) throw error;
    }
  }
  return left;
}

function added(units: ReadonlyMap<string, Decimal>, draws: readonly Draw[]): Map<string, Decimal> {
  const sums = new Map(units);
  for (const { grantId, quantity } of draws) sums.set(grantId, (sums.get(grantId) ?? ZERO).plus(quantity));
  return sums;
}

function negated(draw: Draw): Draw {
  return { ...draw, quantity: draw.quantity.negated() };
}
