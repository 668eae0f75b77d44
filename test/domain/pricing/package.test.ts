import { describe, expect, test } from '@jest/globals';
import { packageCharge } from './charges.ts';
import { faultsOf, lineAmountOf, priceOf, tiersTaken } from './price.ts';

describe('package', () => {
  test.each([
    ['0', '0'],
    ['0.000001', '5'],
    ['1', '5'],
    ['99.999999', '5'],
    ['100', '5'],
    ['100.000001', '10'],
    ['101', '10'],
    ['200', '10'],
    ['201', '15'],
    ['123456789012345678901234567890', '6172839450617283945061728395'],
  ])('%s units in packages of 100 at 5 cost %s: a package begun is a package paid', (quantity, expected) => {
    expect(priceOf(packageCharge({ size: '100', amount: '5' }), quantity)).toBe(expected);
  });

  test.each([
    ['0', '0'],
    ['49', '0'],
    ['50', '0'],
    ['50.5', '5'],
    ['150', '5'],
    ['151', '10'],
  ])('with 50 free units, %s units cost %s', (quantity, expected) => {
    expect(priceOf(packageCharge({ size: '100', amount: '5', free: '50' }), quantity)).toBe(expected);
  });

  test.each([
    ['0', '0'],
    ['2.5', '0'],
    ['2.500000000001', '1'],
    ['3.75', '1'],
    ['3.750000000001', '2'],
    ['5', '2'],
    ['123456789012345678901234567890', '98765431209876543120987654310'],
  ])('with 2.5 free units, %s units in packages of 1.25 cost %s', (quantity, expected) => {
    expect(priceOf(packageCharge({ size: '1.25', amount: '1', free: '2.5' }), quantity)).toBe(expected);
  });

  test.each([
    ['0.3', '0.1', '3'],
    ['0.30000001', '0.1', '4'],
    ['1', '0.3', '4'],
    ['0.9', '0.3', '3'],
    [`1${'0'.repeat(59)}`, '0.000000000001', `1${'0'.repeat(71)}`],
  ])('%s units in packages of %s at 1 cost %s', (quantity, size, expected) => {
    expect(priceOf(packageCharge({ size, amount: '1' }), quantity)).toBe(expected);
  });

  test.each([
    ['0.335', 'USD', '1.01'],
    ['0.5', 'JPY', '2'],
    ['0.0005', 'KWD', '0.002'],
    ['0.00015', 'CLF', '0.0005'],
  ])('three packages at %s are %s %s', (amount, currency, expected) => {
    expect(lineAmountOf(packageCharge({ size: '1', amount }), '3', currency)).toBe(expected);
  });

  test('a size of 0 has no meaning, nor has a negative price or a negative number of free units', () => {
    expect(faultsOf(packageCharge({ size: '0', amount: '0', free: '0' }))).toEqual([['package_size', 'too_small']]);
    expect(faultsOf(packageCharge({ size: '-1', amount: '-1', free: '-1' }))).toEqual([
      ['package_size', 'too_small'],
      ['package_amount', 'too_small'],
      ['free_units', 'too_small'],
    ]);
    expect(faultsOf(packageCharge({ size: '0.000000000001', amount: '0' }))).toEqual([]);
  });

  test('it has no tiers', () => {
    expect(tiersTaken(packageCharge({ size: '1', amount: '1' }), '7')).toEqual([]);
  });
});
