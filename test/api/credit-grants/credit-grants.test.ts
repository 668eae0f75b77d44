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

const grant = (body: object) => api.call('POST', '/credit-grants', body);

describe('POST /v1/credit-grants', () => {
  test('201 with every field; without rollover it ends with the running period', async () => {
    const { customer } = await world.subscribed();
    const reply = await grant({ customer_id: customer, amount: 1000 });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      id: expect.stringMatching(/^cg_[0-9a-z]{26}$/),
      object: 'credit_grant',
      livemode: false,
      created_at: '2027-01-01T00:00:00Z',
      customer_id: customer,
      name: null,
      amount: '1000',
      balance: '1000',
      effective_at: '2027-01-01T00:00:00Z',
      expires_at: null,
      rollover: false,
      priority: 50,
      event_names: null,
      subscription_id: null,
      status: 'active',
      ends_at: '2027-02-01T00:00:00Z',
      ends_by: 'period',
      revoked_at: null,
      metadata: {},
    });
    expect((await api.call('GET', `/credit-grants/${reply.body.id}`)).body).toEqual(reply.body);
  });

  test('201 keeps what was sent', async () => {
    const { customer, subscription } = await world.subscribed();
    const sent = {
      amount: '12345678901234567890.000000000001',
      rollover: true,
      effective_at: '2027-01-02T00:00:00.000001Z',
      priority: 0,
      event_names: ['call', 'other'],
      subscription_id: subscription.id,
      name: 'bonus',
      metadata: { a: 'b' },
    };
    const reply = await grant({ ...sent, customer_id: customer, expires_in_days: 30 });
    expect(reply.body).toMatchObject({ ...sent, expires_at: '2027-02-01T00:00:00.000001Z', ends_by: 'expiry' });
  });

  test.each([
    [{ amount: undefined }, 'amount', 'missing'],
    [{ amount: 0 }, 'amount', 'too_small'],
    [{ amount: '0.000' }, 'amount', 'too_small'],
    [{ amount: -5 }, 'amount', 'too_small'],
    [{ amount: '1e3' }, 'amount', 'not_a_decimal'],
    [{ amount: '1'.repeat(31) }, 'amount', 'not_a_decimal'],
    [{ expires_in_days: 0 }, 'expires_in_days', 'too_small'],
    [{ expires_in_days: 1.5 }, 'expires_in_days', 'wrong_type'],
    [{ rollover: 'yes' }, 'rollover', 'wrong_type'],
    [{ priority: 101 }, 'priority', 'too_large'],
    [{ event_names: [] }, 'event_names', 'too_few'],
    [{ effective_at: '2027-01-01' }, 'effective_at', 'not_an_instant'],
    [{ expires_in_day: 1 }, 'expires_in_day', 'unknown_field'],
  ])('400, case %#', async (fields, param, code) => {
    const { customer } = await world.subscribed();
    const reply = await grant({ customer_id: customer, amount: 1, ...fields });
    expect(reply.status).toBe(400);
    expect(reply.body.error.details).toEqual([{ param, code, message: expect.any(String) }]);
  });

  test('the ends of time are no server error', async () => {
    const { customer } = await world.subscribed();
    for (const effective_at of ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z']) {
      const reply = await grant({
        customer_id: customer,
        amount: 1,
        effective_at,
        expires_in_days: 36_500,
        rollover: true,
      });
      expect([201, 400]).toContain(reply.status);
    }
  });

  test('404 for a customer or subscription that does not exist, 409 for an archived customer', async () => {
    const { customer: known } = await world.subscribed();
    expect((await grant({ customer_id: known, amount: 1, subscription_id: 'sub_none' })).body.error).toMatchObject({
      code: 'not_found',
      param: 'subscription_id',
    });
    expect((await grant({ customer_id: 'nobody', amount: 1 })).body.error).toMatchObject({
      code: 'not_found',
      param: 'customer_id',
    });
    const customer = world.name();
    await world.make('/customers', { external_id: customer });
    await api.call('DELETE', `/customers/${encodeURIComponent(customer)}`);
    const reply = await grant({ customer_id: customer, amount: 1 });
    expect([reply.status, reply.body.error.code]).toEqual([409, 'customer_archived']);
  });
});

describe('a grant’s ledger', () => {
  test('tells what was granted and what each invoice line drew', async () => {
    const { clock, customer, subscription } = await world.subscribed();
    const { id } = await world.make('/credit-grants', { customer_id: customer, amount: 10, rollover: true });
    await world.calls(customer, '2027-01-05T00:00:00Z', 12);
    await world.setClock(clock, '2027-01-10T00:00:00Z');
    const invoice = await world.make('/invoices', { subscription_id: subscription.id });
    expect(invoice).toMatchObject({ total: '0.20', lines: [{ credited_quantity: '10', billable_quantity: '2' }] });
    const { body } = await api.call('GET', `/credit-grants/${id}/entries`);
    expect(body.data).toEqual([
      {
        id: expect.stringMatching(/^ce_/),
        object: 'credit_entry',
        livemode: false,
        created_at: '2027-01-10T00:00:00Z',
        grant_id: id,
        kind: 'consumed',
        amount: '-10',
        balance_after: '0',
        invoice_id: invoice.id,
        line_id: invoice.lines[0].id,
        charge_id: invoice.lines[0].charge_id,
        subscription_id: subscription.id,
        period_number: 0,
        metadata: {},
      },
      expect.objectContaining({ kind: 'granted', amount: '10', balance_after: '10', invoice_id: null }),
    ]);
    await api.call('POST', `/invoices/${invoice.id}/void`, {});
    expect((await api.call('GET', `/credit-grants/${id}`)).body.balance).toBe('10');
  });
});

describe('POST /v1/credit-grants/{id}/revoke', () => {
  test('200 writes off what is left; then 409 grant_ended', async () => {
    const customer = world.name();
    await world.make('/customers', { external_id: customer });
    const { id } = await world.make('/credit-grants', { customer_id: customer, amount: 10, rollover: true });
    const reply = await api.call('POST', `/credit-grants/${id}/revoke`);
    expect(reply.body).toMatchObject({
      status: 'ended',
      ends_by: 'revoke',
      balance: '0',
      revoked_at: expect.any(String),
    });
    const again = await api.call('POST', `/credit-grants/${id}/revoke`);
    expect([again.status, again.body.error.code]).toEqual([409, 'grant_ended']);
  });
});

describe('GET /v1/credit-grants', () => {
  test('filters by customer', async () => {
    const { customer } = await world.subscribed();
    const made = await world.make('/credit-grants', { customer_id: customer, amount: 1 });
    const { body } = await api.call('GET', `/credit-grants?customer_id=${encodeURIComponent(customer)}`);
    expect(body.data).toEqual([made]);
    expect((await api.call('GET', '/credit-grants?customer_id=nobody')).body.data).toEqual([]);
  });
});
