import { type Decimal, decimal, isNegative } from '../decimal.ts';
import type { Aggregation } from '../plan.ts';

/**
 * Whether the quantities of parts of a period add up to that of the period. The others have one quantity for the
 * whole period, and grants in force at its last instant apply to that (billing rules 5).
 */
export function canBeCut({ type }: Aggregation): boolean {
  return type === 'count' || type === 'sum';
}

/** Whether an event counts only with a number; the distinct values of a unique_count may be anything. */
export function needsNumber({ type }: Aggregation): boolean {
  return type === 'sum' || type === 'max' || type === 'latest' || type === 'average';
}

const AVERAGE_SCALE = decimal('1000000000000');
const AVERAGE_STEP = decimal('0.000000000001');
const TWO = decimal('2');

/**
 * `sum ÷ count` rounded half away from zero to 12 decimals, which is the quantity everywhere (billing rules 1). In
 * whole numbers, as ⌊(2 × |sum| × 10^12 + count) ÷ (2 × count)⌋: a quotient that is rounded first could look like a tie.
 *
 * @param count above 0
 */
export function averageOf(sum: Decimal, count: bigint): Decimal {
  const divisor = decimal(String(count));
  const absolute = isNegative(sum) ? sum.negated() : sum;
  const steps = absolute.times(TWO).times(AVERAGE_SCALE).plus(divisor).dividedToIntegerBy(divisor.times(TWO));
  const average = steps.times(AVERAGE_STEP);
  return isNegative(sum) ? average.negated() : average;
}
