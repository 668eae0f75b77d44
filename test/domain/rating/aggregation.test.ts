import { describe, expect, test } from '@jest/globals';
import { decimal, decimalText } from '../../../src/domain/decimal.ts';
import type { Aggregation, AggregationType } from '../../../src/domain/plan.ts';
import type { GrantView } from '../../../src/domain/rating/model.ts';
import { averageOf } from '../../../src/domain/rating/aggregation.ts';
import { usageCuts } from '../../../src/domain/rating/usage-cuts.ts';
import { creditCharge, packageCharge, perUnitCharge } from '../pricing/charges.ts';
import { amounts, day, draws, grant, month, piece, quantities, rate } from './rate.ts';

const UNCUT = ['max', 'latest', 'unique_count', 'average'] as const;

const over = (type: Exclude<AggregationType, 'count'>): Aggregation => ({ type, property: 'seats' });
const seats = (aggregation: Aggregation) => perUnitCharge('1', { id: 'seats', eventName: 'seat', aggregation });
const BEFORE_END = day(30 - 1 / 24);

describe.each(UNCUT)('%s has one quantity for the whole period', (type) => {
  const charge = seats(over(type));

  test('so it is read in one piece, wherever grants start and end', () => {
    const grants = [grant('a', '1', { effectiveAt: day(5), endsAt: day(20) })];
    const cuts = { grants, period: month(), subscriptionId: 'sub_1' };
    expect(usageCuts({ charge, ...cuts })).toEqual([day(0), day(30)]);
    expect(usageCuts({ charge: seats(over('sum')), ...cuts })).toHaveLength(4);
  });

  test('and usage that was read in pieces is a defect, not a quantity', () => {
    const usage = {
      seats: [
        [0, 10, '4'],
        [10, 30, '5'],
      ],
    } as const;
    expect(() => rate({ charges: [charge], usage })).toThrow(RangeError);
  });

  test.each<[string, Partial<GrantView>, string]>([
    ['in force all the time', {}, '10'],
    ['that started in the middle', { effectiveAt: day(15) }, '10'],
    ['that started just before the end', { effectiveAt: BEFORE_END }, '10'],
    ['that starts when the period ends', { effectiveAt: day(30) }, '0'],
    ['that ended in the middle', { endsAt: day(15) }, '0'],
    ['that ended just before the end', { endsAt: BEFORE_END }, '0'],
    ['that ends with the period', { endsAt: day(30) }, '10'],
    ['revoked before it was to start', { effectiveAt: day(20), endsAt: day(10) }, '0'],
  ])('a grant %s covers it or not at all', (_, time, credited) => {
    const invoice = rate({ charges: [charge], usage: { seats: '10' }, grants: [grant('g', '100', time)] });
    expect(quantities(invoice, 'seats')[1]).toBe(credited);
  });

  test('for an interim the trigger is the last instant', () => {
    const grants = [grant('g', '4', { effectiveAt: day(15) })];
    const until = (end: number) =>
      rate({ charges: [charge], usage: { seats: '10' }, grants, period: month(0, end), kind: 'interim' });
    expect(quantities(until(15), 'seats')).toEqual(['10', '0', '10']);
    expect(quantities(until(16), 'seats')).toEqual(['10', '4', '6']);
  });

  test('a negative one is billed as 0, draws nothing and is reported', () => {
    const invoice = rate({ charges: [charge], usage: { seats: '-2.5' }, grants: [grant('g', '4')] });
    expect([amounts(invoice), draws(invoice)]).toEqual([[['seats', '0']], []]);
    expect(invoice.issues).toEqual([
      { code: 'negative_usage', chargeId: 'seats', message: 'The usage of seat is -2.5 and is billed as 0.' },
    ]);
  });
});

test('several grants cover what can’t be cut in the order of draws, up to what is not free', () => {
  const packages = packageCharge(
    { size: '1', amount: '1', free: '2.5' },
    { id: 'seats', aggregation: over('average') },
  );
  const grants = [
    grant('later', '100'),
    grant('over', '100', { endsAt: day(29) }),
    grant('first', '3', { endsAt: day(30) }),
    grant('other', '100', { eventNames: ['job'], priority: 1 }),
  ];
  const invoice = rate({ charges: [packages], usage: { seats: '10.25' }, grants });
  expect(draws(invoice)).toEqual([
    ['first', 'seats', '3'],
    ['later', 'seats', '4.75'],
  ]);
});

test('a credit charge draws credits_per_unit for each unit of what can’t be cut', () => {
  const charge = creditCharge({ perUnit: '2.5', unitAmount: '0.1' }, { id: 'seats', aggregation: over('max') });
  const invoice = rate({ charges: [charge], usage: { seats: '4' }, grants: [grant('g', '7')] });
  expect(quantities(invoice, 'seats')).toEqual(['10', '7', '3']);
});

test('a charge that is cut and one that is not draw from one grant in plan order', () => {
  const calls = perUnitCharge('1', { id: 'calls' });
  const grants = [grant('g', '12', { effectiveAt: day(10) })];
  const usage = {
    calls: [
      [0, 10, '5'],
      [10, 30, '5'],
    ],
    seats: '10',
  } as const;
  const drawn = (...charges: Parameters<typeof rate>[0]['charges'][number][]) =>
    draws(rate({ charges, usage, grants }));
  expect(drawn(calls, seats(over('latest')))).toEqual([
    ['g', 'calls', '5'],
    ['g', 'seats', '7'],
  ]);
  expect(drawn(seats(over('latest')), calls)).toEqual([
    ['g', 'seats', '10'],
    ['g', 'calls', '2'],
  ]);
});

test.each([
  ['10', 4n, '2.5'],
  ['1', 3n, '0.333333333333'],
  ['2', 3n, '0.666666666667'],
  ['-2', 3n, '-0.666666666667'],
  ['0.000000000001', 2n, '0.000000000001'],
  ['-0.000000000001', 2n, '-0.000000000001'],
  ['0.000000000001', 3n, '0'],
  ['-0.000000000001', 3n, '0'],
  // Just below and above a tie, by the last of 30 decimals.
  ['0.000000000000999999999999999999', 2n, '0'],
  ['0.000000000001000000000000000001', 2n, '0.000000000001'],
  // Less than 10^-40 below a tie: a quotient rounded to 40 decimals would be the tie.
  ['149999.999999999999999999999999999999', 100_000_000_000_000_000n, '0.000000000001'],
  [`${'9'.repeat(30)}.${'9'.repeat(30)}`, 1n, `1${'0'.repeat(30)}`],
  [`${'9'.repeat(30)}.${'9'.repeat(12)}`, 1n, `${'9'.repeat(30)}.${'9'.repeat(12)}`],
])('the average of %s over %s events is %s', (sum, count, average) => {
  expect(decimalText(averageOf(decimal(sum), count))).toBe(average);
});

test('unusable values of a piece are reported for every aggregation over numbers', () => {
  const usage = { seats: [piece([0, 30, '3'], { unusableCount: 1, missingCount: 4 })] };
  expect(rate({ charges: [seats(over('max'))], usage }).issues).toEqual([
    {
      code: 'unusable_value',
      chargeId: 'seats',
      message: 'seat leaves out 1 event whose seats is no number within the limits.',
    },
  ]);
});
