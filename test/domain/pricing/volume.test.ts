import { describe, expect, test } from '@jest/globals';
import { type TierRow, volumeCharge } from './charges.ts';
import { lineAmountOf, priceOf, tiersTaken } from './price.ts';

const TIERS: readonly TierRow[] = [
  ['99', '0.1', '1'],
  ['199', '0.08', '2'],
  [null, '0.05'],
];

describe('volume', () => {
  test.each([
    ['0', '0'],
    ['0.5', '1.05'],
    ['99', '10.9'],
    ['99.000001', '9.92000008'],
    ['99.5', '9.96'],
    ['100', '10'],
    ['199', '17.92'],
    ['199.000001', '9.95000005'],
    ['200', '10'],
    ['123456789012345678901234567890', '6172839450617283945061728394.5'],
  ])('%s units cost %s: all at the price of the tier that contains them', (quantity, expected) => {
    expect(priceOf(volumeCharge(TIERS), quantity)).toBe(expected);
  });

  test.each([
    ['0.000000000000000000000000000001', '0.500000000000000000000000000000000000000001'],
    ['123456789012345678901234567889.123456789012', '123456789012345679.401234567889123456789012'],
    [
      '123456789012345678901234567889.123456789012000000000000000001',
      '246913578024691357802469135779.246913578024000000000000000002',
    ],
    ['999999999999999999999999999999.999999999999', '2000000000000000000000000000000.999999999998'],
  ])('tiers of 30 integer and 12 fraction digits are exact to the last one: %s units cost %s', (quantity, expected) => {
    const charge = volumeCharge([
      ['123456789012345678901234567889.123456789012', '0.000000000001', '0.5'],
      [null, '2', '1'],
    ]);
    expect(priceOf(charge, quantity)).toBe(expected);
  });

  test('bounds may be fractions', () => {
    const charge = volumeCharge([
      ['0.5', '1'],
      ['1.25', '2'],
      [null, '4'],
    ]);
    expect(['0.5', '0.500000000001', '1.25', '1.250000000001'].map((quantity) => priceOf(charge, quantity))).toEqual([
      '0.5',
      '1.000000000002',
      '2.5',
      '5.000000000004',
    ]);
  });

  test('no usage does not pay the first tier’s flat amount', () => {
    const charge = volumeCharge([[null, '1', '100']]);
    expect(priceOf(charge, '0')).toBe('0');
    expect(priceOf(charge, '0.000000000001')).toBe('100.000000000001');
  });

  test('only the one tier is told, with the whole quantity', () => {
    expect(tiersTaken(volumeCharge(TIERS), '0')).toEqual([]);
    expect(tiersTaken(volumeCharge(TIERS), '150')).toEqual([['199', '150', '14']]);
    expect(tiersTaken(volumeCharge(TIERS), '1000')).toEqual([[null, '1000', '50']]);
  });

  test.each([
    ['0.05', 'USD', '0.01'],
    ['0.05', 'JPY', '0'],
    ['0.005', 'KWD', '0.001'],
    ['0.0005', 'CLF', '0.0001'],
  ])('%s units at 0.1 are %s %s', (quantity, currency, expected) => {
    expect(lineAmountOf(volumeCharge([[null, '0.1']]), quantity, currency)).toBe(expected);
  });

  test('stored tiers that do not contain the quantity are a defect, not free usage', () => {
    expect(() => priceOf(volumeCharge([['10', '1']]), '11')).toThrow(RangeError);
  });
});
