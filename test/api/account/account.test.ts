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
    [{ tax_rate_ids: ['txr_1'] }, 'tax_rate_ids', 'unsupported_field'],
    [{ timezon: 'UTC' }, 'timezon', 'unknown_field'],
  ])('400, case %#', async (body, param, code) => {
    const reply = await api.call('PATCH', '/account', body);
    expect(reply.status).toBe(400);
    expect(reply.body.error.details).toEqual([{ param, code, message: expect.any(String) }]);
  });
});
