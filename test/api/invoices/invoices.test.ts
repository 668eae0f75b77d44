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

const trigger = (body: object) => api.call('POST', '/invoices', body);
const invoicesOf = async (subscription: { id: string }, query = '') =>
  (await api.call('GET', `/invoices?subscription_id=${subscription.id}${query}`)).body.data;

describe('POST /v1/invoices', () => {
  test('201 with the invoice of a subscription’s usage so far', async () => {
    const { clock, customer, plan, subscription } = await world.subscribed();
    await world.calls(customer, '2027-01-05T00:00:00Z', 12);
    await world.setClock(clock, '2027-01-10T00:00:00Z');
    const reply = await trigger({ subscription_id: subscription.id });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      id: expect.stringMatching(/^inv_/),
      object: 'invoice',
      livemode: false,
      created_at: '2027-01-10T00:00:00Z',
      number: expect.stringMatching(/^INV-\d{6}$/),
      status: 'open',
      payment_status: 'unpaid',
      kind: 'interim',
      sequence: 0,
      billing_reason: 'manual',
      customer_id: customer,
      customer_details: { name: null, email: null, address: null },
      seller_details: { name: expect.any(String), email: null, address: null },
      subscription_id: subscription.id,
      plan_id: plan,
      plan_version: 1,
      currency: 'USD',
      period_number: 0,
      period_start: '2027-01-01T00:00:00Z',
      period_end: '2027-01-10T00:00:00Z',
      usage_cutoff_at: '2027-01-10T00:00:00Z',
      rounding: 'half_up',
      lines: [
        {
          id: expect.stringMatching(/^il_/),
          charge_id: expect.stringMatching(/^chg_/),
          kind: 'usage',
          description: 'call',
          event_name: 'call',
          pricing_model: 'per_unit',
          period_number: 0,
          period_start: '2027-01-01T00:00:00Z',
          period_end: '2027-01-10T00:00:00Z',
          event_count: 12,
          quantity: '12',
          usage_quantity: null,
          credited_quantity: '0',
          billable_quantity: '12',
          amount_unrounded: '1.2',
          amount: '1.20',
          previously_billed: '0.00',
          currency: 'USD',
          tiers: [],
        },
      ],
      subtotal: '1.20',
      taxes: [],
      tax_total: '0.00',
      total: '1.20',
      balance_applied: '0.00',
      amount_credited: '0.00',
      amount_paid: '0.00',
      amount_due: '1.20',
      payments: [],
      issues: [],
      finalize_at: '2027-01-10T00:00:00Z',
      finalized_at: '2027-01-10T00:00:00Z',
      due_at: '2027-02-09T00:00:00Z',
      paid_at: null,
      voided_at: null,
      void_reason: null,
      replaces: null,
      replaced_by: null,
      temporal_url: subscription.temporal_url,
      metadata: {},
    });
    expect((await api.call('GET', `/invoices/${reply.body.id}`)).body).toEqual(reply.body);
  });

  test('200 with an empty list that says why, when nothing is new', async () => {
    const { subscription } = await world.subscribed();
    const reply = await trigger({ subscription_id: subscription.id });
    expect([reply.status, reply.body]).toEqual([
      200,
      {
        object: 'list',
        data: [],
        has_more: false,
        next_cursor: null,
        skipped: [{ subscription_id: subscription.id, code: 'nothing_new', message: expect.any(String) }],
      },
    ]);
  });

  test('201 with a list for a customer: one invoice a subscription, and why others have none', async () => {
    const { clock, customer, plan, subscription } = await world.subscribed();
    const scheduled = await world.make('/subscriptions', {
      customer_id: customer,
      plan_id: plan,
      start_date: '2028-01-01',
    });
    await world.calls(customer, '2027-01-05T00:00:00Z', 3);
    await world.setClock(clock, '2027-01-10T00:00:00Z');
    const reply = await trigger({ customer_id: customer });
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({
      object: 'list',
      data: [{ subscription_id: subscription.id, total: '0.30' }],
      skipped: [{ subscription_id: scheduled.id, code: 'no_running_period' }],
    });
    expect((await trigger({ customer_id: customer })).status).toBe(200);
  });

  test('interim invoices and the closing one add up to what one would have been', async () => {
    const { clock, customer, subscription } = await world.subscribed();
    for (const day of ['05', '12', '20']) {
      await world.calls(customer, `2027-01-${day}T00:00:00Z`, 7);
      await world.setClock(clock, `2027-01-${day}T06:00:00Z`);
      expect((await trigger({ subscription_id: subscription.id })).status).toBe(201);
    }
    await world.setClock(clock, '2027-02-01T02:00:00Z');
    await trigger({ subscription_id: subscription.id });
    const invoices = await invoicesOf(subscription);
    expect(invoices.map(({ kind, total }: Record<string, string>) => [kind, total])).toEqual([
      ['closing', '20.00'],
      ['interim', '0.70'],
      ['interim', '0.70'],
      ['interim', '0.70'],
    ]);
  });

  test('ten triggers at once bill once', async () => {
    const { clock, customer, subscription } = await world.subscribed();
    await world.calls(customer, '2027-01-05T00:00:00Z', 5);
    await world.setClock(clock, '2027-01-10T00:00:00Z');
    const replies = await Promise.all(Array.from({ length: 10 }, () => trigger({ subscription_id: subscription.id })));
    expect(replies.map(({ status }) => status).toSorted()).toEqual([...Array(9).fill(200), 201]);
    expect(await invoicesOf(subscription)).toHaveLength(1);
  });

  test('400 for neither or both of subscription_id and customer_id', async () => {
    for (const body of [{}, { subscription_id: 's', customer_id: 'c' }, { subscription_id: null }]) {
      expect((await trigger(body)).body.error.details).toMatchObject([
        { param: 'subscription_id', code: 'invalid_value' },
      ]);
    }
  });

  test('404 for ids of nothing', async () => {
    expect((await trigger({ subscription_id: 'sub_none' })).status).toBe(404);
    expect((await trigger({ customer_id: 'nobody' })).status).toBe(404);
  });
});

describe('POST /v1/invoices/preview', () => {
  const preview = (subscription: { id: string }, at?: string) =>
    api.call('POST', '/invoices/preview', { subscription_id: subscription.id, ...(at === undefined ? {} : { at }) });

  test('200 equals the invoice that comes, but for ids, number and states; nothing is written', async () => {
    const { clock, customer, subscription } = await world.subscribed();
    await world.calls(customer, '2027-01-05T00:00:00Z', 15);
    const previewed = (await preview(subscription)).body;
    expect(previewed).toMatchObject({ id: null, number: null, sequence: null, total: '21.50', kind: 'closing' });
    expect(await invoicesOf(subscription)).toEqual([]);
    await world.setClock(clock, '2027-02-01T01:00:00Z');
    await trigger({ subscription_id: subscription.id });
    const [invoice] = await invoicesOf(subscription);
    const shared = ['subtotal', 'total', 'amount_due', 'period_start', 'period_end', 'plan_version', 'billing_reason'];
    for (const field of shared) expect([field, previewed[field]]).toEqual([field, invoice[field]]);
    const withoutIds = (lines: object[]) => lines.map((line) => ({ ...line, id: null }));
    expect(withoutIds(previewed.lines)).toEqual(withoutIds(invoice.lines));
  });

  test('200 as a cancel now, and as a manual trigger, would make it', async () => {
    const { clock, customer, subscription } = await world.subscribed('2027-04-01T00:00:00Z');
    await world.calls(customer, '2027-04-02T00:00:00Z', 10);
    await world.setClock(clock, '2027-04-16T00:00:00Z');
    expect((await preview(subscription, 'now')).body).toMatchObject({
      total: '11.00',
      period_end: '2027-04-16T00:00:00Z',
    });
    expect((await preview(subscription, 'interim')).body).toMatchObject({ total: '1.00', kind: 'interim' });
  });

  test('400 for another at, 404 for no subscription, 409 for one without a running period', async () => {
    const { subscription } = await world.subscribed('2027-01-01T00:00:00Z', { start_date: '2028-01-01' });
    expect((await preview(subscription, 'later')).body.error.param).toBe('at');
    expect((await preview({ id: 'sub_none' })).status).toBe(404);
    const reply = await preview(subscription);
    expect([reply.status, reply.body.error.code]).toEqual([409, 'no_running_period']);
  });
});

describe('POST /v1/invoices/{id}/finalize', () => {
  const finalize = (invoice: { id: string }) => api.call('POST', `/invoices/${invoice.id}/finalize`);

  test('200 before its time, in the order of periods; then 409 invoice_not_draft', async () => {
    await api.call('PATCH', '/account', { finalization_delay: 2_592_000 });
    const { clock, subscription } = await world.subscribed('2027-01-15T00:00:00Z');
    await world.setClock(clock, '2027-03-15T00:00:00Z');
    await trigger({ subscription_id: subscription.id });
    await api.call('PATCH', '/account', { finalization_delay: 3600 });
    const [second, first] = await invoicesOf(subscription, '&status=draft');
    const early = await finalize(second);
    expect([early.status, early.body.error.code]).toEqual([409, 'earlier_invoice_is_draft']);
    expect((await finalize(first)).body).toMatchObject({ status: 'open', total: '20.00' });
    const reply = await finalize(second);
    expect([reply.status, reply.body.status, reply.body.number]).toEqual([200, 'open', expect.stringMatching(/^INV-/)]);
    const again = await finalize(second);
    expect([again.status, again.body.error.code]).toEqual([409, 'invoice_not_draft']);
  });
});

describe('POST /v1/invoices/{id}/void', () => {
  const voidIt = (invoice: { id: string }, body: object = {}) => api.call('POST', `/invoices/${invoice.id}/void`, body);

  test('200 keeps the number and says why; usage of the open period comes again; then 409 invoice_already_void', async () => {
    const { clock, customer, subscription } = await world.subscribed();
    await world.calls(customer, '2027-01-05T00:00:00Z', 5);
    await world.setClock(clock, '2027-01-10T00:00:00Z');
    const { body: invoice } = await trigger({ subscription_id: subscription.id });
    const reply = await voidIt(invoice, { reason: 'wrong price' });
    expect(reply.body).toMatchObject({
      status: 'void',
      number: invoice.number,
      void_reason: 'wrong price',
      voided_at: '2027-01-10T00:00:00Z',
      total: '0.50',
    });
    expect((await trigger({ subscription_id: subscription.id })).body.total).toBe('0.50');
    const again = await voidIt(invoice);
    expect([again.status, again.body.error.code]).toEqual([409, 'invoice_already_void']);
  });

  test('409 newer_invoice_exists for all but the newest of a period', async () => {
    const { clock, customer, subscription } = await world.subscribed();
    const made = [];
    for (const day of ['05', '12']) {
      await world.calls(customer, `2027-01-${day}T00:00:00Z`, 1);
      await world.setClock(clock, `2027-01-${day}T06:00:00Z`);
      made.push((await trigger({ subscription_id: subscription.id })).body);
    }
    const [older, newer] = made;
    const refused = await voidIt(older);
    expect([refused.status, refused.body.error.code]).toEqual([409, 'newer_invoice_exists']);
    expect((await voidIt(newer)).status).toBe(200);
    expect((await voidIt(older)).status).toBe(200);
  });

  test('200 with a replacement, linked both ways, for a reissue', async () => {
    const { clock, customer, subscription } = await world.subscribed();
    await world.calls(customer, '2027-01-05T00:00:00Z', 12);
    await world.setClock(clock, '2027-01-10T00:00:00Z');
    const { body: first } = await trigger({ subscription_id: subscription.id });
    await world.calls(customer, '2027-01-06T00:00:00Z', 3);
    const reply = await voidIt(first, { reissue: true, reason: 'wrong address' });
    expect([reply.status, reply.body.status, reply.body.total]).toEqual([200, 'void', '1.20']);
    const { body: second } = await api.call('GET', `/invoices/${reply.body.replaced_by}`);
    expect([second.replaces, second.sequence, second.kind, second.total]).toEqual([first.id, 1, 'interim', '1.50']);
  });
});

describe('GET /v1/invoices', () => {
  test('filters by customer, status and the end of the period, half-open', async () => {
    const { clock, customer, subscription } = await world.subscribed();
    await world.setClock(clock, '2027-03-01T00:30:00Z');
    await trigger({ subscription_id: subscription.id });
    const list = async (query: string) => {
      const { body } = await api.call('GET', `/invoices?customer_id=${encodeURIComponent(customer)}${query}`);
      return body.data.map((invoice: { period_number: number }) => invoice.period_number);
    };
    expect(await list('')).toEqual([1, 0]);
    expect(await list('&status=draft')).toEqual([1]);
    expect(await list('&status=open')).toEqual([0]);
    expect(await list('&from=2027-02-01T00:00:00Z&to=2027-03-01T00:00:00Z')).toEqual([0]);
    expect(await list('&from=2027-02-01T00:00:00.000001Z')).toEqual([1]);
    expect((await api.call('GET', '/invoices?customer_id=nobody')).body.data).toEqual([]);
    expect((await api.call('GET', '/invoices?status=paidd')).status).toBe(400);
    expect((await api.call('GET', '/invoices?from=yesterday')).body.error.param).toBe('from');
  });
});
