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

/** An invoice of 20.00 and 1.00. */
async function openInvoice() {
  const { clock, customer, subscription } = await world.subscribed();
  await world.calls(customer, '2027-01-05T00:00:00Z', 10);
  await world.setClock(clock, '2027-02-02T12:00:00Z');
  await api.call('POST', '/invoices', { subscription_id: subscription.id });
  const { body } = await api.call('GET', `/invoices?subscription_id=${subscription.id}`);
  const [invoice] = body.data;
  return { clock, customer, subscription, invoice };
}

const credit = (body: object, headers: Record<string, string> = {}) =>
  api.call('POST', '/credit-notes', body, { headers });

describe('POST /v1/credit-notes', () => {
  test('201 with the note of one line, and the invoice owes that much less', async () => {
    const { customer, invoice } = await openInvoice();
    const [fee] = invoice.lines;
    const reply = await credit({
      invoice_id: invoice.id,
      lines: [{ line_id: fee.id, amount: '7.5' }],
      reason: 'outage',
      metadata: { ticket: '17' },
    });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      id: expect.stringMatching(/^cn_/),
      object: 'credit_note',
      livemode: false,
      created_at: '2027-02-02T12:00:00Z',
      number: expect.stringMatching(/^CN-\d{6}$/),
      invoice_id: invoice.id,
      customer_id: customer,
      currency: 'USD',
      reason: 'outage',
      lines: [{ line_id: fee.id, description: fee.description, amount: '7.50' }],
      subtotal: '7.50',
      taxes: [],
      tax_total: '0.00',
      total: '7.50',
      amount_applied_to_invoice: '7.50',
      amount_to_balance: '0.00',
      metadata: { ticket: '17' },
    });
    expect((await api.call('GET', `/invoices/${invoice.id}`)).body).toEqual({
      ...invoice,
      amount_credited: '7.50',
      amount_due: '13.50',
    });
    expect((await api.call('GET', `/credit-notes/${reply.body.id}`)).body).toEqual(reply.body);
  });

  test('201 with all that is left, which is balance where nothing is due', async () => {
    const { customer, invoice } = await openInvoice();
    await credit({ invoice_id: invoice.id, lines: [{ line_id: invoice.lines[1].id }] });
    await api.call('POST', `/invoices/${invoice.id}/pay`);
    expect((await credit({ invoice_id: invoice.id })).body).toMatchObject({
      lines: [{ line_id: invoice.lines[0].id, amount: '20.00' }],
      total: '20.00',
      amount_applied_to_invoice: '0.00',
      amount_to_balance: '20.00',
    });
    const { body } = await api.call('GET', `/customers/${encodeURIComponent(customer)}/balance`);
    expect(body.balance).toBe('20.00');
  });

  test('201 once for one Idempotency-Key, also when the first answer was lost after it was issued', async () => {
    const { invoice } = await openInvoice();
    const headers = { 'Idempotency-Key': 'credit once' };
    const first = await credit({ invoice_id: invoice.id }, headers);
    await api.db.pool.query(`update idempotency_keys set response_status = null, response_body = null,
      locked_until = now() - interval '1 minute' where key = 'credit once'`);
    const again = await credit({ invoice_id: invoice.id }, headers);
    expect([again.status, again.body]).toEqual([201, first.body]);
  });

  test('400 for what no line can give, with the code and the path', async () => {
    const { invoice } = await openInvoice();
    const [fee, calls] = invoice.lines;
    const refused = async (...lines: object[]) => {
      const { status, body } = await credit({ invoice_id: invoice.id, lines });
      return [status, body.error.code, body.error.param];
    };
    expect(await refused({ line_id: fee.id, amount: 20.01 })).toEqual([400, 'credit_exceeds_line', 'lines[0].amount']);
    expect(await refused({ line_id: fee.id, amount: '0.001' })).toEqual([400, 'invalid_body', 'lines[0].amount']);
    expect(await refused({ line_id: fee.id, amount: 0 })).toEqual([400, 'invalid_body', 'lines[0].amount']);
    expect(await refused({ line_id: 'il_none' })).toEqual([400, 'invalid_body', 'lines[0].line_id']);
    expect(await refused({ line_id: fee.id }, { line_id: fee.id })).toEqual([400, 'invalid_body', 'lines[1].line_id']);
    expect(await refused()).toEqual([400, 'invalid_body', 'lines']);
    const { body } = await credit({
      invoice_id: invoice.id,
      lines: [{ line_id: 'il_none' }, { line_id: calls.id, amount: 1.01 }],
    });
    expect(body.error).toMatchObject({
      code: 'invalid_body',
      details: [
        { param: 'lines[0].line_id', code: 'unknown_name' },
        { param: 'lines[1].amount', code: 'credit_exceeds_line' },
      ],
    });
  });

  test('404 for an invoice of nothing', async () => {
    const reply = await credit({ invoice_id: 'inv_none' });
    expect([reply.status, reply.body.error.param]).toEqual([404, 'invoice_id']);
  });

  test('409 for an invoice of which nothing is left, that is void, or a draft', async () => {
    const refused = async (invoice: { id: string }) => {
      const { status, body } = await credit({ invoice_id: invoice.id });
      return [status, body.error.code];
    };
    const { clock, subscription, invoice } = await openInvoice();
    await credit({ invoice_id: invoice.id });
    expect(await refused(invoice)).toEqual([409, 'nothing_to_credit']);
    const voided = (await openInvoice()).invoice;
    await api.call('POST', `/invoices/${voided.id}/void`);
    expect(await refused(voided)).toEqual([409, 'invoice_is_void']);
    await world.setClock(clock, '2027-03-01T00:30:00Z');
    await api.call('POST', '/invoices', { subscription_id: subscription.id });
    const { body } = await api.call('GET', `/invoices?subscription_id=${subscription.id}&status=draft`);
    expect(await refused(body.data[0])).toEqual([409, 'invoice_is_draft']);
  });
});

describe('POST /v1/invoices/{id}/void', () => {
  test('409 invoice_has_credit_notes', async () => {
    const { invoice } = await openInvoice();
    await credit({ invoice_id: invoice.id });
    const reply = await api.call('POST', `/invoices/${invoice.id}/void`);
    expect([reply.status, reply.body.error.code]).toEqual([409, 'invoice_has_credit_notes']);
  });
});

describe('GET /v1/credit-notes', () => {
  test('200 by customer and by invoice, newest first, page by page; 404 for an id of nothing', async () => {
    const { customer, invoice } = await openInvoice();
    const [fee] = invoice.lines;
    const made: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      const { body } = await credit({ invoice_id: invoice.id, lines: [{ line_id: fee.id, amount: 1 }] });
      made.unshift(body.id);
    }
    await credit({ invoice_id: (await openInvoice()).invoice.id });
    const filters = [`customer_id=${encodeURIComponent(customer)}`, `invoice_id=${invoice.id}`];
    for (const filter of [...filters, filters.join('&')]) {
      const found: string[] = [];
      let cursor = '';
      for (;;) {
        const { body } = await api.call('GET', `/credit-notes?${filter}&limit=2${cursor}`);
        found.push(...body.data.map((note: { id: string }) => note.id));
        if (!body.has_more) break;
        cursor = `&cursor=${body.next_cursor}`;
      }
      expect(found).toEqual(made);
    }
    expect((await api.call('GET', '/credit-notes?customer_id=nobody')).body.data).toEqual([]);
    expect((await api.call('GET', '/credit-notes/cn_none')).status).toBe(404);
  });
});
