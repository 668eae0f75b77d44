import { describe, expect, test } from '@jest/globals';
import {
  boundariesAfter,
  boundaryAfter,
  instantOfLocalTime,
  type BoundaryRule,
  isTimezone,
  startOfLocalDay,
} from '../../src/domain/calendar.ts';
import { formatInstant, type Instant, parseInstant } from '../../src/domain/instant.ts';

function at(text: string): Instant {
  const instant = parseInstant(text);
  if (instant === null) throw new Error(`no instant: ${text}`);
  return instant;
}

function ruleFrom(anchor: string, timezone: string, rest: Partial<BoundaryRule> = {}): BoundaryRule {
  return { anchorAt: at(anchor), timezone, billingPeriod: 'monthly', intervalCount: 1, ...rest };
}

function next(rule: BoundaryRule, count: number): string[] {
  return boundariesAfter(rule, rule.anchorAt, count).map((each) => formatInstant(each));
}

describe('boundaries are counted from the anchor', () => {
  test('the 31st comes back after every shorter month', () => {
    expect(next(ruleFrom('2026-01-31T12:00:00Z', 'UTC'), 12)).toEqual([
      '2026-02-28T12:00:00Z',
      '2026-03-31T12:00:00Z',
      '2026-04-30T12:00:00Z',
      '2026-05-31T12:00:00Z',
      '2026-06-30T12:00:00Z',
      '2026-07-31T12:00:00Z',
      '2026-08-31T12:00:00Z',
      '2026-09-30T12:00:00Z',
      '2026-10-31T12:00:00Z',
      '2026-11-30T12:00:00Z',
      '2026-12-31T12:00:00Z',
      '2027-01-31T12:00:00Z',
    ]);
  });

  test('the 30th of January is the 29th of February in a leap year, then the 30th of March', () => {
    expect(next(ruleFrom('2024-01-30T00:00:00Z', 'UTC'), 2)).toEqual(['2024-02-29T00:00:00Z', '2024-03-30T00:00:00Z']);
  });

  test('a year from 29 February is 28 February, and 29 February again in the next leap year', () => {
    expect(next(ruleFrom('2024-02-29T00:00:00Z', 'UTC', { billingPeriod: 'yearly' }), 4)).toEqual([
      '2025-02-28T00:00:00Z',
      '2026-02-28T00:00:00Z',
      '2027-02-28T00:00:00Z',
      '2028-02-29T00:00:00Z',
    ]);
  });

  test('1900 and 2100 are no leap years, 2000 is one', () => {
    const yearly = { billingPeriod: 'yearly' } as const;
    expect(next(ruleFrom('2096-02-29T00:00:00Z', 'UTC', yearly), 4).at(-1)).toBe('2100-02-28T00:00:00Z');
    expect(next(ruleFrom('1996-02-29T00:00:00Z', 'UTC', yearly), 4).at(-1)).toBe('2000-02-29T00:00:00Z');
  });

  test.each([
    ['daily', 3, '2026-02-03T00:00:00Z'],
    ['weekly', 2, '2026-02-14T00:00:00Z'],
    ['monthly', 2, '2026-03-31T00:00:00Z'],
    ['quarterly', 1, '2026-04-30T00:00:00Z'],
    ['quarterly', 3, '2026-10-31T00:00:00Z'],
    ['yearly', 2, '2028-01-31T00:00:00Z'],
    ['yearly', 1000, '3026-01-31T00:00:00Z'],
  ] as const)('%s × %i from 31 January 2026 is %s', (billingPeriod, intervalCount, expected) => {
    expect(next(ruleFrom('2026-01-31T00:00:00Z', 'UTC', { billingPeriod, intervalCount }), 1)).toEqual([expected]);
  });

  test('microseconds are kept', () => {
    expect(next(ruleFrom('2026-01-31T23:59:59.999999Z', 'UTC'), 1)).toEqual(['2026-02-28T23:59:59.999999Z']);
    expect(next(ruleFrom('1960-01-31T23:59:59.000001Z', 'UTC'), 1)).toEqual(['1960-02-29T23:59:59.000001Z']);
  });
});

describe('boundaries keep the local time of the zone', () => {
  test('the day is that of the zone, not of UTC', () => {
    // 31 January 23:00 in Honolulu is 1 February in UTC; 1 February 00:30 in Kiritimati is 31 January.
    expect(next(ruleFrom('2026-02-01T09:00:00Z', 'Pacific/Honolulu'), 1)).toEqual(['2026-03-01T09:00:00Z']);
    expect(next(ruleFrom('2026-01-31T10:30:00Z', 'Pacific/Kiritimati'), 1)).toEqual(['2026-02-28T10:30:00Z']);
  });

  test.each([
    ['Pacific/Pago_Pago', '2026-01-31T11:00:00Z', '2026-02-28T11:00:00Z'],
    ['Asia/Kathmandu', '2026-01-30T18:15:00Z', '2026-02-27T18:15:00Z'],
    ['Pacific/Chatham', '2026-03-31T10:15:00Z', '2026-04-30T11:15:00Z'],
    ['Australia/Lord_Howe', '2026-03-31T13:00:00Z', '2026-04-30T13:30:00Z'],
  ])('midnight of the 31st in %s', (timezone, anchor, expected) => {
    expect(next(ruleFrom(anchor, timezone), 1)).toEqual([expected]);
  });

  test('midnight in Paris is 23:00 UTC in winter and 22:00 in summer', () => {
    expect(next(ruleFrom('2025-12-31T23:00:00Z', 'Europe/Paris'), 4)).toEqual([
      '2026-01-31T23:00:00Z',
      '2026-02-28T23:00:00Z',
      '2026-03-31T22:00:00Z',
      '2026-04-30T22:00:00Z',
    ]);
  });

  test('a skipped local time moves forward by the gap, for that boundary only', () => {
    // 02:30 of 8 March 2026 does not exist in New York: 03:30 EDT. The next day is 02:30 EDT again.
    const daily = ruleFrom('2026-03-07T07:30:00Z', 'America/New_York', { billingPeriod: 'daily' });
    expect(next(daily, 2)).toEqual(['2026-03-08T07:30:00Z', '2026-03-09T06:30:00Z']);
  });

  test('a half-hour gap moves it by half an hour', () => {
    // Lord Howe skips 02:00 to 02:30 on 4 October 2026: 02:15 becomes 02:45 (+11:00).
    const daily = ruleFrom('2026-10-02T15:45:00Z', 'Australia/Lord_Howe', { billingPeriod: 'daily' });
    expect(next(daily, 2)).toEqual(['2026-10-03T15:45:00Z', '2026-10-04T15:15:00Z']);
  });

  test('a repeated local time is the first of the two', () => {
    // 01:30 of 1 November 2026 comes twice in New York: first as EDT.
    const daily = ruleFrom('2026-10-31T05:30:00Z', 'America/New_York', { billingPeriod: 'daily' });
    expect(next(daily, 2)).toEqual(['2026-11-01T05:30:00Z', '2026-11-02T06:30:00Z']);
  });

  test('an anchor in the second of two repeated hours stays where it is', () => {
    const rule = ruleFrom('2026-11-01T06:30:00Z', 'America/New_York', { billingPeriod: 'daily' });
    expect(formatInstant(boundaryAfter(rule, at('2026-11-01T05:30:00Z')))).toBe('2026-11-01T06:30:00Z');
    expect(next(rule, 1)).toEqual(['2026-11-02T06:30:00Z']);
  });

  test('a boundary not later than its predecessor is left out', () => {
    // Samoa had no 30 December 2011: its 10:00 would be the instant of the 31st's.
    const daily = ruleFrom('2011-12-28T20:00:00Z', 'Pacific/Apia', { billingPeriod: 'daily' });
    expect(next(daily, 4)).toEqual([
      '2011-12-29T20:00:00Z',
      '2011-12-30T20:00:00Z',
      '2011-12-31T20:00:00Z',
      '2012-01-01T20:00:00Z',
    ]);
  });
});

describe('after a change of time zone', () => {
  // The boundary of 28 February is 23:00 UTC of the 27th in Paris. Read in New York, where the anchor is 18:00 of
  // 30 January, it is 23:00 UTC of the 28th.
  const after = at('2026-02-27T23:00:00Z');
  const moved = ruleFrom('2026-01-30T23:00:00Z', 'America/New_York', { zoneBefore: 'Europe/Paris' });

  test('a boundary that comes later in the new zone is the same one: the next period ends with the next boundary', () => {
    expect(formatInstant(boundaryAfter(moved, after))).toBe('2026-03-30T22:00:00Z');
    expect(boundariesAfter(moved, after, 2).map((each) => formatInstant(each))).toEqual([
      '2026-03-30T22:00:00Z',
      '2026-04-30T22:00:00Z',
    ]);
  });

  test('a boundary that comes earlier in the new zone is the same one too', () => {
    const back = ruleFrom('2026-01-30T23:00:00Z', 'Europe/Paris', { zoneBefore: 'America/New_York' });
    expect(formatInstant(boundaryAfter(back, at('2026-02-28T23:00:00Z')))).toBe('2026-03-30T22:00:00Z');
  });

  test('without one, the zone before is that of now', () => {
    const { zoneBefore: _other, ...rule } = moved;
    expect(formatInstant(boundaryAfter(rule, after))).toBe('2026-02-28T23:00:00Z');
    expect(formatInstant(boundaryAfter({ ...rule, zoneBefore: rule.timezone }, after))).toBe('2026-02-28T23:00:00Z');
  });
});

describe('the boundary after an instant', () => {
  const rule = ruleFrom('2026-01-31T00:00:00Z', 'UTC');

  test.each([
    ['long before the anchor', '1999-01-01T00:00:00Z', '2026-01-31T00:00:00Z'],
    ['a microsecond before the anchor', '2026-01-30T23:59:59.999999Z', '2026-01-31T00:00:00Z'],
    ['at the anchor', '2026-01-31T00:00:00Z', '2026-02-28T00:00:00Z'],
    ['a microsecond before a boundary', '2026-02-27T23:59:59.999999Z', '2026-02-28T00:00:00Z'],
    ['at a boundary', '2026-02-28T00:00:00Z', '2026-03-31T00:00:00Z'],
    ['seventy years on', '2096-02-29T00:00:00Z', '2096-03-31T00:00:00Z'],
  ])('%s', (_, after, expected) => {
    expect(formatInstant(boundaryAfter(rule, at(after)))).toBe(expected);
    expect(boundariesAfter(rule, at(after), 1).map(formatInstant)).toEqual([expected]);
  });

  test('no boundaries asked for, none given', () => {
    expect(boundariesAfter(rule, rule.anchorAt, 0)).toEqual([]);
  });
});

describe('zones', () => {
  test.each([
    'UTC',
    'Europe/Paris',
    'America/Argentina/Buenos_Aires',
    'Asia/Calcutta',
    'Etc/GMT+5',
    'America/Port-au-Prince',
    'EST5EDT',
  ])('%s is an IANA name', (name) => {
    expect(isTimezone(name)).toBe(true);
  });

  test('every zone that the platform lists is one', () => {
    expect(Intl.supportedValuesOf('timeZone').filter((name) => !isTimezone(name))).toEqual([]);
  });

  test.each([
    '+02:00',
    '-05',
    'Z',
    'UTC+2',
    'europe/paris',
    'Europe/Nowhere',
    '',
    ' UTC',
    '2026-01-01T00:00Z[Europe/Paris]',
    '__proto__',
  ])('%j is none', (name) => {
    expect(isTimezone(name)).toBe(false);
  });
});

describe('a date is local midnight', () => {
  test.each([
    ['2026-01-01', 'UTC', '2026-01-01T00:00:00Z'],
    ['2026-07-01', 'Europe/Paris', '2026-06-30T22:00:00Z'],
    ['2026-01-01', 'Pacific/Kiritimati', '2025-12-31T10:00:00Z'],
    ['2026-01-01', 'Asia/Kathmandu', '2025-12-31T18:15:00Z'],
  ])('%s in %s', (date, timezone, expected) => {
    expect(formatInstant(startOfLocalDay(date, timezone) ?? at('0001-01-01T00:00:00Z'))).toBe(expected);
  });

  test('a skipped midnight moves forward by the gap, a repeated one is the first', () => {
    const midnight = (date: string, zone: string) =>
      formatInstant(startOfLocalDay(date, zone) ?? at('0001-01-01T00:00:00Z'));
    expect(midnight('2018-11-04', 'America/Sao_Paulo')).toBe('2018-11-04T03:00:00Z');
    expect(midnight('2025-11-02', 'America/Havana')).toBe('2025-11-02T04:00:00Z');
  });

  test.each(['2026-02-29', '2026-13-01', '2026-1-1', '20260101', '2026-01-01T00:00', '+002026-01-01', 'today', ''])(
    '%j is no date',
    (date) => {
      expect(startOfLocalDay(date, 'UTC')).toBeNull();
    },
  );

  test('an unknown zone is a defect, not a wrong date', () => {
    expect(() => startOfLocalDay('2026-01-01', 'Europe/Nowhere')).toThrow(RangeError);
  });
});

describe('a local time without an offset', () => {
  test.each([
    ['an ordinary one', '2001-01-31T23:30:00.000001Z', 'America/New_York', '2001-02-01T04:30:00.000001Z'],
    ['a skipped one moves forward by the gap', '2026-03-08T02:30:00Z', 'America/New_York', '2026-03-08T07:30:00Z'],
    ['a repeated one is the first', '2026-11-01T01:30:00Z', 'America/New_York', '2026-11-01T05:30:00Z'],
    ['one before 1970', '1969-12-31T23:59:59.999999Z', 'Asia/Kathmandu', '1969-12-31T18:29:59.999999Z'],
  ])('%s', (_, shown, timezone, expected) => {
    expect(formatInstant(instantOfLocalTime(at(shown), timezone))).toBe(expected);
  });
});
