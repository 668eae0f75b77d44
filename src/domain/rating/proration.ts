import { type Decimal, decimal, quotient, ZERO } from '../decimal.ts';
import type { RatedPeriod } from './model.ts';

/** Whether its flats are for a part of the full period around it. */
export function isProrated(period: RatedPeriod): boolean {
  return period.proration === 'by_time' && (period.start !== period.fullStart || period.end !== period.fullEnd);
}

/** Cut at the instant it opened: it bills no flat in arrears and no minimum, whatever its mode (billing rules 6). */
export function isEmpty(period: RatedPeriod): boolean {
  return period.start === period.end;
}

/**
 * The part of a full period's amount that falls on a cut period, by the microsecond, unrounded: multiplied first and
 * divided once, so that 15.15 for 1 of 30 days is 0.505 (billing rules 1).
 */
export function prorate(amount: Decimal, period: RatedPeriod): Decimal {
  return partOf(amount, period.end - period.start, period.fullEnd - period.fullStart);
}

/** What a flat or minimum of a full period comes to for this one; null where it is not billed at all. */
export function shareOf(amount: Decimal, period: RatedPeriod): Decimal | null {
  if (isEmpty(period) || period.proration === 'none') return null;
  return period.proration === 'whole' ? amount : prorate(amount, period);
}

/** What a maximum of a full period comes to for this one; only a cut by time lowers it. */
export function maximumShareOf(amount: Decimal, period: RatedPeriod): Decimal {
  return isEmpty(period) || period.proration === 'by_time' ? prorate(amount, period) : amount;
}

/** What a flat billed in advance comes to when the period opens: nobody knows yet whether it will be cut. */
export function advanceShareOf(amount: Decimal, period: RatedPeriod): Decimal | null {
  return shareOf(amount, { ...period, end: period.fullEnd });
}

/**
 * The part of an amount billed in advance that lies behind the cut, unrounded (billing rules 6); 0 unless the period was
 * cut. A period that was cut at the instant it opened returns all of it.
 */
export function unusedShareOf(billed: Decimal, period: RatedPeriod): Decimal {
  if (period.proration === 'whole' && !isEmpty(period)) return ZERO;
  return partOf(billed, period.fullEnd - period.end, period.fullEnd - period.start);
}

function partOf(amount: Decimal, micros: bigint, ofMicros: bigint): Decimal {
  return quotient(amount.times(decimal(micros.toString())), decimal(ofMicros.toString()));
}
