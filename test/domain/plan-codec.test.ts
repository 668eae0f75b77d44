import { describe, expect, test } from '@jest/globals';
import type { ChargeJson } from '../../src/domain/charge-json.ts';
import type { Charge } from '../../src/domain/plan.ts';
import { chargeFromJson, chargeToJson } from '../../src/domain/plan-codec.ts';
import {
  creditCharge,
  flatCharge,
  graduatedCharge,
  packageCharge,
  perUnitCharge,
  text,
  volumeCharge,
} from './pricing/charges.ts';

const SUM = {
  aggregation: { type: 'sum', property: 'tokens' },
  filters: { region: ['eu', 'us'] },
  name: 'Tokens',
} as const;

const CHARGES: readonly Charge[] = [
  flatCharge('10.5'),
  flatCharge('10.5', { billIn: 'advance' }),
  flatCharge('1', { chargeWhen: 'used', eventName: 'seat', filters: { kind: ['full'] } }),
  perUnitCharge('0.000000000001', SUM),
  graduatedCharge(
    [
      ['1000', '0.01'],
      [null, '0.005', '5'],
    ],
    SUM,
  ),
  volumeCharge([[null, '1', '2']], { minimumAmount: text('0.5'), maximumAmount: null }),
  packageCharge({ size: '100', amount: '5', free: '50' }, { minimumAmount: text('0'), maximumAmount: text('99.99') }),
  perUnitCharge('1', { aggregation: { type: 'unique_count', property: 'user' } }),
  creditCharge({ perUnit: '2.5', unitAmount: '0.02' }),
];

describe.each(CHARGES.map((charge) => [charge.pricingModel, charge] as const))('a %s charge', (_, charge) => {
  test('comes back from storage as it was', () => {
    expect(chargeFromJson(JSON.parse(JSON.stringify(chargeToJson(charge))))).toEqual(charge);
  });

  test('has every field on the wire, null where it is not of its model', () => {
    expect(Object.keys(chargeToJson(charge))).toEqual([
      'id',
      'name',
      'event_name',
      'pricing_model',
      'aggregation',
      'filters',
      'tiers',
      'amount',
      'unit_amount',
      'package_size',
      'package_amount',
      'free_units',
      'credits_per_unit',
      'bill_in',
      'charge_when',
      'minimum_amount',
      'maximum_amount',
    ]);
    expect(Object.values(chargeToJson(charge))).not.toContain(undefined);
  });
});

test('a graduated charge looks as the reference shows it', () => {
  const charge = graduatedCharge(
    [
      ['1000', '0.01'],
      [null, '0.005', '5'],
    ],
    SUM,
  );
  expect(chargeToJson(charge)).toEqual({
    id: 'chg_graduated',
    name: 'Tokens',
    event_name: 'api_call',
    pricing_model: 'graduated',
    aggregation: { type: 'sum', property: 'tokens' },
    filters: { region: ['eu', 'us'] },
    tiers: [
      { up_to: '1000', unit_amount: '0.01', flat_amount: '0' },
      { up_to: null, unit_amount: '0.005', flat_amount: '5' },
    ],
    amount: null,
    unit_amount: null,
    package_size: null,
    package_amount: null,
    free_units: null,
    credits_per_unit: null,
    bill_in: null,
    charge_when: null,
    minimum_amount: null,
    maximum_amount: null,
  });
});

test('a charge that was stored before there were minimums and maximums has none', () => {
  const { minimum_amount: _minimum, maximum_amount: _maximum, ...old } = chargeToJson(perUnitCharge('1'));
  expect(chargeFromJson(old as ChargeJson)).toEqual(perUnitCharge('1'));
});

test('a stored charge without a field of its model is a defect, not a price of nothing', () => {
  const damaged = { ...chargeToJson(perUnitCharge('1')), unit_amount: null };
  expect(() => chargeFromJson(damaged)).toThrow('charge chg_per_unit has no unit_amount');
  const { unit_amount: _absent, ...truncated } = damaged;
  expect(() => chargeFromJson(truncated as ChargeJson)).toThrow('charge chg_per_unit has no unit_amount');
});
