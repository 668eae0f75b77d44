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

const NINES = '9'.repeat(30);

interface Life {
  readonly currency?: string;
  readonly charges: readonly object[];
  /** JSON texts of the property `n`, one `job` each, a minute apart from 5 January on; undefined: without it. */
  readonly values: readonly (string | undefined)[];
}

/** A customer on a clock with a monthly subscription from 1 January on, and its usage as it was written. */
async function live({ currency = 'USD', charges, values }: Life) {
  const clock = await world.clock('2027-01-01T00:00:00Z');
  const customer = world.name();
  await world.make('/customers', { external_id: customer, test_clock_id: clock, currency });
  const plan = await world.plan(charges, { currency });
  const subscription = await world.make('/subscriptions', { customer_id: customer, plan_id: plan });
  const events = values.map((value, index) => {
    const timestamp = `2027-01-05T00:${String(index).padStart(2, '0')}:00Z`;
    const properties = value === undefined ? '{}' : `{"n":${value}}`;
    return `{"event_name":"job","customer_id":"${customer}","idempotency_key":"${customer} ${index}","timestamp":"${timestamp}","properties":${properties}}`;
  });
  if (events.length === 0) return { clock, customer, plan, subscription };
  const sent = await api.send('POST', '/v1/events/batch', `{"events":[${events.join(',')}]}`);
  expect([sent.status, sent.body.created]).toEqual([200, values.length]);
  return { clock, customer, plan, subscription };
}

type Lived = Awaited<ReturnType<typeof live>>;

/** Its first period's closing invoice, final. */
async function closing({ clock, subscription }: Lived) {
  await world.setClock(clock, '2027-02-01T02:00:00Z');
  await api.call('POST', '/invoices', { subscription_id: subscription.id });
  const { body } = await api.call('GET', `/invoices?subscription_id=${subscription.id}`);
  const [invoice] = body.data.filter((each: { kind: string }) => each.kind === 'closing');
  expect(invoice.status).not.toBe('draft');
  return invoice;
}

/** What a line says apart from the invoice, period and events that it is of. */
function withoutPlace(line: Record<string, unknown>) {
  const {
    id: _id,
    period_number: _number,
    period_start: _start,
    period_end: _end,
    event_count: _count,
    ...rest
  } = line;
  return rest;
}

const jobs = (type: string, fields: object = {}) => ({
  name: type,
  event_name: 'job',
  pricing_model: 'per_unit',
  unit_amount: '1',
  aggregation: type === 'count' ? { type } : { type, property: 'n' },
  ...fields,
});

describe('a line is rounded once, half away from zero, to the digits of its currency', () => {
  test.each<[currency: string, values: readonly string[], price: string, unrounded: string, amount: string]>([
    ['USD', ['0.5'], '0.01', '0.005', '0.01'],
    ['USD', ['0.49', '0.009999999999999999999999999999'], '0.01', '0.00499999999999999999999999999999', '0.00'],
    ['USD', ['1'], '1.005', '1.005', '1.01'],
    ['USD', ['3'], '10.333333', '30.999999', '31.00'],
    ['JPY', ['2', '0.5'], '1', '2.5', '3'],
    ['JPY', ['0.499999999999'], '1', '0.499999999999', '0'],
    ['HUF', ['0.125'], '1', '0.125', '0.13'],
    ['KWD', ['"0.5"'], '0.001', '0.0005', '0.001'],
    ['KWD', ['2.0005'], '1', '2.0005', '2.001'],
    ['CLF', ['0.00005'], '1', '0.00005', '0.0001'],
    ['CLF', ['7'], '0.333333333333', '2.333333333331', '2.3333'],
    ['USD', [`${NINES}.${NINES}`], '0.000000000001', `999999999999999999.${'9'.repeat(42)}`, `1${'0'.repeat(18)}.00`],
    ['USD', ['0.000000000000000000000000000001'], NINES, `0.${NINES}`, '1.00'],
  ])('%s: %j at %s are %s, billed %s', async (currency, values, price, unrounded, amount) => {
    const lived = await live({ currency, charges: [jobs('sum', { unit_amount: price })], values });
    const invoice = await closing(lived);
    expect(invoice).toMatchObject({ currency, subtotal: amount, total: amount, issues: [] });
    const [line] = invoice.lines;
    expect(line).toMatchObject({ amount_unrounded: unrounded, amount });
    const estimate = await api.call('POST', `/pricing-plans/${lived.plan}/estimate`, { usage: { job: line.quantity } });
    expect(estimate.body.lines.map(withoutPlace)).toEqual([withoutPlace(line)]);
  });

  test('three lines of 10.333333 are 30.99 where one line of 30.999999 is 31.00', async () => {
    const charges = [1, 2, 3].map(() => jobs('sum', { unit_amount: '10.333333' }));
    const invoice = await closing(await live({ charges, values: ['1'] }));
    expect(invoice.lines.map(({ amount }: { amount: string }) => amount)).toEqual(['10.33', '10.33', '10.33']);
    expect(invoice.total).toBe('30.99');
  });
});

describe('quantities are exact', () => {
  test.each<[values: readonly string[], sum: string]>([
    [Array.from({ length: 10 }, () => '0.1'), '1'],
    [['0.1', '0.2', '"0.3"', '-0.6'], '0'],
    [['1e21', '1', '-1e21'], '1'],
    [['1.5E2', '1e-3'], '150.001'],
    [['9007199254740993', '0.30000000000000004'], '9007199254740993.30000000000000004'],
    [[`${NINES}.${NINES}`, '"0.000000000000000000000000000001"'], `1${'0'.repeat(30)}`],
    [[`"${NINES}.${NINES}"`, `-${NINES}`], `0.${NINES}`],
  ])('%j sum to %s', async (values, sum) => {
    const lived = await live({ charges: [jobs('sum', { unit_amount: '0' })], values });
    const [line] = (await closing(lived)).lines;
    expect(line).toMatchObject({ quantity: sum, event_count: values.length });
  });
});

describe('each aggregation is one line, and what it can’t use is told', () => {
  const TYPES = ['count', 'sum', 'max', 'latest', 'unique_count', 'average'];

  test('of numbers, numbers in texts, and what is none', async () => {
    const values = ['2', '"7.5"', '1', '1.0', '"many"', 'null', undefined, `1${NINES}`];
    const lived = await live({ charges: TYPES.map((type) => jobs(type)), values });
    const invoice = await closing(lived);
    const lines = invoice.lines.map((line: Record<string, unknown>) => [
      line['description'],
      line['event_count'],
      line['quantity'],
      line['amount'],
    ]);
    expect(lines).toEqual([
      ['count', 8, '8', '8.00'],
      ['sum', 4, '11.5', '11.50'],
      ['max', 4, '7.5', '7.50'],
      ['latest', 4, '1', '1.00'],
      ['unique_count', 7, '6', '6.00'],
      ['average', 4, '2.875', '2.88'],
    ]);
    expect(invoice.issues.map(({ code, message }: { code: string; message: string }) => [code, message])).toEqual(
      ['sum', 'max', 'latest', 'average'].map((type) => [
        'unusable_value',
        `${type} leaves out 3 events whose n is no number within the limits.`,
      ]),
    );
  });

  test('an event that its only charge can’t use is excluded, one without the property unpriced', async () => {
    const lived = await live({ charges: [jobs('latest')], values: ['"x"', undefined, '3', '[3]'] });
    await closing(lived);
    const { body } = await api.call('GET', `/events?customer_id=${encodeURIComponent(lived.customer)}`);
    const statuses = body.data.map((event: { status: string }) => event.status).toReversed();
    expect(statuses).toEqual(['excluded', 'unpriced', 'billed', 'excluded']);
  });

  test.each([
    ['sum', 'The usage of sum sums to -3 and is billed as 0.'],
    ['max', 'The usage of max is -1 and is billed as 0.'],
    ['latest', 'The usage of latest is -2 and is billed as 0.'],
    ['average', 'The usage of average is -1.5 and is billed as 0.'],
  ])('a negative %s is billed as 0 and told', async (type, message) => {
    const invoice = await closing(await live({ charges: [jobs(type)], values: ['-1', '-2'] }));
    expect(invoice).toMatchObject({ total: '0.00', issues: [{ code: 'negative_usage', message }] });
    expect(invoice.lines[0]).toMatchObject({ quantity: '0', event_count: 2 });
  });

  test('without an event there is a line of nothing, and no issue', async () => {
    const invoice = await closing(await live({ charges: TYPES.map((type) => jobs(type)), values: [] }));
    expect(invoice).toMatchObject({ total: '0.00', issues: [] });
    expect(invoice.lines.map(({ quantity }: { quantity: string }) => quantity)).toEqual(['0', '0', '0', '0', '0', '0']);
  });

  test('an average is rounded to 12 decimals before it is priced', async () => {
    const charges = [jobs('average', { unit_amount: '1000000000000' })];
    const [line] = (await closing(await live({ charges, values: ['1', '0', '1'] }))).lines;
    expect(line).toMatchObject({ quantity: '0.666666666667', amount_unrounded: '666666666667' });
  });
});

describe('grants on what can’t be cut', () => {
  test.each(['max', 'latest', 'unique_count', 'average'])(
    'those in force at the last instant apply to the whole %s, the others not at all',
    async (type) => {
      const lived = await live({ charges: [jobs(type)], values: ['4', '4', '"5"', '9'] });
      const common = { customer_id: lived.customer, amount: '1', rollover: true };
      const grants = [
        await world.make('/credit-grants', { ...common, effective_at: '2027-01-31T23:59:59.999999Z' }),
        await world.make('/credit-grants', { ...common, effective_at: '2027-01-01T00:00:00Z', expires_in_days: 30 }),
        await world.make('/credit-grants', { ...common, effective_at: '2027-02-01T00:00:00Z' }),
      ];
      const [line] = (await closing(lived)).lines;
      expect(line.credited_quantity).toBe('1');
      const drew = grants.map(async ({ id }) => {
        const { body } = await api.call('GET', `/credit-grants/${id}/entries`);
        return body.data.some(({ kind }: { kind: string }) => kind === 'consumed');
      });
      expect(await Promise.all(drew)).toEqual([true, false, false]);
    },
  );
});

describe('fractions at the edges of tiers', () => {
  const tiers = [
    { up_to: '0.5', unit_amount: '1', flat_amount: '0.01' },
    { up_to: '10.25', unit_amount: '0.5', flat_amount: '3' },
    { up_to: null, unit_amount: '0.1', flat_amount: '0' },
  ];

  test.each([
    ['0', '0.00', '0.00'],
    ['0.000000000000000000000000000001', '0.01', '0.01'],
    ['0.5', '0.51', '0.51'],
    ['0.500000000000000000000000000001', '3.51', '3.25'],
    ['10.25', '8.39', '8.13'],
    ['10.250000000001', '8.39', '1.03'],
  ])('%s units cost %s graduated and %s by volume', async (value, graduated, volume) => {
    const tiered = (pricing_model: string) => ({ ...jobs('sum'), unit_amount: undefined, pricing_model, tiers });
    const invoice = await closing(
      await live({ charges: [tiered('graduated'), tiered('volume')], values: [value, `"${value}"`, `-${value}`] }),
    );
    expect(invoice.lines.map(({ amount }: { amount: string }) => amount)).toEqual([graduated, volume]);
  });
});

describe('late usage of what can’t be cut', () => {
  const LATE = [
    ['max', '9', ['9', '4.00']],
    ['max', '4', ['5', '0.00']],
    ['latest', '2', ['2', '-1.00']],
    ['unique_count', '3', ['2', '0.00']],
    ['unique_count', '"3"', ['3', '1.00']],
    ['average', '1', ['3', '-1.00']],
  ] as const;

  test.each(LATE)('of a %s: a late %s makes it %j', async (type, value, [quantity, amount]) => {
    const lived = await live({ charges: [jobs(type)], values: ['5', '3'] });
    await closing(lived);
    const late = `{"event_name":"job","customer_id":"${lived.customer}","idempotency_key":"${lived.customer} late","timestamp":"2027-01-20T00:00:00Z","properties":{"n":${value}}}`;
    expect((await api.send('POST', '/v1/events', late)).status).toBe(201);
    await world.setClock(lived.clock, '2027-03-01T02:00:00Z');
    await api.call('POST', '/invoices', { subscription_id: lived.subscription.id });
    const { body } = await api.call('GET', `/invoices?subscription_id=${lived.subscription.id}`);
    const february = body.data.find((each: Record<string, unknown>) => each['period_number'] === 1);
    const lines = february.lines.filter(({ kind }: { kind: string }) => kind === 'late_usage');
    expect(lines).toMatchObject([{ period_number: 0, event_count: 3, quantity, amount }]);
  });
});
