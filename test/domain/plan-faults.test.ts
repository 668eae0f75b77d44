import { describe, expect, test } from '@jest/globals';
import type { Charge } from '../../src/domain/plan.ts';
import { chargeFaults } from '../../src/domain/plan-faults.ts';
import {
  creditCharge,
  flatCharge,
  graduatedCharge,
  packageCharge,
  perUnitCharge,
  text,
  type TierRow,
  volumeCharge,
} from './pricing/charges.ts';

const faults = (...charges: Charge[]) => chargeFaults(charges).map(({ param, code }) => [param, code]);

describe.each([
  ['graduated', graduatedCharge],
  ['volume', volumeCharge],
] as const)('tiers of %s', (_, chargeOf) => {
  test.each<[string, readonly TierRow[], string, string]>([
    ['no tiers', [], 'tiers', 'too_few'],
    ['a bounded last tier', [['10', '1']], 'tiers[0].up_to', 'bounded_last_tier'],
    [
      'an open tier before the last',
      [
        [null, '1'],
        [null, '1'],
      ],
      'tiers[0].up_to',
      'open_tier',
    ],
    [
      'unsorted bounds',
      [
        ['10', '1'],
        ['5', '1'],
        [null, '1'],
      ],
      'tiers[1].up_to',
      'tiers_not_ascending',
    ],
    [
      'repeated bounds',
      [
        ['10', '1'],
        ['10.0', '1'],
        [null, '1'],
      ],
      'tiers[1].up_to',
      'tiers_not_ascending',
    ],
    [
      'bounds that only texts would sort',
      [
        ['9', '1'],
        ['10', '1'],
        ['9.5', '1'],
        [null, '1'],
      ],
      'tiers[2].up_to',
      'tiers_not_ascending',
    ],
    [
      'a bound of 0',
      [
        ['0', '1'],
        [null, '1'],
      ],
      'tiers[0].up_to',
      'too_small',
    ],
    [
      'a negative bound',
      [
        ['-5', '1'],
        [null, '1'],
      ],
      'tiers[0].up_to',
      'too_small',
    ],
    ['a negative price', [[null, '-0.01']], 'tiers[0].unit_amount', 'too_small'],
    ['a negative flat amount', [[null, '0', '-0.01']], 'tiers[0].flat_amount', 'too_small'],
  ])('%s is refused by its path', (_title, rows, path, code) => {
    expect(faults(flatCharge('1'), chargeOf(rows))).toEqual([[`charges[1].${path}`, code]]);
  });

  test('100 tiers are allowed, 101 are not', () => {
    const rows = (count: number): TierRow[] =>
      Array.from({ length: count }, (_each, index) => [index === count - 1 ? null : String(index + 1), '1']);
    expect(faults(chargeOf(rows(100)))).toEqual([]);
    expect(faults(chargeOf(rows(101)))).toEqual([['charges[0].tiers', 'too_many']]);
  });

  test('every fault is named at once', () => {
    expect(
      faults(
        chargeOf([
          ['-1', '-1'],
          ['-2', '1'],
        ]),
      ),
    ).toEqual([
      ['charges[0].tiers[0].up_to', 'too_small'],
      ['charges[0].tiers[0].unit_amount', 'too_small'],
      ['charges[0].tiers[1].up_to', 'too_small'],
      ['charges[0].tiers[1].up_to', 'tiers_not_ascending'],
      ['charges[0].tiers[1].up_to', 'bounded_last_tier'],
    ]);
  });
});

describe('charges of a plan', () => {
  test('one of each model is sound', () => {
    const sound = [
      flatCharge('10'),
      perUnitCharge('1', { aggregation: { type: 'sum', property: 'tokens' } }),
      graduatedCharge([
        ['1', '1'],
        ['1.5', '2'],
        [null, '3'],
      ]),
      volumeCharge([[null, '1']]),
      packageCharge({ size: '100', amount: '5' }),
      creditCharge({ unitAmount: '1' }),
    ];
    expect(faults(...sound)).toEqual([]);
  });

  test('a plan has at least one charge and at most 200', () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, index) => perUnitCharge('1', { id: `chg_${index}` }));
    expect(faults()).toEqual([['charges', 'too_few']]);
    expect(faults(...many(200))).toEqual([]);
    expect(faults(...many(201))).toEqual([['charges', 'too_many']]);
  });

  test('an id stands for one charge', () => {
    expect(faults(perUnitCharge('1'), flatCharge('1'), perUnitCharge('2'))).toEqual([['charges[2].id', 'duplicate']]);
  });

  test('several charges may count the same event', () => {
    expect(faults(perUnitCharge('1'), creditCharge({ unitAmount: '1' }))).toEqual([]);
  });

  test.each(['sum', 'max', 'latest', 'unique_count', 'average'] as const)('%s names its property', (type) => {
    expect(faults(perUnitCharge('1', { aggregation: { type, property: '' } }))).toEqual([
      ['charges[0].aggregation.property', 'missing'],
    ]);
  });

  test.each<[string | null, string | null, string[][]]>([
    ['0', null, []],
    [null, '0', []],
    ['5', '5.00', []],
    ['5', '4.999999999999', [['charges[0].maximum_amount', 'too_small']]],
    // Compared as numbers: as texts 10 would be below 9.
    ['9', '10', []],
    [
      '-1',
      '-2',
      [
        ['charges[0].minimum_amount', 'too_small'],
        ['charges[0].maximum_amount', 'too_small'],
        ['charges[0].maximum_amount', 'too_small'],
      ],
    ],
  ])('a minimum of %p and a maximum of %p', (minimum, maximum, expected) => {
    const bounds = {
      minimumAmount: minimum === null ? null : text(minimum),
      maximumAmount: maximum === null ? null : text(maximum),
    };
    expect(faults(perUnitCharge('1', bounds))).toEqual(expected);
  });

  test('a flat is billed in advance whatever the usage, for nobody knows that when a period opens', () => {
    expect(faults(flatCharge('1', { billIn: 'advance' }))).toEqual([]);
    const whenUsed = flatCharge('1', { billIn: 'advance', chargeWhen: 'used', eventName: 'seat' });
    expect(faults(whenUsed)).toEqual([['charges[0].bill_in', 'invalid_value']]);
  });

  test('a message begins with the path of its field', () => {
    expect(chargeFaults([perUnitCharge('-1')])[0]?.message).toBe('charges[0].unit_amount must not be negative.');
  });
});
