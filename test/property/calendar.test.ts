import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { boundariesAfter, boundaryAfter } from '../../src/domain/calendar.ts';
import { instantFromMicros } from '../../src/domain/instant.ts';
import { BILLING_PERIODS } from '../../src/domain/plan.ts';
import { oracleBoundaries } from '../support/wall-clock.ts';

const ZONES = [
  'UTC',
  'America/New_York',
  'America/St_Johns',
  'America/Sao_Paulo',
  'America/Havana',
  'Europe/London',
  'Europe/Dublin',
  'Africa/Casablanca',
  'Asia/Kathmandu',
  'Asia/Gaza',
  'Asia/Tehran',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Chatham',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
  'Antarctica/Troll',
];

const micros = (from: string, to: string) =>
  fc.bigInt({ min: BigInt(Date.parse(from)) * 1000n, max: BigInt(Date.parse(to)) * 1000n }).map(instantFromMicros);

const rules = fc.record({
  anchorAt: fc.oneof(
    micros('1972-01-01T00:00:00Z', '2060-01-01T00:00:00Z'),
    // Half of them on whole hours near changes of clocks and days that Samoa skipped.
    fc
      .integer({ min: 0, max: 90 * 24 })
      .map((hours) => instantFromMicros(BigInt(hours) * 3_600_000_000n + 1_318_000_000_000_000n)),
  ),
  timezone: fc.constantFrom(...ZONES),
  billingPeriod: fc.constantFrom(...BILLING_PERIODS),
  intervalCount: fc.integer({ min: 1, max: 5 }),
});

const HORIZON = 40;

function distinct(boundaries: readonly bigint[]): bigint[] {
  return boundaries.filter((boundary, index) => index === 0 || boundary > (boundaries[index - 1] ?? boundary));
}

describe('boundaries', () => {
  test('are those that a brute-force calendar finds', () => {
    fc.assert(
      fc.property(rules, (rule) => {
        const expected = distinct(oracleBoundaries(rule, HORIZON));
        expect(boundariesAfter(rule, instantFromMicros(rule.anchorAt - 1n), expected.length)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test('tile time: every instant is before exactly one next boundary, whichever instant is asked about', () => {
    fc.assert(
      fc.property(
        rules,
        fc.integer({ min: 0, max: HORIZON - 2 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (rule, index, part) => {
          const boundaries = boundariesAfter(rule, instantFromMicros(rule.anchorAt - 1n), HORIZON);
          const start = boundaries[index] ?? rule.anchorAt;
          const end = boundaries[index + 1] ?? rule.anchorAt;
          expect(start < end).toBe(true);
          const inside = start + BigInt(Math.floor(Number(end - start) * part));
          for (const asked of [start, inside, end - 1n]) {
            expect(boundaryAfter(rule, instantFromMicros(asked))).toBe(end);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('of a hundred years ahead are found as surely as the next one', () => {
    fc.assert(
      fc.property(rules, micros('2060-01-01T00:00:00Z', '2160-01-01T00:00:00Z'), (rule, after) => {
        const boundary = boundaryAfter(rule, after);
        const before = boundaryAfter(rule, instantFromMicros(boundary - 1n));
        expect(boundary > after && before === boundary).toBe(true);
        expect(boundary - after < 5n * 367n * 86_400_000_000n).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
