import { describe, expect, test } from '@jest/globals';
import { perUnitCharge } from './charges.ts';
import { faultsOf, lineAmountOf, priceOf, tiersTaken } from './price.ts';

describe('per_unit', () => {
  test.each([
    ['0', '0.01', '0'],
    ['1', '0.01', '0.01'],
    ['3', '10.333333', '30.999999'],
    ['0.5', '0.000000000001', '0.0000000000005'],
    ['123456789012345678901234567890', '0.000000000001', '123456789012345678.90123456789'],
    ['12345678901234567890.123456', '2', '24691357802469135780.246912'],
  ])('%s units at %s cost %s before rounding', (quantity, unitAmount, expected) => {
    expect(priceOf(perUnitCharge(unitAmount), quantity)).toBe(expected);
  });

  test.each([
    ['3', '10.333333', 'USD', '31.00'],
    ['1', '0.005', 'USD', '0.01'],
    ['1', '0.004999999999', 'USD', '0.00'],
    ['5', '0.1', 'JPY', '1'],
    ['0.5', '0.001', 'KWD', '0.001'],
    ['0.5', '0.0001', 'CLF', '0.0001'],
  ])('%s units at %s are a line of %s %s', (quantity, unitAmount, currency, expected) => {
    expect(lineAmountOf(perUnitCharge(unitAmount), quantity, currency)).toBe(expected);
  });

  test('its price may be 0 but not negative, and it has no tiers', () => {
    expect(faultsOf(perUnitCharge('0'))).toEqual([]);
    expect(faultsOf(perUnitCharge('-1'))).toEqual([['unit_amount', 'too_small']]);
    expect(tiersTaken(perUnitCharge('1'), '7')).toEqual([]);
  });
});
