import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/api.ts';
import { ApiWorld } from '../../support/api-world.ts';
import { runCommand } from '../../cli/support/run-command.ts';

let api: TestApi;
let world: ApiWorld;
beforeAll(async () => {
  api = await startTestApi();
  world = new ApiWorld(api);
});
afterAll(() => api.close());

const PLAN = [
  { pricing_model: 'flat', name: 'Seat', amount: '31', bill_in: 'advance' },
  { pricing_model: 'flat', name: 'Base', amount: '15.15' },
  {
    pricing_model: 'graduated',
    name: 'Calls',
    event_name: 'call',
    filters: { region: ['eu'] },
    tiers: [
      { up_to: '10', unit_amount: '1' },
      { up_to: null, unit_amount: '0.333', flat_amount: '3' },
    ],
    minimum_amount: '5',
    maximum_amount: '500',
  },
];

interface Explained {
  readonly lines: readonly {
    readonly line_id: string;
    readonly description: string;
    readonly kind: string;
    readonly amount: string;
    readonly usage: { readonly event_count: number; readonly digest: string; readonly events_url: string } | null;
    readonly credits: readonly { readonly usage: string; readonly draws: readonly { quantity: string }[] }[];
    readonly steps: readonly { readonly name: string; readonly formula: string; readonly result: string }[];
  }[];
  readonly amounts: readonly { readonly name: string; readonly result: string }[];
}

/** A period of a plan with everything, cut after 10 of its 31 days and final. */
async function billed() {
  const clock = await world.clock('2027-01-01T00:00:00Z');
  const customer = world.name();
  const tax = await world.make('/tax-rates', { name: 'VAT', percentage: '19' });
  await world.make('/customers', { external_id: customer, test_clock_id: clock, tax_rate_ids: [tax.id] });
  const plan = await world.plan(PLAN, { minimum_amount: '310' });
  const subscription = await world.make('/subscriptions', { customer_id: customer, plan_id: plan });
  await world.make('/credit-grants', { customer_id: customer, amount: '4', expires_in_days: 5 });
  const events = ['eu', 'eu', 'us'].flatMap((region, place) =>
    Array.from({ length: 8 }, (_, index) => ({
      event_name: 'call',
      customer_id: customer,
      idempotency_key: `${customer} ${place} ${index}`,
      timestamp: `2027-01-0${place + 5}T0${index}:00:00Z`,
      properties: { region },
    })),
  );
  await api.call('POST', '/events/batch', { events });
  await world.setClock(clock, '2027-01-11T00:00:00Z');
  await api.call('POST', `/subscriptions/${subscription.id}/cancel`, { at: 'now' });
  const { body: list } = await api.call('GET', `/invoices?subscription_id=${subscription.id}`);
  const draft = list.data.find((invoice: { status: string }) => invoice.status === 'draft');
  await api.call('POST', `/invoices/${draft.id}/finalize`);
  return { invoice: (await api.call('GET', `/invoices/${draft.id}`)).body, draft };
}

async function explanationOf(id: string): Promise<Explained> {
  return (await api.call('GET', `/invoices/${id}/explain`)).body;
}

describe('GET /v1/invoices/{id}/explain', () => {
  test('200 tells the steps of each line, which end in its amount', async () => {
    const { invoice } = await billed();
    const { lines, amounts } = await explanationOf(invoice.id);
    expect(lines.map(({ line_id, amount }) => [line_id, amount])).toEqual(
      invoice.lines.map((line: { id: string; amount: string }) => [line.id, line.amount]),
    );
    for (const line of lines) expect(line.steps.at(-1)).toMatchObject({ name: 'amount', result: line.amount });
    expect(amounts.map(({ name, result }) => [name, result])).toEqual([
      ['subtotal', invoice.subtotal],
      ['tax', invoice.taxes[0].amount],
      ['total', invoice.total],
      ['balance_applied', '0.00'],
      ['amount_due', invoice.amount_due],
    ]);
    const calls = lines.find(({ description }) => description === 'Calls');
    expect(calls?.steps.map(({ name, formula, result }) => `${name}: ${formula} = ${result}`)).toEqual([
      'usage: count of call over 16 events = 16',
      'credits: 16 - 4 covered by credits = 12',
      'tier: up to 10: 10 × 1 = 10',
      'tier: above: 2 × 0.333 + 3 = 3.666',
      'price: 10 + 3.666 = 13.666',
      "minimum: minimum 1.6129032258064516129032258064516129032258 (5 × the period's part), not reached = 13.666",
      "maximum: maximum 161.2903225806451612903225806451612903225806 (500 × the period's part), not reached = 13.666",
      'rounding: 13.666 half up to 2 decimals = 13.67',
      'amount: the line = 13.67',
    ]);
    expect(calls?.credits.map(({ usage, draws }) => [usage, draws.map(({ quantity }) => quantity)])).toEqual([
      ['8', ['4']],
      ['8', []],
    ]);
    const base = lines.find(({ description }) => description.startsWith('Base'));
    expect(base?.steps.map(({ formula }) => formula)).toEqual([
      'Base',
      '15.15 × 864000000000 µs ÷ 2678400000000 µs',
      '4.8870967741935483870967741935483870967742 half up to 2 decimals',
      'the line',
    ]);
    const minimum = lines.find(({ kind }) => kind === 'minimum');
    expect(minimum?.steps.map(({ formula, result }) => `${formula} = ${result}`).slice(0, 2)).toEqual([
      '310 × 864000000000 µs ÷ 2678400000000 µs = 100',
      'plan minimum 100 - 28.56 of the other lines of the period = 71.44',
    ]);
    const seat = lines.find(({ kind }) => kind === 'proration');
    expect(seat?.steps[0]?.formula).toBe('-(31 × 1814400000000 µs ÷ 2678400000000 µs)');
  });

  test('the events of a line are exactly those that it counts, and have one digest', async () => {
    const { invoice } = await billed();
    const calls = (await explanationOf(invoice.id)).lines.find(({ description }) => description === 'Calls');
    const { body: page } = await api.call('GET', (calls?.usage?.events_url ?? '').replace('/v1', '') + '&limit=200');
    expect(page.data.length).toBe(16);
    expect(new Set(page.data.map((event: { properties: { region: string } }) => event.properties.region))).toEqual(
      new Set(['eu']),
    );
    expect(calls?.usage?.digest).toMatch(/^[0-9a-f]{64}$/);
    const again = (await explanationOf(invoice.id)).lines.find(({ description }) => description === 'Calls');
    expect(again?.usage?.digest).toBe(calls?.usage?.digest);
    const refused = await api.call('GET', `/events?line_id=${calls?.line_id}&event_name=call`);
    expect([refused.status, refused.body.error.param]).toEqual([400, 'line_id']);
    expect((await api.call('GET', '/events?line_id=il_none')).body.data).toEqual([]);
  });

  test('a draft is explained as it would be now', async () => {
    const { subscription } = await world.subscribed();
    await api.call('POST', `/subscriptions/${subscription.id}/cancel`, { at: 'now' });
    const { body: list } = await api.call('GET', `/invoices?subscription_id=${subscription.id}`);
    const { lines } = await explanationOf(list.data[0].id);
    expect(lines.map(({ amount }) => amount)).toEqual(
      list.data[0].lines.map((line: { amount: string }) => line.amount),
    );
  });

  test('404 for an unknown invoice', async () => {
    expect((await api.call('GET', '/invoices/inv_none/explain')).status).toBe(404);
  });
});

test('durabill invoices explain prints it for a person', async () => {
  const { invoice } = await billed();
  const { stdout, status } = await runCommand([
    'invoices',
    'explain',
    invoice.id,
    '--url',
    api.url,
    '--key',
    api.testKey,
  ]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^Calls +13\.67$/m);
  expect(stdout).toMatch(/^ {4}tier +above: 2 × 0\.333 \+ 3 +3\.666$/m);
  expect(stdout).toMatch(/^ {4}2027-01-01T00:00:00Z to 2027-01-06T00:00:00Z: 4 of 8 by cg_/m);
  expect(stdout).toMatch(/^total +\S.* \+ \S+ tax +\S+$/m);
});
