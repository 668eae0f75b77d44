import { describe, expect, test } from '@jest/globals';
import {
  addDays24h,
  addSeconds,
  compareInstants,
  earliestOf,
  formatInstant,
  type Instant,
  instantFromMicros,
  maxInstant,
  minInstant,
  parseInstant,
} from '../../src/domain/instant.ts';

const reformatted = (text: string) => {
  const instant = parseInstant(text);
  return instant === null ? null : formatInstant(instant);
};

describe('an instant', () => {
  test.each([
    ['2026-01-31T09:30:00Z', '2026-01-31T09:30:00Z'],
    ['2026-01-31T09:30:00.5Z', '2026-01-31T09:30:00.500Z'],
    ['2026-01-31T09:30:00.123456Z', '2026-01-31T09:30:00.123456Z'],
    ['2026-01-31T09:30:00+05:45', '2026-01-31T03:45:00Z'],
    ['2026-01-31T09:30:00-1100', '2026-01-31T20:30:00Z'],
    ['2026-01-31 09:30:00.000001+00', '2026-01-31T09:30:00.000001Z'],
    ['1969-12-31T23:59:59.999999Z', '1969-12-31T23:59:59.999999Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
    ['10999-01-01 00:00:00+00', '10999-01-01T00:00:00Z'],
    ['100000-01-01 00:00:00+00', '100000-01-01T00:00:00Z'],
    ['2026-01-31T23:59:59+23:59', '2026-01-31T00:00:59Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
  ])('%s is %s', (text, expected) => {
    expect(reformatted(text)).toBe(expected);
  });

  test('digits beyond microseconds are truncated, before and after 1970', () => {
    expect(reformatted('2026-01-31T09:30:00.123456999Z')).toBe('2026-01-31T09:30:00.123456Z');
    expect(reformatted(`2026-01-31T09:30:00.${'9'.repeat(40)}Z`)).toBe('2026-01-31T09:30:00.999999Z');
    expect(reformatted('1960-01-31T09:30:00.1234569Z')).toBe('1960-01-31T09:30:00.123456Z');
  });

  test.each([
    '2026-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-32T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01T00:00:60Z',
    '2026-01-01T00:00:00',
    '2026-01-01',
    '2026-01-01T00:00Z',
    '2026-01-01T00:00:00+24:00',
    '2026-01-01T00:00:00+00:60',
    '26-01-01T00:00:00Z',
    '2026-01-01T00:00:00.Z',
    '1767225600',
    '',
    ' 2026-01-01T00:00:00Z',
    '2026-01-01T00:00:00Z ',
  ])('%j is none', (text) => {
    expect(parseInstant(text)).toBeNull();
  });

  test('days of a grant are 24 hours, whatever a zone does', () => {
    const day = 86_400_000_000n;
    expect(addDays24h(instantFromMicros(5n), 3)).toBe(3n * day + 5n);
  });

  test('is moved by whole seconds that a number holds exactly, anything else is a defect', () => {
    expect(addSeconds(instantFromMicros(5n), -2)).toBe(-1_999_995n);
    for (const seconds of [0.5, Number.NaN, 2 ** 53]) {
      expect(() => addSeconds(instantFromMicros(5n), seconds)).toThrow(RangeError);
    }
  });

  test('that is none stays none when written', () => {
    expect(formatInstant(null)).toBeNull();
  });
});

describe('of several instants', () => {
  const [early, middle, late] = [-1n, 0n, 1n].map(instantFromMicros) as [Instant, Instant, Instant];

  test('the latest and the earliest are found wherever they stand', () => {
    for (const [first, ...rest] of [
      [early, middle, late],
      [late, early, middle],
      [middle, late, early],
    ] as const) {
      expect(maxInstant(first, ...rest)).toBe(late);
      expect(minInstant(first, ...rest)).toBe(early);
    }
    expect([maxInstant(middle), minInstant(middle)]).toEqual([middle, middle]);
  });

  test('the earlier of two is found also where one or both are missing', () => {
    expect([earliestOf(early, late), earliestOf(late, early)]).toEqual([early, early]);
    expect([earliestOf(null, late), earliestOf(late, null), earliestOf(null, null)]).toEqual([late, late, null]);
  });

  test('the order is that of time', () => {
    expect([late, early, middle].toSorted(compareInstants)).toEqual([early, middle, late]);
    expect(compareInstants(middle, middle)).toBe(0);
  });
});
