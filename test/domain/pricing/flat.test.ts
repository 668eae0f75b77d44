import { describe, expect, test } from '@jest/globals';
import { decimalText } from '../../../src/domain/decimal.ts';
import { flat } from '../../../src/domain/pricing/flat.ts';
import { flatCharge } from './charges.ts';
import { faultsOf, lineAmountOf, priceOf, tiersTaken } from './price.ts';

describe('flat', () => {
  test.each(['0', '1', '1000000'])('costs its amount whatever the quantity: %s', (quantity) => {
    expect(priceOf(flatCharge('49.99'), quantity)).toBe('49.99');
    expect(tiersTaken(flatCharge('49.99'), quantity)).toEqual([]);
  });

  test('draws no credits', () => {
    expect(Object.values(flat.creditUse(flatCharge('49.99'))).map(decimalText)).toEqual(['0', '0']);
  });

  test.each([
    ['0', 'USD', '0.00'],
    ['15.155', 'USD', '15.16'],
    ['15.5', 'JPY', '16'],
    ['15.0005', 'KWD', '15.001'],
    ['15.00005', 'CLF', '15.0001'],
    ['9'.repeat(30), 'USD', `${'9'.repeat(30)}.00`],
  ])('an amount of %s is %s %s', (amount, currency, expected) => {
    expect(lineAmountOf(flatCharge(amount), '0', currency)).toBe(expected);
  });

  test('a free one is allowed, a negative one is not', () => {
    expect(faultsOf(flatCharge('0'))).toEqual([]);
    expect(faultsOf(flatCharge('-0.01'))).toEqual([['amount', 'too_small']]);
  });

  test('charged when used, or filtered, it needs an event name to look at', () => {
    expect(faultsOf(flatCharge('1', { chargeWhen: 'used' }))).toEqual([['event_name', 'missing']]);
    expect(faultsOf(flatCharge('1', { filters: { region: ['eu'] } }))).toEqual([['event_name', 'missing']]);
    expect(faultsOf(flatCharge('1', { chargeWhen: 'used', eventName: 'call', filters: { region: ['eu'] } }))).toEqual(
      [],
    );
    expect(faultsOf(flatCharge('1', { eventName: 'call' }))).toEqual([]);
  });

  test('the fault tells what needs the event name', () => {
    const messages = [{ chargeWhen: 'used' }, { filters: { region: ['eu'] } }] as const;
    expect(messages.flatMap((rest) => flat.faults(flatCharge('1', rest))).map(({ message }) => message)).toEqual([
      'event_name is needed for charge_when "used".',
      'event_name is needed for filters.',
    ]);
  });
});
