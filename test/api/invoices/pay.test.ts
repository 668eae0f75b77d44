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

const pay = (invoice: { id: string }, body: object = {}, headers: Record<string, string> = {}) =>
  api.call('POST', `/invoices/${invoice.id}/pay`, body, { headers });

/** An open invoice of 20.00, at noon of 2 February 2027. */
async function openInvoice() {
  const { clock, subscription } = await world.subscribed();
  await world.setClock(clock, '2027-02-02T12:00:00Z');
  await api.call('POST', '/invoices', { subscription_id: subscription.id });
  const { body } = await api.call('GET', `/invoices?subscription_id=${subscription.id}`);
  return { clock, subscription, invoice: body.data[0] };
}

describe('POST /v1/invoices/{id}/pay', () => {
  test('200 with the invoice and its payments; all that is due unless an amount is given', async () => {
    const { invoice } = await openInvoice();
    const first = await pay(invoice, {
      amount: '7.5',
      method: 'card',
      reference: 'ch_1',
      paid_at: '2027-02-02T12:59:59+00:00',
      metadata: { desk: '4' },
    });
    expect(first.status).toBe(200);
    const part = {
      id: expect.stringMatching(/^pay_/),
      amount: '7.50',
      currency: 'USD',
      method: 'card',
      reference: 'ch_1',
      paid_at: '2027-02-02T12:59:59Z',
      created_at: '2027-02-02T12:00:00Z',
      metadata: { desk: '4' },
    };
    expect(first.body).toEqual({
      ...invoice,
      payment_status: 'partially_paid',
      amount_paid: '7.50',
      amount_due: '12.50',
      payments: [part],
    });
    const rest = await pay(invoice);
    expect(rest.body).toMatchObject({ status: 'paid', payment_status: 'paid', paid_at: '2027-02-02T12:59:59Z' });
    expect(rest.body.payments).toEqual([
      part,
      {
        ...part,
        id: expect.stringMatching(/^pay_/),
        amount: '12.50',
        method: null,
        reference: null,
        paid_at: part.created_at,
        metadata: {},
      },
    ]);
    expect((await api.call('GET', `/invoices/${invoice.id}`)).body).toEqual(rest.body);
  });

  test('200 once for one Idempotency-Key, also when the first answer was lost after it was recorded', async () => {
    const { invoice } = await openInvoice();
    const headers = { 'Idempotency-Key': 'pay once' };
    const first = await pay(invoice, { amount: 5 }, headers);
    const again = await pay(invoice, { amount: 5 }, headers);
    expect([again.status, again.text]).toEqual([200, first.text]);
    await api.db.pool.query(`update idempotency_keys set response_status = null, response_body = null,
      locked_until = now() - interval '1 minute' where key = 'pay once'`);
    expect((await pay(invoice, { amount: 5 }, headers)).body).toEqual(first.body);
    expect((await pay(invoice, { amount: 5 })).body.amount_paid).toBe('10.00');
  });

  test('400 payment_exceeds_due for more than is due, and nothing is recorded', async () => {
    const { invoice } = await openInvoice();
    await pay(invoice, { amount: '15' });
    const reply = await pay(invoice, { amount: '5.01' });
    expect([reply.status, reply.body.error]).toEqual([
      400,
      expect.objectContaining({ code: 'payment_exceeds_due', param: 'amount', message: 'Only 5.00 USD is due.' }),
    ]);
    expect((await api.call('GET', `/invoices/${invoice.id}`)).body).toMatchObject({
      amount_paid: '15.00',
      payments: [{ amount: '15.00' }],
    });
  });

  test.each([
    ['an amount of 0', { amount: 0 }, 'amount', 'too_small'],
    ['an amount below 0', { amount: '-1' }, 'amount', 'too_small'],
    ['a part of a cent', { amount: '1.001' }, 'amount', 'invalid_value'],
    ['no number', { amount: 'all' }, 'amount', 'not_a_decimal'],
    ['a time more than an hour ahead', { paid_at: '2027-02-02T13:00:00.000001Z' }, 'paid_at', 'invalid_value'],
    ['no time', { paid_at: 'today' }, 'paid_at', 'not_an_instant'],
    ['a field that it does not know', { payed_at: null }, 'payed_at', 'unknown_field'],
  ])('400 for %s', async (_, body, param, code) => {
    const { invoice } = await openInvoice();
    const reply = await pay(invoice, body);
    expect([reply.status, reply.body.error.details]).toEqual([400, [expect.objectContaining({ param, code })]]);
  });

  test('404 for an id of nothing', async () => {
    expect((await pay({ id: 'inv_none' })).status).toBe(404);
  });

  test('409 for an invoice that is paid, void or a draft', async () => {
    const refused = async (invoice: { id: string }) => {
      const reply = await pay(invoice, { amount: '1000' });
      return [reply.status, reply.body.error.code];
    };
    const { clock, subscription, invoice } = await openInvoice();
    await pay(invoice);
    expect(await refused(invoice)).toEqual([409, 'invoice_is_paid']);
    const voided = (await openInvoice()).invoice;
    await api.call('POST', `/invoices/${voided.id}/void`);
    expect(await refused(voided)).toEqual([409, 'invoice_is_void']);
    await world.setClock(clock, '2027-03-01T00:30:00Z');
    await api.call('POST', '/invoices', { subscription_id: subscription.id });
    const { body } = await api.call('GET', `/invoices?subscription_id=${subscription.id}&status=draft`);
    expect(await refused(body.data[0])).toEqual([409, 'invoice_is_draft']);
  });
});
