import { describe, expect, test } from '@jest/globals';
import { decimalText } from '../../../src/domain/decimal.ts';
import { pricingRules } from '../../../src/domain/pricing/registry.ts';
import { creditCharge } from './charges.ts';
import { faultsOf, lineAmountOf, priceOf, tiersTaken } from './price.ts';

describe('credit', () => {
  test.each([
    ['0', '0'],
    ['1', '0.02'],
    ['0.5', '0.01'],
    ['123456789012345678901234567890', '2469135780246913578024691357.8'],
  ])('%s credits that no grant covered cost %s', (credits, expected) => {
    expect(priceOf(creditCharge({ unitAmount: '0.02', perUnit: '7' }), credits)).toBe(expected);
    expect(tiersTaken(creditCharge({ unitAmount: '0.02' }), credits)).toEqual([]);
  });

  test.each([
    ['0.25', 'USD', '0.01'],
    ['24.9', 'JPY', '0'],
    ['25', 'JPY', '1'],
    ['0.025', 'KWD', '0.001'],
    ['0.0025', 'CLF', '0.0001'],
  ])('%s credits at 0.02 are %s %s', (credits, currency, expected) => {
    expect(lineAmountOf(creditCharge({ unitAmount: '0.02' }), credits, currency)).toBe(expected);
  });

  test('one unit of usage draws credits_per_unit credits', () => {
    const charge = creditCharge({ unitAmount: '1', perUnit: '0.3' });
    expect(decimalText(pricingRules('credit').creditUse(charge).perUnit)).toBe('0.3');
  });

  test('credits_per_unit is above 0, the price not negative', () => {
    expect(faultsOf(creditCharge({ unitAmount: '0', perUnit: '0.001' }))).toEqual([]);
    expect(faultsOf(creditCharge({ unitAmount: '-1', perUnit: '0' }))).toEqual([
      ['credits_per_unit', 'too_small'],
      ['unit_amount', 'too_small'],
    ]);
  });
});
