import { decimalText, isNegative, sumOf, ZERO } from '../decimal.ts';
import type { Charge, UsageCharge } from '../plan.ts';
import { canBeCut } from './aggregation.ts';
import { describe } from './lines.ts';
import type { RatedPeriod, RatingIssue, UsagePiece } from './model.ts';
import { withinDigits } from './unrateable.ts';

export type UsageByCharge = ReadonlyMap<string, readonly UsagePiece[]>;

/** The pieces of a charge; throws a RangeError when none were read, for that must never pass as no usage. */
export function piecesOf(charge: Charge, usage: UsageByCharge, period: RatedPeriod): readonly UsagePiece[] {
  const pieces = usage.get(charge.id) ?? [];
  if (pieces.length === 0 && period.start < period.end) throw new RangeError(`no usage was read for ${charge.id}`);
  for (const { from, to } of pieces) {
    if (from < period.start || to > period.end) throw new RangeError(`usage of ${charge.id} lies outside its period`);
  }
  return pieces;
}

/** What late events add to each piece; both were read with the same cuts. */
export function extraPieces(after: readonly UsagePiece[], before: readonly UsagePiece[]): UsagePiece[] {
  return after.map((piece, index) => {
    const earlier = before[index];
    if (earlier?.from !== piece.from || earlier.to !== piece.to) throw new RangeError('usage was read with other cuts');
    return { ...piece, quantity: piece.quantity.minus(earlier.quantity) };
  });
}

export function countEvents(pieces: readonly UsagePiece[]): number {
  return pieces.reduce((count, piece) => count + piece.eventCount, 0);
}

/** The pieces as one quantity of at least 0, with what is to be reported about them; RangeError as for `piecesOf`. */
export function sumUsage(charge: UsageCharge, pieces: readonly UsagePiece[]) {
  if (pieces.length > 1 && !canBeCut(charge.aggregation)) {
    throw new RangeError(`the ${charge.aggregation.type} of ${charge.id} was read in ${pieces.length} pieces`);
  }
  const sum = withinDigits(
    sumOf(pieces.map((piece) => piece.quantity)),
    'quantity_too_large',
    `The usage of ${describe(charge)}`,
  );
  const issues: RatingIssue[] = [];
  if (isNegative(sum)) {
    const message = `The usage of ${describe(charge)} ${charge.aggregation.type === 'sum' ? 'sums to' : 'is'} ${decimalText(sum)} and is billed as 0.`;
    issues.push({ code: 'negative_usage', chargeId: charge.id, message });
  }
  const unusable = pieces.reduce((count, piece) => count + piece.unusableCount, 0);
  if (unusable > 0) {
    const property = charge.aggregation.property ?? '';
    const events = unusable === 1 ? '1 event' : `${unusable} events`;
    const message = `${describe(charge)} leaves out ${events} whose ${property} is no number within the limits.`;
    issues.push({ code: 'unusable_value', chargeId: charge.id, message });
  }
  return { units: isNegative(sum) ? ZERO : sum, eventCount: countEvents(pieces), issues };
}
