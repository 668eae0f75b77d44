import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DecimalText } from '../../../src/domain/decimal.ts';
import { newId } from '../../../src/platform/new-id.ts';
import type { Tenant } from '../../../src/storage/database.ts';
import { insertInvoiceTaxes } from '../../../src/storage/invoice-taxes.ts';
import { lockTaxRate } from '../../../src/storage/tax-rates.ts';
import { untilWaiting } from '../../support/lock-waits.ts';
import { type Reply, startTestApi, type TestApi } from '../../support/api.ts';

const TEST: Tenant = { accountId: 1, livemode: false };

let api: TestApi;
let invoiceId: string;
beforeAll(async () => {
  api = await startTestApi();
  await api.call('PATCH', '/account', { finalization_delay: 86_400 });
  await api.call('POST', '/customers', { external_id: 'billed' });
  const charges = [{ pricing_model: 'flat', amount: '10' }];
  const plan = await api.call('POST', '/pricing-plans', { name: 'p', billing_period: 'daily', charges });
  const startDate = new Date(Date.now() - 30 * 3_600_000).toISOString();
  await api.call('POST', '/subscriptions', { customer_id: 'billed', plan_id: plan.body.id, start_date: startDate });
  // Any command first carries out what is due: the first period ended six hours ago.
  await api.call('PATCH', '/customers/billed', {});
  const { body } = await api.call('GET', '/invoices?status=draft');
  invoiceId = body.data[0].id;
});
afterAll(() => api.close());

async function newRate(fields: object = {}): Promise<Reply['body']> {
  const reply = await api.call('POST', '/tax-rates', { name: 'VAT', percentage: '20', ...fields });
  expect([reply.status, reply.body.object]).toEqual([201, 'tax_rate']);
  return reply.body;
}

async function newCustomer(taxRateIds: readonly string[]): Promise<string> {
  const externalId = newId('request');
  const reply = await api.call('POST', '/customers', { external_id: externalId, tax_rate_ids: taxRateIds });
  expect(reply.status).toBe(201);
  return externalId;
}

async function ratesOf(customer: string): Promise<string[]> {
  return (await api.call('GET', `/customers/${customer}`)).body.tax_rate_ids;
}

/** Puts the rate on an invoice, a draft that stays one. */
async function use(rate: Reply['body']): Promise<void> {
  const { name, inclusive } = rate;
  const terms = { name, inclusive, percentage: rate.percentage as DecimalText, taxable: '10.00', amount: '2.00' };
  const { body } = await api.call('GET', `/invoices/${invoiceId}`);
  const row = { invoiceId, position: body.taxes.length, taxRateId: rate.id, ...terms };
  await api.db.transaction((tx) => insertInvoiceTaxes(tx, TEST, [row]));
}

const change = (id: string, body: object) => api.call('PATCH', `/tax-rates/${id}`, body);

describe('POST /v1/tax-rates', () => {
  test('201 with every field; exclusive unless said otherwise', async () => {
    const reply = await api.call('POST', '/tax-rates', { name: 'VAT', percentage: '20' });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      id: expect.stringMatching(/^txr_[0-9a-z]{26}$/),
      object: 'tax_rate',
      livemode: false,
      created_at: expect.stringMatching(/Z$/),
      name: 'VAT',
      percentage: '20',
      inclusive: false,
      replaced_by: null,
      archived_at: null,
      metadata: {},
    });
    expect((await api.call('GET', `/tax-rates/${reply.body.id}`)).body).toEqual(reply.body);
  });

  test.each([
    [0, '0'],
    ['100', '100'],
    [19.6, '19.6'],
    ['9.9750', '9.975'],
    ['0.000000000001', '0.000000000001'],
  ])('201 keeps %j per cent exactly', async (percentage, answered) => {
    expect(await newRate({ percentage, inclusive: true, metadata: { a: 'b' } })).toMatchObject({
      percentage: answered,
      inclusive: true,
      metadata: { a: 'b' },
    });
  });

  test.each([
    [{ percentage: '5' }, 'name', 'missing'],
    [{ name: '', percentage: '5' }, 'name', 'too_short'],
    [{ name: 'x' }, 'percentage', 'missing'],
    [{ name: 'x', percentage: '-1' }, 'percentage', 'too_small'],
    [{ name: 'x', percentage: '100.000000000001' }, 'percentage', 'too_large'],
    [{ name: 'x', percentage: '1.0000000000001' }, 'percentage', 'not_a_decimal'],
    [{ name: 'x', percentage: 'NaN' }, 'percentage', 'not_a_decimal'],
    [{ name: 'x', percentage: '1e1' }, 'percentage', 'not_a_decimal'],
    [{ name: 'x', percentage: null }, 'percentage', 'wrong_type'],
    [{ name: 'x', percentage: '5', inclusive: 'no' }, 'inclusive', 'wrong_type'],
    [{ name: 'x', percentage: '5', replaced_by: 'txr_1' }, 'replaced_by', 'unknown_field'],
  ])('400, case %#', async (body, param, code) => {
    const reply = await api.call('POST', '/tax-rates', body);
    expect(reply.status).toBe(400);
    expect(reply.body.error.details).toEqual([{ param, code, message: expect.any(String) }]);
  });
});

describe('GET /v1/tax-rates', () => {
  test('200 newest first, page by page, replaced ones too', async () => {
    const rate = await newRate({ name: 'old' });
    await use(rate);
    const { body: replacement } = await change(rate.id, { name: 'new' });
    const first = await api.call('GET', '/tax-rates?limit=1');
    const second = await api.call('GET', `/tax-rates?limit=1&cursor=${first.body.next_cursor}`);
    expect([first, second].map(({ body }) => body.data[0].id)).toEqual([replacement.id, rate.id]);
  });

  test('404 for an id that does not exist', async () => {
    const reply = await api.call('GET', '/tax-rates/txr_none');
    expect([reply.status, reply.body.error.code]).toEqual([404, 'not_found']);
  });
});

describe('PATCH /v1/tax-rates/{id}', () => {
  test('200 changes a rate that stands on no invoice in place, whoever holds it', async () => {
    const rate = await newRate();
    const customer = await newCustomer([rate.id]);
    const terms = { name: 'GST', percentage: '5', inclusive: true, metadata: { k: 'v' } };
    const reply = await change(rate.id, terms);
    expect([reply.status, reply.body]).toEqual([200, { ...rate, ...terms }]);
    expect(await ratesOf(customer)).toEqual([rate.id]);
  });

  test.each([{ name: 'GST' }, { percentage: '21' }, { inclusive: true }])(
    '200 replaces a rate that stands on an invoice, for %j: the new one takes its place everywhere',
    async (terms) => {
      const [rate, other] = [await newRate({ metadata: { k: 'v' } }), await newRate({ percentage: '1' })];
      const isOfOtherKind = 'inclusive' in terms;
      const customer = await newCustomer(isOfOtherKind ? [rate.id] : [other.id, rate.id]);
      await api.call('PATCH', '/account', { tax_rate_ids: [rate.id] });
      await use(rate);

      const { status, body } = await change(rate.id, terms);
      expect(status).toBe(200);
      expect(body).toEqual({ ...rate, ...terms, id: expect.not.stringMatching(rate.id), created_at: body.created_at });
      expect((await api.call('GET', `/tax-rates/${rate.id}`)).body).toEqual({
        ...rate,
        replaced_by: body.id,
        archived_at: expect.stringMatching(/Z$/),
      });
      expect(await ratesOf(customer)).toEqual(isOfOtherKind ? [body.id] : [other.id, body.id]);
      expect((await api.call('GET', '/account')).body.tax_rate_ids).toEqual([body.id]);

      const repeat = await change(rate.id, terms);
      expect([repeat.status, repeat.body]).toEqual([200, body]);
      const { body: invoice } = await api.call('GET', `/invoices/${invoiceId}`);
      expect(invoice.taxes.at(-1)).toMatchObject({ tax_rate_id: rate.id, name: 'VAT', percentage: '20' });
    },
  );

  test('200 keeps a rate that stands on an invoice when its terms stay: metadata is its own', async () => {
    const rate = await newRate();
    await use(rate);
    const same = { name: 'VAT', percentage: '20.0', inclusive: false, metadata: { seen: 'yes' } };
    const reply = await change(rate.id, same);
    expect([reply.status, reply.body]).toEqual([200, { ...rate, metadata: { seen: 'yes' } }]);
  });

  test('404 for an id that does not exist', async () => {
    expect((await change('txr_none', { name: 'x' })).status).toBe(404);
  });

  test('409 for a rate that was replaced', async () => {
    const rate = await newRate();
    await use(rate);
    const { body } = await change(rate.id, { percentage: '7' });
    const reply = await change(rate.id, { percentage: '8' });
    expect([reply.status, reply.body.error.code]).toEqual([409, 'tax_rate_archived']);
    expect(reply.body.error.message).toContain(body.id);
  });

  test.each(['customer', 'account'] as const)(
    '400 when it would stand beside one of the other kind at a %s, and nothing changes',
    async (holder) => {
      const [rate, other] = [await newRate(), await newRate()];
      const ids = [rate.id, other.id];
      const customer = await newCustomer(holder === 'customer' ? ids : []);
      await api.call('PATCH', '/account', { tax_rate_ids: holder === 'account' ? ids : [] });
      for (const isUsed of [false, true]) {
        if (isUsed) await use(rate);
        const reply = await change(rate.id, { inclusive: true, percentage: '1' });
        expect([reply.status, reply.body.error.code, reply.body.error.param]).toEqual([
          400,
          'mixed_tax_rates',
          'inclusive',
        ]);
        expect(reply.body.error.message).toContain(holder === 'customer' ? customer : 'account');
      }
      expect((await api.call('GET', `/tax-rates/${rate.id}`)).body).toEqual(rate);
    },
  );

  test.each([
    [{ name: null }, 'name', 'wrong_type'],
    [{ percentage: '101' }, 'percentage', 'too_large'],
    [{ inclusive: null }, 'inclusive', 'wrong_type'],
    [{ archived_at: null }, 'archived_at', 'unknown_field'],
  ])('400, case %#', async (body, param, code) => {
    const reply = await change((await newRate()).id, body);
    expect(reply.status).toBe(400);
    expect(reply.body.error.details).toEqual([{ param, code, message: expect.any(String) }]);
  });

  test('changes of a rate and of who holds it take turns, so that kinds never mix', async () => {
    const [rate, other] = [await newRate(), await newRate()];
    const customer = await newCustomer([rate.id]);
    const give = () => api.call('PATCH', `/customers/${customer}`, { tax_rate_ids: [rate.id, other.id] });
    let given: Promise<Reply> | undefined;
    let changed: Promise<Reply> | undefined;
    await api.db.transaction(async (tx) => {
      await lockTaxRate(tx, TEST, rate.id);
      given = give();
      changed = change(rate.id, { inclusive: true });
      await untilWaiting(api.db, 2);
    });
    const statuses = await Promise.all([given, changed]).then((replies) => replies.map((reply) => reply?.status));
    expect(statuses.sort()).toEqual([200, 400]);
  });
});
