import { sumOf } from '../decimal.ts';
import { isUsageCharge, type UsageCharge } from '../plan.ts';
import { pricingRules } from '../pricing/registry.ts';
import type { CreditPool } from './credit-draws.ts';
import { usageLine } from './lines.ts';
import type { Draw, RatedLine, RatedLines, RatingIssue } from './model.ts';
import { extraPieces, piecesOf, sumUsage, type UsageByCharge } from './period-usage.ts';
import { billedFor, contextOf, type PeriodRating, planMinimum, poolOf, rateFlat } from './rate-period.ts';

/** A closed period with events that came after its invoice. */
export interface LateRating extends PeriodRating {
  /** With the late events. */
  readonly usage: UsageByCharge;
  /** Without them, with the same cuts. */
  readonly before: UsageByCharge;
  /** What invoices that count have drawn for the period: it stays drawn. */
  readonly drawn: readonly Draw[];
}

/**
 * The difference that late events make to a closed period: it is rated again as a whole, and each charge whose amount
 * or count of events changed becomes one `late_usage` line, the plan's minimum too (billing rules 7). Earlier draws
 * stay, only the extra quantity draws. Returns the extra draws.
 */
export function rateLate(rating: LateRating): RatedLines {
  const pool = poolOf(rating);
  const draws: Draw[] = [];
  const issues: RatingIssue[] = [];
  const lines: RatedLine[] = [];
  for (const charge of rating.plan.charges) {
    if (isUsageCharge(charge)) {
      const late = lateUsage(charge, rating, pool);
      draws.push(...late.draws);
      if (late.isChanged) issues.push(...late.issues);
      if (late.isChanged) lines.push(late.line);
    } else if (charge.billIn === 'arrears') {
      const line = rateFlat(charge, rating);
      if (line !== null && !line.amount.isZero()) lines.push(line);
    }
  }
  const minimum = planMinimum(rating, lines).filter(({ amount }) => !amount.isZero());
  return { lines: [...lines, ...minimum].map(asLate), draws, issues };
}

function lateUsage(charge: UsageCharge, rating: LateRating, pool: CreditPool) {
  const pieces = piecesOf(charge, rating.usage, rating.period);
  const before = piecesOf(charge, rating.before, rating.period);
  const { units, eventCount, issues } = sumUsage(charge, pieces);
  const drawn = sumOf(rating.drawn.filter(({ chargeId }) => chargeId === charge.id).map(({ quantity }) => quantity));
  const use = pricingRules(charge.pricingModel).creditUse(charge);
  const { draws, stretches } = pool.draw({ charge, use, pieces: extraPieces(pieces, before), units, drawn });
  const credited = drawn.plus(sumOf(draws.map(({ quantity }) => quantity)));
  const line = usageLine(
    charge,
    { eventCount, units, credited, stretches },
    contextOf(rating, billedFor(charge, rating)),
  );
  return { line, draws, issues, isChanged: !line.amount.isZero() || countsDiffer(pieces, before) };
}

function countsDiffer(after: Parameters<typeof extraPieces>[0], before: Parameters<typeof extraPieces>[1]): boolean {
  return after.some((piece, index) => {
    const earlier = before[index];
    return (
      earlier === undefined || piece.eventCount !== earlier.eventCount || piece.unusableCount !== earlier.unusableCount
    );
  });
}

function asLate(line: RatedLine): RatedLine {
  return { ...line, kind: 'late_usage', description: `${line.description} (late usage)` };
}
