import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/api.ts';
import { ApiWorld, FEE } from '../../support/api-world.ts';

let api: TestApi;
let world: ApiWorld;
beforeAll(async () => {
  api = await startTestApi();
  world = new ApiWorld(api);
});
afterAll(() => api.close());

const balance = (customer: string, query = '') =>
  api.call('GET', `/customers/${encodeURIComponent(customer)}/balance${query}`);

/** A customer with a paid invoice of 20.00, of which notes give it 1.00, 2.00 and so on, all at one instant. */
async function credited(notes: number) {
  const { clock, customer, subscription } = await world.subscribed();
  await world.setClock(clock, '2027-02-02T12:00:00Z');
  await api.call('POST', '/invoices', { subscription_id: subscription.id });
  const { body } = await api.call('GET', `/invoices?subscription_id=${subscription.id}`);
  const [invoice] = body.data;
  await api.call('POST', `/invoices/${invoice.id}/pay`);
  const made = [];
  for (let amount = 1; amount <= notes; amount += 1) {
    const lines = [{ line_id: invoice.lines[0].id, amount }];
    made.push((await world.make('/credit-notes', { invoice_id: invoice.id, lines })).id);
  }
  return { customer, invoice, made };
}

describe('GET /v1/customers/{id}/balance', () => {
  test('200 with nothing, in the currency of the customer, before anything was owed to it', async () => {
    const { id } = await world.make('/customers', { external_id: 'new', currency: 'JPY' });
    const expected = {
      object: 'customer_balance',
      livemode: false,
      customer_id: 'new',
      currency: 'JPY',
      balance: '0',
      entries: { object: 'list', data: [], has_more: false, next_cursor: null },
    };
    for (const reference of ['new', id]) {
      const reply = await balance(reference);
      expect([reply.status, reply.body]).toEqual([200, expected]);
    }
  });

  test('200 with what came to it, newest first, each with the balance after it', async () => {
    const { customer, invoice, made } = await credited(2);
    const { body } = await balance(customer);
    expect(body.balance).toBe('3.00');
    expect(body.entries.data).toEqual(
      [
        ['2.00', '3.00', made[1]],
        ['1.00', '1.00', made[0]],
      ].map(([amount, after, note]) => ({
        id: expect.stringMatching(/^cbe_/),
        object: 'customer_balance_entry',
        livemode: false,
        created_at: '2027-02-02T12:00:00Z',
        kind: 'credit_note',
        amount,
        balance_after: after,
        currency: 'USD',
        invoice_id: invoice.id,
        credit_note_id: note,
        metadata: {},
      })),
    );
  });

  test('200 page by page in the order of writing, though all entries have one instant', async () => {
    const { customer } = await credited(5);
    const amounts: string[] = [];
    let cursor = '';
    for (;;) {
      const { body } = await balance(customer, `?limit=2${cursor}`);
      expect(body.balance).toBe('15.00');
      amounts.push(...body.entries.data.map((entry: { amount: string }) => entry.amount));
      if (!body.entries.has_more) break;
      cursor = `&cursor=${body.entries.next_cursor}`;
    }
    expect(amounts).toEqual(['5.00', '4.00', '3.00', '2.00', '1.00']);
  });

  test('400 for a cursor of another customer and a limit out of range, 404 for nobody', async () => {
    const [one, other] = [await credited(2), await credited(2)];
    const { body } = await balance(one.customer, '?limit=1');
    const foreign = await balance(other.customer, `?limit=1&cursor=${body.entries.next_cursor}`);
    expect([foreign.status, foreign.body.error.code]).toEqual([400, 'invalid_cursor']);
    expect((await balance(one.customer, '?limit=201')).body.error.param).toBe('limit');
    expect((await balance('nobody')).status).toBe(404);
  });
});

describe('what a canceled subscription paid ahead', () => {
  /** 20.00 a month in advance from 1 January, canceled after half of it: 10.32 come back. */
  async function returned() {
    const clock = await world.clock('2027-01-01T00:00:00Z');
    const customer = world.name();
    await world.make('/customers', { external_id: customer, test_clock_id: clock });
    const plan = await world.plan([{ ...FEE, bill_in: 'advance' }]);
    const subscription = await world.make('/subscriptions', { customer_id: customer, plan_id: plan });
    await world.setClock(clock, '2027-01-16T00:00:00Z');
    await api.call('POST', `/subscriptions/${subscription.id}/cancel`, { at: 'now' });
    await world.setClock(clock, '2027-01-16T02:00:00Z');
    await api.call('POST', '/invoices', { customer_id: customer });
    const { body } = await api.call('GET', `/invoices?subscription_id=${subscription.id}`);
    const closing = body.data.find(({ kind }: { kind: string }) => kind === 'closing');
    return { clock, customer, closing };
  }

  test('is its balance, until the void of that invoice takes it back', async () => {
    const { customer, closing } = await returned();
    expect(closing).toMatchObject({
      status: 'paid',
      payment_status: 'not_required',
      total: '-10.32',
      amount_due: '0.00',
    });
    expect((await balance(customer)).body.balance).toBe('10.32');
    expect((await api.call('POST', `/invoices/${closing.id}/void`)).status).toBe(200);
    const { body } = await balance(customer);
    expect(body).toMatchObject({ balance: '0.00', entries: { data: [{ kind: 'taken_back', amount: '-10.32' }, {}] } });
  });

  test('409 balance_used for the void once another invoice was paid with it', async () => {
    const { clock, customer, closing } = await returned();
    const plan = await world.plan([{ ...FEE, bill_in: 'advance' }]);
    const { id } = await world.make('/subscriptions', { customer_id: customer, plan_id: plan });
    await world.setClock(clock, '2027-01-16T03:00:00Z');
    await api.call('POST', '/invoices', { customer_id: customer });
    const { body } = await api.call('GET', `/invoices?subscription_id=${id}`);
    expect(body.data).toMatchObject([{ total: '20.00', balance_applied: '10.32', amount_due: '9.68' }]);
    const reply = await api.call('POST', `/invoices/${closing.id}/void`);
    expect([reply.status, reply.body.error.code]).toEqual([409, 'balance_used']);
  });
});
