import { type Decimal, decimal, quotient } from '../decimal.ts';
import type { RatedPeriod } from './model.ts';

/** Whether the period ended before, or began after, the full period that its flats are for. */
export function isCut(period: RatedPeriod): boolean {
  return period.start !== period.fullStart || period.end !== period.fullEnd;
}

/**
 * The part of a full period's amount that falls on a cut period, by the microsecond, unrounded: multiplied first and
 * divided once, so that 15.15 for 1 of 30 days is 0.505 (billing rules 1).
 */
export function prorate(amount: Decimal, period: RatedPeriod): Decimal {
  const elapsed = decimal((period.end - period.start).toString());
  return quotient(amount.times(elapsed), decimal((period.fullEnd - period.fullStart).toString()));
}
