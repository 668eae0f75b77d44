import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

describe('GET /v1/account', () => {
  test('200 with every setting', async () => {
    const reply = await api.call('GET', '/account');
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual({
      id: expect.stringMatching(/^acct_[0-9a-z]{26}$/),
      object: 'account',
      livemode: false,
      created_at: expect.stringMatching(/Z$/),
      name: 'My account',
      email: null,
      address: null,
      currency: 'USD',
      timezone: 'UTC',
      invoice_prefix: 'INV',
      finalization_delay: 3600,
      net_days: 30,
      tax_rate_ids: [],
      metadata: {},
    });
  });
});

describe('PATCH /v1/account', () => {
  test('200 changes what is given; new customers get the new defaults', async () => {
    const change = {
      currency: 'JPY',
      timezone: 'Asia/Tokyo',
      invoice_prefix: 'A-1',
      finalization_delay: 0,
      net_days: 0,
    };
    const reply = await api.call('PATCH', '/account', { ...change, metadata: { a: 'b' }, tax_rate_ids: [] });
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({ ...change, name: 'My account', metadata: { a: 'b' } });
    const { body } = await api.call('POST', '/customers', { external_id: 'new' });
    expect(body).toMatchObject({ currency: 'JPY', timezone: null });
  });

  test('two changes at once of different settings both count', async () => {
    await Promise.all([api.call('PATCH', '/account', { name: 'A' }), api.call('PATCH', '/account', { net_days: 7 })]);
    expect((await api.call('GET', '/account')).body).toMatchObject({ name: 'A', net_days: 7 });
  });

  test('200 changes nothing for an empty change', async () => {
    const before = await api.call('GET', '/account');
    expect((await api.call('PATCH', '/account', {})).body).toEqual(before.body);
  });

  test.each([
    [{ currency: 'XYZ' }, 'currency', 'invalid_value'],
    [{ currency: null }, 'currency', 'wrong_type'],
    [{ timezone: 'Nowhere' }, 'timezone', 'invalid_value'],
    [{ invoice_prefix: '' }, 'invoice_prefix', 'invalid_value'],
    [{ invoice_prefix: 'x'.repeat(21) }, 'invoice_prefix', 'invalid_value'],
    [{ finalization_delay: -1 }, 'finalization_delay', 'too_small'],
    [{ finalization_delay: 2_592_001 }, 'finalization_delay', 'too_large'],
    [{ net_days: 1.5 }, 'net_days', 'wrong_type'],
    [{ net_days: 366 }, 'net_days', 'too_large'],
    [{ name: '' }, 'name', 'too_short'],
    [{ email: 'nobody' }, 'email', 'invalid_value'],
    [{ address: { street: 'x' } }, 'address.street', 'unknown_field'],
    [{ tax_rate_ids: null }, 'tax_rate_ids', 'wrong_type'],
    [{ tax_rate_ids: ['txr_1', 'txr_1'] }, 'tax_rate_ids[1]', 'duplicate'],
    [{ timezon: 'UTC' }, 'timezon', 'unknown_field'],
  ])('400, case %#', async (body, param, code) => {
    const reply = await api.call('PATCH', '/account', body);
    expect(reply.status).toBe(400);
    expect(reply.body.error.details).toEqual([{ param, code, message: expect.any(String) }]);
  });

  test('200 sets who sells: name, email and address, which invoices copy', async () => {
    const address = {
      line1: 'Torstr. 1',
      line2: null,
      city: 'Berlin',
      state: null,
      postal_code: '10119',
      country: 'DE',
    };
    const seller = { name: 'Seller Ltd.', email: 'billing@seller.example', address };
    const { status, body } = await api.call('PATCH', '/account', {
      ...seller,
      address: { ...address, line2: undefined },
    });
    expect([status, body]).toEqual([200, expect.objectContaining(seller)]);
    const none = await api.call('PATCH', '/account', { email: null, address: null });
    expect(none.body).toMatchObject({ name: 'Seller Ltd.', email: null, address: null });
  });

  test('200 sets the tax rates of customers without their own, each mode its own', async () => {
    const rate = await newRate('5', false);
    const other = await newRate('9.975', false);
    const taxRateIds = [other, rate];
    expect((await api.call('PATCH', '/account', { tax_rate_ids: taxRateIds })).body.tax_rate_ids).toEqual(taxRateIds);
    expect((await api.call('PATCH', '/account', { net_days: 8 })).body.tax_rate_ids).toEqual(taxRateIds);
    expect((await api.call('GET', '/account', undefined, { key: api.liveKey })).body.tax_rate_ids).toEqual([]);
    expect((await api.call('PATCH', '/account', { tax_rate_ids: [] })).body.tax_rate_ids).toEqual([]);
  });

  test('400 for tax rates of both kinds, 404 for one of another mode; neither changes anything', async () => {
    const rate = await newRate('5', false);
    const mixed = await api.call('PATCH', '/account', {
      name: 'Other',
      tax_rate_ids: [rate, await newRate('5', true)],
    });
    expect([mixed.status, mixed.body.error.code, mixed.body.error.param]).toEqual([
      400,
      'mixed_tax_rates',
      'tax_rate_ids',
    ]);
    const foreign = await api.call('PATCH', '/account', { name: 'Other', tax_rate_ids: [rate] }, { key: api.liveKey });
    expect([foreign.status, foreign.body.error.code, foreign.body.error.param]).toEqual([
      404,
      'not_found',
      'tax_rate_ids[0]',
    ]);
    for (const key of [api.testKey, api.liveKey]) {
      const { body } = await api.call('GET', '/account', undefined, { key });
      expect([body.name, body.tax_rate_ids]).toEqual([expect.not.stringMatching('Other'), []]);
    }
  });
});

async function newRate(percentage: string, inclusive: boolean): Promise<string> {
  return (await api.call('POST', '/tax-rates', { name: 'VAT', percentage, inclusive })).body.id;
}
