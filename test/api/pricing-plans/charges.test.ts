import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const TIERS = [
  { up_to: '1000', unit_amount: '0.01', flat_amount: '0' },
  { up_to: null, unit_amount: '0.005', flat_amount: '5' },
];

/** As every charge is answered: fields of other models are null. */
const EMPTY = {
  name: null,
  event_name: 'e',
  aggregation: { type: 'count', property: null },
  filters: {},
  tiers: null,
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
};

const plan = (...charges: unknown[]) => api.call('POST', '/pricing-plans', { name: 'p', charges });

describe('a charge of each pricing model is answered whole', () => {
  test.each([
    [
      'flat',
      { pricing_model: 'flat', amount: 49.5 },
      { event_name: null, aggregation: null, amount: '49.5', bill_in: 'arrears', charge_when: 'always' },
    ],
    [
      'flat in advance',
      { pricing_model: 'flat', amount: '49', bill_in: 'advance' },
      { event_name: null, aggregation: null, amount: '49', bill_in: 'advance', charge_when: 'always' },
    ],
    [
      'flat when used',
      { pricing_model: 'flat', amount: '1.10', event_name: 'e', charge_when: 'used', filters: { a: ['x'] } },
      { aggregation: null, amount: '1.1', bill_in: 'arrears', charge_when: 'used', filters: { a: ['x'] } },
    ],
    [
      'per_unit',
      { pricing_model: 'per_unit', event_name: 'e', unit_amount: 0.000000000001, name: 'N' },
      { unit_amount: '0.000000000001', name: 'N' },
    ],
    ['graduated', { pricing_model: 'graduated', event_name: 'e', tiers: TIERS }, { tiers: TIERS }],
    [
      'volume',
      {
        pricing_model: 'volume',
        event_name: 'e',
        aggregation: { type: 'sum', property: 'tokens' },
        tiers: [
          { up_to: 10, unit_amount: 2 },
          { up_to: null, flat_amount: 7 },
        ],
      },
      {
        aggregation: { type: 'sum', property: 'tokens' },
        tiers: [
          { up_to: '10', unit_amount: '2', flat_amount: '0' },
          { up_to: null, unit_amount: '0', flat_amount: '7' },
        ],
      },
    ],
    [
      'per_unit with bounds',
      { pricing_model: 'per_unit', event_name: 'e', unit_amount: 1, minimum_amount: 0.5, maximum_amount: '10.00' },
      { unit_amount: '1', minimum_amount: '0.5', maximum_amount: '10' },
    ],
    [
      'package',
      { pricing_model: 'package', event_name: 'e', package_size: 100, package_amount: '5' },
      { package_size: '100', package_amount: '5', free_units: '0' },
    ],
    [
      'credit',
      { pricing_model: 'credit', event_name: 'e', unit_amount: '0.02' },
      { unit_amount: '0.02', credits_per_unit: '1' },
    ],
  ])('%s', async (_, sent, expected) => {
    const reply = await plan(sent);
    expect(reply.status).toBe(201);
    const [charge] = reply.body.charges;
    expect(charge).toEqual({
      ...EMPTY,
      pricing_model: sent.pricing_model,
      ...expected,
      id: expect.stringMatching(/^chg_[0-9a-z]{26}$/),
    });
    const { id: _id, ...again } = charge;
    const copy = await plan(again);
    expect(copy.status).toBe(201);
    expect(copy.body.charges[0]).toEqual({ ...charge, id: copy.body.charges[0].id });
  });
});

test.each(['sum', 'max', 'latest', 'unique_count', 'average'])('%s aggregates a property', async (type) => {
  const aggregation = { type, property: 'seats' };
  const reply = await plan({ pricing_model: 'per_unit', event_name: 'e', unit_amount: 1, aggregation });
  expect([reply.status, reply.body.charges?.[0].aggregation]).toEqual([201, aggregation]);
  const without = await plan({ pricing_model: 'per_unit', event_name: 'e', unit_amount: 1, aggregation: { type } });
  expect(without.body.error.details).toMatchObject([{ param: 'charges[0].aggregation.property', code: 'missing' }]);
});

test('prices keep every digit that JSON writes, as a number or as a string', async () => {
  const prices = ['123456789012345678901234567890.123456789012', '0.100000000001', '1e-7', '1E2'];
  const charges = prices.map((price) => `{"pricing_model":"flat","amount":${price}}`).join(',');
  const reply = await api.send('POST', '/v1/pricing-plans', `{"name":"exact","charges":[${charges}]}`);
  expect(reply.status).toBe(201);
  expect(reply.body.charges.map((charge: { amount: string }) => charge.amount)).toEqual([
    '123456789012345678901234567890.123456789012',
    '0.100000000001',
    '0.0000001',
    '100',
  ]);
  const read = await api.call('GET', `/pricing-plans/${reply.body.id}`);
  expect(read.body).toEqual(reply.body);
});

const flat = (fields: object) => ({ pricing_model: 'flat', amount: 1, ...fields });
const perUnit = (fields: object) => ({ pricing_model: 'per_unit', event_name: 'e', unit_amount: 1, ...fields });
const tiered = (...tiers: unknown[]) => ({ pricing_model: 'graduated', event_name: 'e', tiers });

describe('400 with the path of the fault', () => {
  test.each<[string, unknown, string, string]>([
    ['no model', {}, 'charges[0].pricing_model', 'missing'],
    ['an unknown model', { pricing_model: 'magic' }, 'charges[0].pricing_model', 'invalid_value'],
    ['no object', 7, 'charges[0]', 'wrong_type'],
    ['a field of another model', flat({ tiers: TIERS }), 'charges[0].tiers', 'unknown_field'],
    ['a misspelled field', flat({ amonut: 1 }), 'charges[0].amonut', 'unknown_field'],
    ['an id that this plan does not have', flat({ id: 'chg_x' }), 'charges[0].id', 'unknown_name'],
    [
      'an advance flat that is charged when used',
      flat({ bill_in: 'advance', charge_when: 'used', event_name: 'e' }),
      'charges[0].bill_in',
      'invalid_value',
    ],
    ['billed never', flat({ bill_in: 'never' }), 'charges[0].bill_in', 'invalid_value'],
    ['a usage charge in advance', perUnit({ bill_in: 'advance' }), 'charges[0].bill_in', 'unknown_field'],
    ['a minimum of a flat', flat({ minimum_amount: '5' }), 'charges[0].minimum_amount', 'unknown_field'],
    ['a maximum of a flat', flat({ maximum_amount: '5' }), 'charges[0].maximum_amount', 'unknown_field'],
    ['a negative minimum', perUnit({ minimum_amount: '-5' }), 'charges[0].minimum_amount', 'too_small'],
    ['a minimum that is none', perUnit({ minimum_amount: 'all' }), 'charges[0].minimum_amount', 'not_a_decimal'],
    [
      'a maximum of 31 digits',
      perUnit({ maximum_amount: '1'.repeat(31) }),
      'charges[0].maximum_amount',
      'not_a_decimal',
    ],
    [
      'a maximum below the minimum',
      perUnit({ minimum_amount: '10', maximum_amount: '9.99' }),
      'charges[0].maximum_amount',
      'too_small',
    ],
    [
      'no aggregation at all',
      perUnit({ aggregation: { type: 'median' } }),
      'charges[0].aggregation.type',
      'invalid_value',
    ],
    ['an aggregation that is none', perUnit({ aggregation: 'sum' }), 'charges[0].aggregation', 'wrong_type'],
    ['an aggregation without type', perUnit({ aggregation: {} }), 'charges[0].aggregation.type', 'missing'],
    ['a sum of nothing', perUnit({ aggregation: { type: 'sum' } }), 'charges[0].aggregation.property', 'missing'],
    [
      'a count of a property',
      perUnit({ aggregation: { type: 'count', property: 'x' } }),
      'charges[0].aggregation.property',
      'invalid_value',
    ],
    ['filters that are no lists', perUnit({ filters: { region: 'eu' } }), 'charges[0].filters.region', 'wrong_type'],
    ['an empty filter', perUnit({ filters: { region: [] } }), 'charges[0].filters.region', 'too_few'],
    ['used without an event', flat({ charge_when: 'used' }), 'charges[0].event_name', 'missing'],
    ['no tiers', tiered(), 'charges[0].tiers', 'too_few'],
    ['a bounded last tier', tiered({ up_to: 5, unit_amount: 1 }), 'charges[0].tiers[0].up_to', 'bounded_last_tier'],
    ['a tier without a bound', tiered({ unit_amount: 1 }), 'charges[0].tiers[0].up_to', 'missing'],
    ['a tier without a price', tiered({ up_to: null }), 'charges[0].tiers[0].unit_amount', 'missing'],
    [
      'tiers out of order',
      tiered({ up_to: 5, unit_amount: 1 }, { up_to: 5, unit_amount: 1 }, { up_to: null, unit_amount: 1 }),
      'charges[0].tiers[1].up_to',
      'tiers_not_ascending',
    ],
    [
      'a bound of 0',
      tiered({ up_to: 0, unit_amount: 1 }, { up_to: null, unit_amount: 1 }),
      'charges[0].tiers[0].up_to',
      'too_small',
    ],
    ['a negative price', perUnit({ unit_amount: -1 }), 'charges[0].unit_amount', 'too_small'],
    ['a price in an exponent string', perUnit({ unit_amount: '1e3' }), 'charges[0].unit_amount', 'not_a_decimal'],
    ['a hexadecimal price', perUnit({ unit_amount: '0x1f' }), 'charges[0].unit_amount', 'not_a_decimal'],
    ['an underscored price', perUnit({ unit_amount: '1_000' }), 'charges[0].unit_amount', 'not_a_decimal'],
    ['NaN', perUnit({ unit_amount: 'NaN' }), 'charges[0].unit_amount', 'not_a_decimal'],
    ['13 decimals', perUnit({ unit_amount: '0.0000000000001' }), 'charges[0].unit_amount', 'not_a_decimal'],
    ['31 integer digits', perUnit({ unit_amount: '1'.repeat(31) }), 'charges[0].unit_amount', 'not_a_decimal'],
    ['a boolean price', perUnit({ unit_amount: true }), 'charges[0].unit_amount', 'wrong_type'],
    ['no price', { pricing_model: 'per_unit', event_name: 'e' }, 'charges[0].unit_amount', 'missing'],
    [
      'a package of 0',
      { pricing_model: 'package', event_name: 'e', package_size: 0, package_amount: 1 },
      'charges[0].package_size',
      'too_small',
    ],
    [
      'credits of 0',
      { pricing_model: 'credit', event_name: 'e', unit_amount: 1, credits_per_unit: 0 },
      'charges[0].credits_per_unit',
      'too_small',
    ],
  ])('%s', async (_, charge, param, code) => {
    const reply = await plan(charge);
    expect(reply.status).toBe(400);
    expect(reply.body.error.details).toEqual([{ param, code, message: expect.any(String) }]);
  });

  test.each(['1e400', '0e31', '0e-40', '0.00000000001e40'])(
    'the number %s is refused: beyond a double, or its exponent is beyond ±30',
    async (written) => {
      const reply = await api.send(
        'POST',
        '/v1/pricing-plans',
        `{"name":"p","charges":[{"pricing_model":"flat","amount":${written}}]}`,
      );
      expect(reply.body.error.details).toMatchObject([{ param: 'charges[0].amount', code: 'not_a_decimal' }]);
    },
  );

  test('exponents within ±30 are the numbers that they write', async () => {
    const written =
      '{"name":"p","charges":[{"pricing_model":"flat","amount":0e30},{"pricing_model":"flat","amount":15E-1}]}';
    const reply = await api.send('POST', '/v1/pricing-plans', written);
    expect(reply.body.charges).toMatchObject([{ amount: '0' }, { amount: '1.5' }]);
  });

  test('faults of several charges come together', async () => {
    const reply = await plan(tiered({ up_to: 5, unit_amount: 1 }), flat({ amonut: 1 }), perUnit({ unit_amount: -1 }));
    expect(reply.body.error.details.map(({ param }: { param: string }) => param)).toEqual([
      'charges[0].tiers[0].up_to',
      'charges[1].amonut',
      'charges[2].unit_amount',
    ]);
  });

  test('no charges, and 201 of them; 200 with 100 tiers are a plan', async () => {
    expect((await plan()).body.error.details).toMatchObject([{ param: 'charges', code: 'too_few' }]);
    const many = await plan(...Array.from({ length: 201 }, () => flat({})));
    expect(many.body.error.details).toMatchObject([{ param: 'charges', code: 'too_many' }]);
    const tiers = Array.from({ length: 100 }, (_, index) => ({
      up_to: index === 99 ? null : index + 1,
      unit_amount: 1,
    }));
    const largest = await plan(...Array.from({ length: 200 }, () => tiered(...tiers)));
    expect(largest.status).toBe(201);
    expect((await plan(tiered(...tiers.slice(0, 99), { up_to: 100, unit_amount: 1 }, tiers[99]))).status).toBe(400);
  });
});
