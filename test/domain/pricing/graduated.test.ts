import { describe, expect, test } from '@jest/globals';
import { graduatedCharge, type TierRow } from './charges.ts';
import { lineAmountOf, priceOf, tiersTaken } from './price.ts';

const TIERS: readonly TierRow[] = [
  ['1000', '0.01'],
  ['5000', '0.005', '5'],
  [null, '0.001', '7'],
];

describe('graduated', () => {
  test.each([
    ['0', '0'],
    ['0.5', '0.005'],
    ['1', '0.01'],
    ['999', '9.99'],
    ['1000', '10'],
    ['1000.000001', '15.000000005'],
    ['1000.5', '15.0025'],
    ['1001', '15.005'],
    ['5000', '35'],
    ['5000.000001', '42.000000001'],
    ['5001', '42.001'],
    ['123456789012345678901234567890', '123456789012345678901234604.89'],
  ])('%s units cost %s: each unit in its tier, a flat amount when its tier is entered', (quantity, expected) => {
    expect(priceOf(graduatedCharge(TIERS), quantity)).toBe(expected);
  });

  test.each([
    ['0.000000000000000000000000000001', '0.500000000000000000000000000000000000000001'],
    ['123456789012345678901234567889.123456789012', '123456789012345679.401234567889123456789012'],
    [
      '123456789012345678901234567889.123456789012000000000000000001',
      '123456789012345680.401234567889123456789012000002',
    ],
    ['999999999999999999999999999999.999999999999', '1753086421975432098986543209902.154320989863123456789012'],
  ])('tiers of 30 integer and 12 fraction digits are exact to the last one: %s units cost %s', (quantity, expected) => {
    const charge = graduatedCharge([
      ['123456789012345678901234567889.123456789012', '0.000000000001', '0.5'],
      [null, '2', '1'],
    ]);
    expect(priceOf(charge, quantity)).toBe(expected);
  });

  test('only the tiers that were entered are told, with their part of the quantity', () => {
    const charge = graduatedCharge(TIERS);
    expect(tiersTaken(charge, '0')).toEqual([]);
    expect(tiersTaken(charge, '1000')).toEqual([['1000', '1000', '10']]);
    expect(tiersTaken(charge, '1500.25')).toEqual([
      ['1000', '1000', '10'],
      ['5000', '500.25', '7.50125'],
    ]);
    expect(tiersTaken(charge, '6000')).toEqual([
      ['1000', '1000', '10'],
      ['5000', '4000', '25'],
      [null, '1000', '8'],
    ]);
  });

  test('no usage does not pay the first tier’s flat amount', () => {
    const charge = graduatedCharge([[null, '1', '100']]);
    expect(priceOf(charge, '0')).toBe('0');
    expect(priceOf(charge, '0.000000000001')).toBe('100.000000000001');
  });

  test('bounds may be fractions', () => {
    const charge = graduatedCharge([
      ['0.5', '1'],
      ['1.25', '2'],
      [null, '4'],
    ]);
    expect(['0.5', '0.6', '1.25', '1.26'].map((quantity) => priceOf(charge, quantity))).toEqual([
      '0.5',
      '0.7',
      '2',
      '2.04',
    ]);
  });

  test.each([
    ['USD', '0.01'],
    ['JPY', '0'],
    ['KWD', '0.005'],
    ['CLF', '0.0050'],
  ])('in %s it is rounded once, after the sum over tiers: %s', (currency, expected) => {
    // Two tiers of 0.0025 each: rounded by tier they would vanish in dollars.
    const charge = graduatedCharge([
      ['1', '0.0025'],
      [null, '0.0025'],
    ]);
    expect(lineAmountOf(charge, '2', currency)).toBe(expected);
  });

  test('stored tiers that do not reach the quantity are a defect, not free usage', () => {
    expect(() => priceOf(graduatedCharge([['10', '1']]), '11')).toThrow(RangeError);
  });
});
