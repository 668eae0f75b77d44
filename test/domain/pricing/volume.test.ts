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
