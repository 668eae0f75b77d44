import { type Decimal, decimal, sumOf, ZERO } from '../decimal.ts';
import { type Charge, type FlatCharge, isUsageCharge, type PlanVersion, type UsageCharge } from '../plan.ts';
import { pricingRules } from '../pricing/registry.ts';
import { CreditPool } from './credit-draws.ts';
import { mayCover } from './grants.ts';
import { advanceLine, flatLine, type LineContext, minimumLine, returnLine, usageLine } from './lines.ts';
import type { Draw, GrantView, RatedLine, RatedLines, RatedPeriod, RatingIssue, SettledAmount } from './model.ts';
import { countEvents, piecesOf, sumUsage, type UsageByCharge } from './period-usage.ts';
import { liveAdvance, settledFor, settledOtherThanMinimum } from './settled.ts';

/** What the lines of one period are computed from. */
export interface PeriodRating {
  /** The plan version that the period is rated on. */
  readonly plan: Pick<PlanVersion, 'currency' | 'charges' | 'minimumAmount'>;
  readonly subscriptionId: string;
  readonly period: RatedPeriod;
  /** By charge id, cut at least at `usageCuts`; every usage charge, and flats that are charged when used. */
  readonly usage: UsageByCharge;
  /** Of the customer; those of other subscriptions are left aside. */
  readonly grants: readonly GrantView[];
  /** What the invoices that count have billed for the period so far. */
  readonly settled: readonly SettledAmount[];
}

interface RatedCharge {
  readonly line: RatedLine;
  readonly draws: readonly Draw[];
  readonly issues: readonly RatingIssue[];
}

/**
 * The lines of a period, or of the part of it up to an interim's trigger, from all of its usage: usage → credits →
 * model → proration → minimum and maximum → round → plan minimum (billing rules 7). Charges are served with credits in
 * plan order. The same input gives the same lines. Throws UnrateableError when a quantity or amount exceeds 60 integer
 * digits. An interim has usage only, and only lines with something new to tell.
 */
export function ratePeriod(kind: 'closing' | 'interim', rating: PeriodRating): RatedLines {
  const pool = poolOf(rating);
  const isInterim = kind === 'interim';
  const rated = rating.plan.charges.flatMap((charge): RatedCharge[] => {
    if (isUsageCharge(charge)) return [rateUsage(charge, rating, { pool, isInterim })];
    const line = isInterim ? null : rateFlat(charge, rating);
    return line === null ? [] : [{ line, draws: [], issues: [] }];
  });
  const lines = rated.map(({ line }) => line);
  return {
    lines: isInterim ? lines.filter(tellsSomething) : [...lines, ...planMinimum(rating, lines)],
    draws: rated.flatMap(({ draws }) => draws),
    issues: rated.flatMap(({ issues }) => issues),
  };
}

/** The flats that a period bills in advance, when it opens (billing rules 6). */
export function rateAdvance(rating: Omit<PeriodRating, 'usage' | 'grants'>): RatedLine[] {
  return rating.plan.charges.flatMap((charge) => {
    if (isUsageCharge(charge) || charge.billIn === 'arrears') return [];
    const billed = settledFor(rating.settled, charge.id, ['flat']);
    const line = advanceLine(charge, contextOf(rating, billed));
    return line === null ? [] : [line];
  });
}

function rateUsage(
  charge: UsageCharge,
  rating: PeriodRating,
  { pool, isInterim }: { readonly pool: CreditPool; readonly isInterim: boolean },
): RatedCharge {
  const pieces = piecesOf(charge, rating.usage, rating.period);
  const { units, eventCount, issues } = sumUsage(charge, pieces);
  const { draws, stretches } = pool.draw({
    charge,
    use: pricingRules(charge.pricingModel).creditUse(charge),
    pieces,
    units,
  });
  const credited = sumOf(draws.map(({ quantity }) => quantity));
  const context = { ...contextOf(rating, billedFor(charge, rating)), isInterim };
  return { line: usageLine(charge, { eventCount, units, credited, stretches }, context), draws, issues };
}

/** null for a flat that was to be used but was not, and where nothing of it is to be billed or returned. */
export function rateFlat(charge: FlatCharge, rating: PeriodRating): RatedLine | null {
  if (charge.billIn === 'advance') {
    const billed = liveAdvance(rating.settled, charge.id);
    return returnLine(charge, billed, contextOf(rating, settledFor(rating.settled, charge.id, ['proration'])));
  }
  const eventCount = countsEvents(charge, rating) ? countEvents(piecesOf(charge, rating.usage, rating.period)) : null;
  if (charge.chargeWhen === 'used' && eventCount === 0) return null;
  return flatLine(charge, eventCount, contextOf(rating, billedFor(charge, rating)));
}

/** The plan's minimum over all lines of the period, whichever invoice they stand on. */
export function planMinimum(rating: PeriodRating, lines: readonly RatedLine[]): RatedLine[] {
  const minimum = rating.plan.minimumAmount;
  const context = contextOf(rating, settledFor(rating.settled, null, ['minimum', 'late_usage']));
  if (minimum === null && context.previouslyBilled.isZero()) return [];
  const billed = settledOtherThanMinimum(rating).plus(sumOf(lines.map(({ amount }) => amount)));
  const line = minimumLine(minimum === null ? ZERO : decimal(minimum), billed, context);
  return line === null ? [] : [line];
}

/** A flat that is always charged needs no usage; when its event name's was read, its line tells the count. */
function countsEvents(charge: FlatCharge, { usage }: PeriodRating): boolean {
  return charge.chargeWhen === 'used' || usage.has(charge.id);
}

export function poolOf({ grants, subscriptionId }: PeriodRating): CreditPool {
  return new CreditPool(grants.filter((grant) => mayCover(grant, subscriptionId)));
}

/** What invoices billed for a usage charge or a flat in arrears, late usage included. */
export function billedFor(charge: Charge, { settled }: PeriodRating): Decimal {
  return settledFor(settled, charge.id, ['usage', 'flat', 'late_usage']);
}

export function contextOf(
  { plan, period }: Pick<PeriodRating, 'plan' | 'period'>,
  previouslyBilled: Decimal,
): LineContext {
  return { currency: plan.currency, period, isInterim: false, previouslyBilled };
}

function tellsSomething(line: RatedLine): boolean {
  return !line.amount.isZero() || (line.eventCount ?? 0) > 0;
}
