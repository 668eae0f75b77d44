import { Temporal } from 'temporal-polyfill';
import { type Instant, instantFromMicros } from './instant.ts';
import type { BillingPeriod } from './plan.ts';

/** From where and how far apart the boundaries of a subscription lie. */
export interface BoundaryRule {
  /** Boundary 0. */
  readonly anchorAt: Instant;
  /** IANA name. */
  readonly timezone: string;
  readonly billingPeriod: BillingPeriod;
  readonly intervalCount: number;
  /**
   * The zone in which the boundary that one counts on from was found. Found again in another one it may come some
   * hours later; it is the same boundary, and no period lies between the two.
   */
  readonly zoneBefore?: string;
}

const NANOS_PER_MICRO = 1_000n;
const MICROS_PER_DAY = 86_400_000_000;
// 400 Gregorian years have 146,097 days and 4,800 months.
const MICROS_PER_MONTH = (146_097 / 4_800) * MICROS_PER_DAY;

/** What one interval adds to the anchor's local date, and its mean length. */
interface Step {
  readonly unit: 'days' | 'months';
  readonly count: number;
  readonly meanMicros: number;
}

function stepOf(rule: BoundaryRule): Step {
  const days = (count: number): Step => ({ unit: 'days', count, meanMicros: count * MICROS_PER_DAY });
  const months = (count: number): Step => ({ unit: 'months', count, meanMicros: count * MICROS_PER_MONTH });
  switch (rule.billingPeriod) {
    case 'daily':
      return days(rule.intervalCount);
    case 'weekly':
      return days(7 * rule.intervalCount);
    case 'monthly':
      return months(rule.intervalCount);
    case 'quarterly':
      return months(3 * rule.intervalCount);
    case 'yearly':
      return months(12 * rule.intervalCount);
  }
}

function instantOf(zoned: Temporal.ZonedDateTime): Instant {
  return instantFromMicros(zoned.epochNanoseconds / NANOS_PER_MICRO);
}

/**
 * Boundary n by n, each counted from the anchor's local time, never from the boundary before it, so a 31st comes back
 * after February; boundary 0 is the anchor instant itself. The day is clamped to the month; `add` resolves local times
 * as "compatible" does: a skipped time moves forward by the gap, a repeated one is the first (billing rules 6).
 */
function boundaryAt(rule: BoundaryRule): (index: number) => Instant {
  const anchor = new Temporal.Instant(rule.anchorAt * NANOS_PER_MICRO).toZonedDateTimeISO(rule.timezone);
  const { unit, count } = stepOf(rule);
  return (index) => instantOf(anchor.add({ [unit]: index * count }));
}

/** The index of the first boundary strictly later than the instant: from one below a guess by mean length, upward. */
function indexAfter(rule: BoundaryRule, at: (index: number) => Instant, after: Instant): number {
  const { zoneBefore, ...own } = rule;
  let index =
    zoneBefore === undefined
      ? Math.max(0, Math.floor(Number(after - rule.anchorAt) / stepOf(rule).meanMicros) - 1)
      : indexAfter({ ...own, timezone: zoneBefore }, boundaryAt({ ...own, timezone: zoneBefore }), after);
  while (at(index) <= after) index += 1;
  return index;
}

/** The first boundary strictly later than `after`; boundary 0 is the anchor itself. */
export function boundaryAfter(rule: BoundaryRule, after: Instant): Instant {
  const at = boundaryAt(rule);
  return at(indexAfter(rule, at, after));
}

/**
 * The next `count` boundaries strictly later than `after`, ascending. A boundary not later than its predecessor (a zone
 * that skips a whole day has one) is left out.
 */
export function boundariesAfter(rule: BoundaryRule, after: Instant, count: number): Instant[] {
  const at = boundaryAt(rule);
  const boundaries: Instant[] = [];
  let latest = after;
  for (let index = indexAfter(rule, at, after); boundaries.length < count; index += 1) {
    const boundary = at(index);
    if (boundary <= latest) continue;
    boundaries.push(boundary);
    latest = boundary;
  }
  return boundaries;
}

/** Whether it is an IANA name, spelled as IANA spells it. Offsets such as `+02:00`, zones to Temporal, are none. */
export function isTimezone(name: string): boolean {
  if (/^[+-]/.test(name)) return false;
  try {
    return new Temporal.Instant(0n).toZonedDateTimeISO(name).timeZoneId === name;
  } catch {
    return false;
  }
}

const DATE = /^\d{4}-\d\d-\d\d$/;

/**
 * Local midnight of a date `YYYY-MM-DD`, or null when there is no such day. Skipped and repeated midnights go by the
 * rule of boundaries.
 */
export function startOfLocalDay(date: string, timezone: string): Instant | null {
  if (!DATE.test(date)) return null;
  try {
    return instantOf(Temporal.PlainDate.from(date).toZonedDateTime({ timeZone: timezone, plainTime: '00:00' }));
  } catch (error) {
    if (error instanceof RangeError && isTimezone(timezone)) return null;
    throw error;
  }
}

/**
 * The instant at which the zone's clocks show what UTC's clocks show at `shownAt`. Skipped and repeated local times go
 * by the rule of boundaries.
 */
export function instantOfLocalTime(shownAt: Instant, timezone: string): Instant {
  const shown = new Temporal.Instant(shownAt * NANOS_PER_MICRO).toZonedDateTimeISO('UTC').toPlainDateTime();
  return instantOf(shown.toZonedDateTime(timezone));
}
