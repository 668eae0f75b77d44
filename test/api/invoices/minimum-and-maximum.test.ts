import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/api.ts';
import { ApiWorld } from '../../support/api-world.ts';

let api: TestApi;
let world: ApiWorld;
beforeAll(async () => {
  api = await startTestApi();
  world = new ApiWorld(api);
});
afterAll(() => api.close());

interface Terms {
  readonly charges: readonly object[];
  readonly plan?: object;
  readonly currency?: string;
  readonly grant?: string;
}

/** A customer on a clock with a monthly subscription from 1 January 2027 on. */
async function subscribed({ charges, plan: fields = {}, currency = 'USD', grant }: Terms) {
  const clock = await world.clock('2027-01-01T00:00:00Z');
  const customer = world.name();
  await world.make('/customers', { external_id: customer, test_clock_id: clock, currency });
  const plan = await world.plan(charges, { currency, ...fields });
  const subscription = await world.make('/subscriptions', { customer_id: customer, plan_id: plan });
  if (grant !== undefined) await world.make('/credit-grants', { customer_id: customer, amount: grant });
  return { clock, customer, plan, subscription };
}

type Subscribed = Awaited<ReturnType<typeof subscribed>>;

/** The invoices of a kind, oldest first, after all that is due at the time has been done. */
async function invoicesAt(one: Subscribed, time: string, kind: string) {
  await world.setClock(one.clock, time);
  await api.call('POST', '/invoices', { subscription_id: one.subscription.id });
  const { body } = await api.call('GET', `/invoices?subscription_id=${one.subscription.id}`);
  return body.data.filter((each: { kind: string }) => each.kind === kind).toReversed();
}

async function closing(one: Subscribed) {
  const [invoice] = await invoicesAt(one, '2027-02-01T02:00:00Z', 'closing');
  expect(invoice.status).not.toBe('draft');
  return invoice;
}

const calls = (fields: object) => ({ pricing_model: 'per_unit', event_name: 'call', unit_amount: '1', ...fields });
const fee = (amount: string, fields: object = {}) => ({ pricing_model: 'flat', amount, ...fields });
const kinds = (invoice: { lines: readonly { kind: string; amount: string }[] }) =>
  invoice.lines.map(({ kind, amount }) => [kind, amount]);

describe('the minimum and maximum of a charge', () => {
  test.each<[bounds: object, used: number, amount: string]>([
    [{ minimum_amount: '5' }, 0, '5.00'],
    [{ minimum_amount: '5' }, 3, '5.00'],
    [{ minimum_amount: '5' }, 5, '5.00'],
    [{ minimum_amount: '5' }, 6, '6.00'],
    [{ minimum_amount: '5.005' }, 5, '5.01'],
    [{ maximum_amount: '5' }, 4, '4.00'],
    [{ maximum_amount: '5' }, 6, '5.00'],
    [{ maximum_amount: '0' }, 6, '0.00'],
    [{ maximum_amount: '5.004' }, 6, '5.00'],
    [{ minimum_amount: '2', maximum_amount: '4' }, 1, '2.00'],
    [{ minimum_amount: '2', maximum_amount: '4' }, 3, '3.00'],
    [{ minimum_amount: '2', maximum_amount: '4' }, 9, '4.00'],
    [{ minimum_amount: '4', maximum_amount: '4' }, 0, '4.00'],
  ])('%j with %i calls at 1 cost %s, estimated and billed', async (bounds, used, amount) => {
    const one = await subscribed({ charges: [calls(bounds)] });
    if (used > 0) await world.calls(one.customer, '2027-01-05T00:00:00Z', used);
    const invoice = await closing(one);
    expect(invoice).toMatchObject({ total: amount, lines: [{ amount, quantity: String(used), kind: 'usage' }] });
    const estimate = await api.call('POST', `/pricing-plans/${one.plan}/estimate`, { usage: { call: used } });
    expect(estimate.body).toMatchObject({ total: amount, lines: [{ amount }] });
  });

  test.each([
    ['8', '2.00'],
    ['3', '7.00'],
    ['100', '2.00'],
  ])('apply after credits: with %s units granted, 10 calls at 1 with a minimum of 2 cost %s', async (grant, amount) => {
    const one = await subscribed({ charges: [calls({ minimum_amount: '2' })], grant });
    await world.calls(one.customer, '2027-01-05T00:00:00Z', 10);
    expect((await closing(one)).total).toBe(amount);
  });

  test('wait for the closing invoice where they are minimums, and hold for interims where they are maximums', async () => {
    const one = await subscribed({
      charges: [calls({ name: 'least', minimum_amount: '50' }), calls({ name: 'most', maximum_amount: '5' })],
    });
    await world.calls(one.customer, '2027-01-05T00:00:00Z', 12);
    const [interim] = await invoicesAt(one, '2027-01-10T00:00:00Z', 'interim');
    expect(interim.lines.map(({ amount }: { amount: string }) => amount)).toEqual(['12.00', '5.00']);
    await world.calls(one.customer, '2027-01-20T00:00:00Z', 3);
    const invoice = await closing(one);
    const lines = invoice.lines.map(({ amount, previously_billed }: Record<string, string>) => [
      previously_billed,
      amount,
    ]);
    expect(lines).toEqual([
      ['12.00', '38.00'],
      ['5.00', '0.00'],
    ]);
  });

  test('are prorated by seconds where the period is cut, usage is not', async () => {
    const one = await subscribed({
      charges: [calls({ name: 'least', minimum_amount: '31' }), calls({ name: 'most', maximum_amount: '15.15' })],
    });
    await world.calls(one.customer, '2027-01-01T12:00:00Z', 20);
    await world.setClock(one.clock, '2027-01-02T00:00:00Z');
    await api.call('POST', `/subscriptions/${one.subscription.id}/cancel`, { at: 'now' });
    const [invoice] = await invoicesAt(one, '2027-01-03T00:00:00Z', 'closing');
    // One of 31 days: a minimum of 1, a maximum of 15.15 ÷ 31 = 0.488…
    expect(invoice.lines.map(({ amount }: { amount: string }) => amount)).toEqual(['20.00', '0.49']);
  });
});

describe('the minimum of a plan', () => {
  test.each<[minimum: string, used: number, lines: string[][]]>([
    [
      '100',
      3,
      [
        ['flat', '20.00'],
        ['usage', '3.00'],
        ['minimum', '77.00'],
      ],
    ],
    [
      '23',
      3,
      [
        ['flat', '20.00'],
        ['usage', '3.00'],
      ],
    ],
    [
      '23.005',
      3,
      [
        ['flat', '20.00'],
        ['usage', '3.00'],
        ['minimum', '0.01'],
      ],
    ],
    [
      '22',
      0,
      [
        ['flat', '20.00'],
        ['usage', '0.00'],
        ['minimum', '2.00'],
      ],
    ],
  ])('of %s with a flat of 20 and %i calls is a line for the difference', async (minimum, used, lines) => {
    const one = await subscribed({ charges: [fee('20'), calls({})], plan: { minimum_amount: minimum } });
    if (used > 0) await world.calls(one.customer, '2027-01-05T00:00:00Z', used);
    const invoice = await closing(one);
    expect(kinds(invoice)).toEqual(lines);
    const estimate = await api.call('POST', `/pricing-plans/${one.plan}/estimate`, { usage: { call: used } });
    expect(kinds(estimate.body)).toEqual(lines);
  });

  test('counts the advance flat of its own period, not the one of the next', async () => {
    const charges = [fee('20', { bill_in: 'advance' }), calls({})];
    const one = await subscribed({ charges, plan: { minimum_amount: '25' } });
    await world.calls(one.customer, '2027-01-05T00:00:00Z', 3);
    const [opening] = await invoicesAt(one, '2027-01-06T00:00:00Z', 'opening');
    expect([opening.billing_reason, kinds(opening)]).toEqual(['subscription_start', [['flat', '20.00']]]);
    const invoice = await closing(one);
    const lines = invoice.lines.map((line: Record<string, unknown>) => [
      line['kind'],
      line['amount'],
      line['period_start'],
    ]);
    expect(lines.toSorted()).toEqual([
      ['flat', '20.00', '2027-02-01T00:00:00Z'],
      ['minimum', '2.00', '2027-01-01T00:00:00Z'],
      ['usage', expect.any(String), '2027-01-01T00:00:00Z'],
    ]);
  });

  test('counts what interims of the period billed', async () => {
    const one = await subscribed({ charges: [calls({})], plan: { minimum_amount: '10' } });
    await world.calls(one.customer, '2027-01-05T00:00:00Z', 4);
    const [interim] = await invoicesAt(one, '2027-01-10T00:00:00Z', 'interim');
    expect(kinds(interim)).toEqual([['usage', '4.00']]);
    expect(kinds(await closing(one))).toEqual([
      ['usage', '0.00'],
      ['minimum', '6.00'],
    ]);
  });

  test.each([
    ['JPY', '10.5', '11'],
    ['KWD', '10.0005', '10.001'],
    ['CLF', '10.00005', '10.0001'],
  ])('in %s one of %s is billed as %s', async (currency, minimum, amount) => {
    const one = await subscribed({ charges: [calls({})], currency, plan: { minimum_amount: minimum } });
    expect((await closing(one)).total).toBe(amount);
  });
});
