import fc from 'fast-check';
import { type ClockChange, clockChanges } from './clock-changes.ts';

/** A subscription whose periods are to be told. */
export interface CalendarCase {
  readonly zone: string;
  /** Instants, or dates, which are local midnight. */
  readonly start: string;
  readonly trialEnd: string | null;
  /** What the customer's clock says when the subscription is made. */
  readonly clock: string;
  readonly billingPeriod: string;
  readonly intervalCount: number;
}

export const PERIODS = ['daily', 'weekly', 'monthly', 'quarterly', 'yearly'] as const;

export const ZONES = [
  'UTC',
  'America/New_York',
  'Europe/Berlin',
  // Its clocks change by half an hour.
  'Australia/Lord_Howe',
  // Its clocks change at midnight.
  'America/Havana',
  // Summer time but for Ramadan, and standing rules that governments change.
  'Africa/Casablanca',
  // Had no 30 December 2011.
  'Pacific/Apia',
  'Asia/Kathmandu',
  'Pacific/Pago_Pago',
  'Pacific/Kiritimati',
  'Asia/Kolkata',
] as const;

export const CHANGES: Readonly<Record<string, readonly ClockChange[]>> = Object.fromEntries(
  ZONES.map((zone) => [zone, clockChanges(zone)]),
);

const START_OF_YEARS = ['2027-01-29', '2027-01-30', '2027-01-31', '2027-05-31', '2027-12-31', '2028-02-29'];

/** Ends of months and leap days, all billing periods, interval counts that divide a year and that don't. */
const ends: CalendarCase[] = START_OF_YEARS.flatMap((start) =>
  PERIODS.flatMap((billingPeriod) =>
    [1, 2, 3, 5, 12].map((intervalCount) => ({
      zone: 'UTC',
      start,
      trialEnd: null,
      clock: '2026-06-01T00:00:00Z',
      billingPeriod,
      intervalCount,
    })),
  ),
).map((each, index) => ({ ...each, zone: ZONES[index % ZONES.length] ?? 'UTC' }));

const HOUR = 3_600;

function instantText(seconds: number, micros = 0): string {
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  return micros === 0 ? `${whole}Z` : `${whole}.${String(micros).padStart(6, '0')}Z`;
}

/** About each change of the clocks in some years: the local times that it skips or repeats (both times). */
const changes: CalendarCase[] = ZONES.flatMap((zone) =>
  (CHANGES[zone] ?? []).flatMap(([at, offset], index) => {
    const year = new Date(at * 1000).getUTCFullYear();
    const before = CHANGES[zone]?.[index - 1]?.[1];
    if (before === undefined || ![2011, 2025, 2026].includes(year)) return [];
    const half = Math.abs(offset - before) / 2;
    // A month, a day and a week before the skipped time, so that a boundary falls into it; and in the repeated one.
    const anchors = [at - half, at + half, at - 1, at, at + half - 24 * HOUR, at + half - 7 * 24 * HOUR];
    return anchors.map((anchor, nth) => ({
      zone,
      start: instantText(anchor),
      trialEnd: null,
      clock: instantText(anchor),
      billingPeriod: PERIODS[nth === 5 ? 1 : nth === 4 ? 0 : (index + nth) % 3] ?? 'daily',
      intervalCount: 1,
    }));
  }),
);

const plain = { trialEnd: null, clock: '2025-01-01T00:00:00Z', billingPeriod: 'daily', intervalCount: 1 };

/** Dates: a midnight that is skipped, one that comes twice, a day that never was; and the ends of trials. */
const dates: CalendarCase[] = [
  { ...plain, zone: 'America/Havana', start: '2026-03-08' },
  { ...plain, zone: 'America/Havana', start: '2026-03-08', billingPeriod: 'monthly' },
  { ...plain, zone: 'America/Havana', start: '2025-11-02' },
  { ...plain, zone: 'America/Havana', start: '2025-11-01', billingPeriod: 'weekly' },
  { ...plain, zone: 'Pacific/Apia', start: '2011-12-30', clock: '2011-12-01T00:00:00Z' },
  { ...plain, zone: 'Pacific/Apia', start: '2011-12-29', clock: '2011-12-01T00:00:00Z' },
  { ...plain, zone: 'Pacific/Apia', start: '2011-11-30', clock: '2011-11-01T00:00:00Z', billingPeriod: 'monthly' },
  ...ZONES.map((zone) => ({ ...plain, zone, start: '2025-01-31', trialEnd: '2026-01-31', billingPeriod: 'monthly' })),
  ...ZONES.map((zone) => ({
    ...plain,
    zone,
    start: '2024-11-30',
    trialEnd: '2025-08-31T23:59:59.999999Z',
    billingPeriod: 'quarterly',
  })),
];

export const TABLE: readonly CalendarCase[] = [...ends, ...changes, ...dates];

const DAY = 24 * HOUR;

/** Anywhere in 90 years; on the day of a change of clocks or up to two days from it; on one of the last days of a month. */
const anchors = fc.constantFrom(...ZONES).chain((zone) =>
  fc.tuple(
    fc.constant(zone),
    fc.oneof(
      fc.integer({ min: 0, max: 90 * 365 * DAY }),
      fc
        .tuple(fc.constantFrom(...(CHANGES[zone] ?? [])), fc.integer({ min: -192, max: 192 }))
        .map(([[at], quarters]) => at + quarters * (HOUR / 4))
        .filter((at) => at >= 0 && at < 90 * 365 * DAY),
      fc
        .tuple(fc.integer({ min: 0, max: 12 * 90 }), fc.integer({ min: -96, max: 48 }))
        .map(([month, hours]) => Date.UTC(1970, month + 1) / 1000 + hours * HOUR),
    ),
  ),
);

/** Seeded by the caller; each reads as a row of the table, so a failure can be added to it. */
export function randomCases(seed: number, count: number): CalendarCase[] {
  const cases = fc
    .record({
      where: anchors,
      micros: fc.constantFrom(0, 0, 1, 500_000, 999_999),
      asDate: fc.boolean(),
      ahead: fc.constantFrom('starts', 'starts', 'is to start', 'tries'),
      billingPeriod: fc.constantFrom(...PERIODS),
      intervalCount: fc.constantFrom(1, 1, 1, 2, 3, 4, 7, 12),
    })
    .map(({ where: [zone, seconds], micros, asDate, ahead, ...rest }): CalendarCase => {
      const anchor = asDate ? instantText(seconds).slice(0, 10) : instantText(seconds, micros);
      const early = instantText(seconds - 40 * DAY);
      // A date may begin a day later or earlier than the instant that it was taken from.
      const clock = ahead === 'starts' ? instantText(seconds + (asDate ? 2 * DAY : 1)) : early;
      if (ahead !== 'tries') return { zone, start: anchor, trialEnd: null, clock, ...rest };
      return { zone, start: instantText(seconds - 60 * DAY), trialEnd: anchor, clock, ...rest };
    });
  return fc.sample(cases, { seed, numRuns: count });
}
