import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/api.ts';
import { ApiWorld } from '../../support/api-world.ts';
import { sql } from '../../../src/storage/sql.ts';

let api: TestApi;
let world: ApiWorld;
beforeAll(async () => {
  api = await startTestApi();
  world = new ApiWorld(api);
});
afterAll(() => api.close());

describe('POST /v1/subscriptions', () => {
  test('201 with every field; it runs from the clock’s time', async () => {
    const { customer, plan, subscription } = await world.subscribed('2027-01-31T10:00:00Z', { metadata: { a: 'b' } });
    expect(subscription).toEqual({
      id: expect.stringMatching(/^sub_[0-9a-z]{26}$/),
      object: 'subscription',
      livemode: false,
      created_at: '2027-01-31T10:00:00Z',
      customer_id: customer,
      plan_id: plan,
      plan_version: 1,
      status: 'active',
      start_date: '2027-01-31T10:00:00Z',
      trial_end_date: null,
      current_period: { number: 0, start: '2027-01-31T10:00:00Z', end: '2027-02-28T10:00:00Z' },
      next_boundary_at: '2027-02-28T10:00:00Z',
      cancel_at: null,
      pause_at: null,
      resume_at: null,
      pending_plan: null,
      ended_at: null,
      attention: null,
      temporal_url: `http://temporal.test:8233/namespaces/durabill-test/workflows/${subscription.id}`,
      metadata: { a: 'b' },
    });
    expect((await api.call('GET', `/subscriptions/${subscription.id}`)).body).toEqual(subscription);
  });

  test('201 takes the customer’s cus_… too, and answers the external_id', async () => {
    const customer = world.name();
    const { id } = await world.make('/customers', { external_id: customer });
    const made = await world.make('/subscriptions', { customer_id: id, plan_id: await world.plan() });
    expect(made.customer_id).toBe(customer);
  });

  test.each([
    ['scheduled', { start_date: '2027-03-01' }, '2027-03-01T00:00:00Z', null],
    ['trialing', { trial_end_date: '2027-01-15T00:00:00Z' }, '2027-01-15T00:00:00Z', null],
    ['active', { start_date: '2026-11-01' }, '2026-12-01T00:00:00Z', 0],
    ['active', { start_date: '2026-11-01', trial_end_date: '2026-12-10' }, '2027-01-10T00:00:00Z', 0],
  ])('201 %s with %j', async (status, dates, boundary, number) => {
    const { subscription } = await world.subscribed('2027-01-01T00:00:00Z', dates);
    expect(subscription).toMatchObject({ status, next_boundary_at: boundary });
    expect(subscription.current_period?.number ?? null).toBe(number);
  });

  test('a date without time is midnight where the customer is', async () => {
    const clock = await world.clock('2027-01-01T00:00:00Z');
    const customer = world.name();
    await world.make('/customers', { external_id: customer, test_clock_id: clock, timezone: 'America/New_York' });
    const body = {
      customer_id: customer,
      plan_id: await world.plan(),
      start_date: '2026-12-01',
      trial_end_date: '2027-07-01',
    };
    expect(await world.make('/subscriptions', body)).toMatchObject({
      start_date: '2026-12-01T05:00:00Z',
      trial_end_date: '2027-07-01T04:00:00Z',
    });
  });

  test.each([
    [{ customer_id: undefined }, 'customer_id', 'missing'],
    [{ plan_id: 5 }, 'plan_id', 'wrong_type'],
    [{ plan_version: 0 }, 'plan_version', 'too_small'],
    [{ start_date: 'tomorrow' }, 'start_date', 'not_an_instant'],
    [{ start_date: '2027-02-30' }, 'start_date', 'not_an_instant'],
    [{ start_date: '2027-01-01T00:00:00' }, 'start_date', 'not_an_instant'],
    [{ start_date: 1735689600 }, 'start_date', 'wrong_type'],
    [{ trial_end_date: '2026-12-31' }, 'trial_end_date', 'invalid_value'],
    [{ start_date: '1001-01-01' }, 'start_date', 'invalid_value'],
    [{ custommer_id: 'x' }, 'custommer_id', 'unknown_field'],
  ])('400, case %#', async (fields, param, code) => {
    const clock = await world.clock('2027-01-01T00:00:00Z');
    const customer = world.name();
    await world.make('/customers', { external_id: customer, test_clock_id: clock });
    const body = { customer_id: customer, plan_id: await world.plan(), ...fields };
    const reply = await api.call('POST', '/subscriptions', body);
    expect(reply.status).toBe(400);
    expect(reply.body.error.details).toEqual([{ param, code, message: expect.any(String) }]);
  });

  test('400 currency_mismatch', async () => {
    const customer = world.name();
    await world.make('/customers', { external_id: customer, currency: 'EUR' });
    const reply = await api.call('POST', '/subscriptions', { customer_id: customer, plan_id: await world.plan() });
    expect([reply.status, reply.body.error.code]).toEqual([400, 'currency_mismatch']);
  });

  test('404 for a customer that does not exist', async () => {
    const reply = await api.call('POST', '/subscriptions', { customer_id: 'nobody', plan_id: await world.plan() });
    expect([reply.status, reply.body.error.code, reply.body.error.param]).toEqual([404, 'not_found', 'customer_id']);
  });

  test.each([
    [{ plan_id: 'plan_none' }, 'plan_id'],
    [{ plan_version: 9 }, 'plan_version'],
  ])('404 for a plan or version that does not exist, case %#', async (fields, param) => {
    const { customer, plan } = await world.subscribed();
    const body = { customer_id: customer, plan_id: plan, ...fields };
    const reply = await api.call('POST', '/subscriptions', body);
    expect([reply.status, reply.body.error.code, reply.body.error.param]).toEqual([404, 'not_found', param]);
  });

  test('409 for an archived plan or customer, and while the clock advances', async () => {
    const { clock, customer, plan } = await world.subscribed();
    const post = (body: object) =>
      api.call('POST', '/subscriptions', { customer_id: customer, plan_id: plan, ...body });
    await api.db.query(sql`update test_clocks set status = 'advancing' where id = ${clock}`);
    expect((await post({})).body.error.code).toBe('test_clock_advancing');
    await api.db.query(sql`update test_clocks set status = 'ready' where id = ${clock}`);
    await api.call('POST', `/pricing-plans/${plan}/archive`);
    expect((await post({})).body.error.code).toBe('plan_archived');
    const archived = world.name();
    await world.make('/customers', { external_id: archived });
    await api.call('DELETE', `/customers/${encodeURIComponent(archived)}`);
    const reply = await post({ customer_id: archived, plan_id: await world.plan() });
    expect([reply.status, reply.body.error.code]).toEqual([409, 'customer_archived']);
  });
});

describe('GET /v1/subscriptions', () => {
  test('filters by customer and status, in pages, newest first', async () => {
    const { customer, plan, subscription } = await world.subscribed();
    const later = await world.make('/subscriptions', {
      customer_id: customer,
      plan_id: plan,
      start_date: '2027-09-01',
    });
    const list = async (query: string) =>
      (await api.call('GET', `/subscriptions?customer_id=${encodeURIComponent(customer)}${query}`)).body;
    const ids = (page: { data: { id: string }[] }) => page.data.map(({ id }) => id);
    expect(ids(await list(''))).toEqual([later.id, subscription.id]);
    expect(ids(await list('&status=scheduled'))).toEqual([later.id]);
    const first = await list('&limit=1');
    expect(first).toMatchObject({ has_more: true, data: [{ id: later.id }] });
    expect(ids(await list(`&limit=1&cursor=${first.next_cursor}`))).toEqual([subscription.id]);
    expect((await api.call('GET', '/subscriptions?customer_id=nobody')).body.data).toEqual([]);
    expect((await api.call('GET', '/subscriptions?status=resting')).status).toBe(400);
  });
});

describe('PATCH /v1/subscriptions/{id}', () => {
  test('200 replaces the metadata and nothing else', async () => {
    const { subscription } = await world.subscribed('2027-01-01T00:00:00Z', { metadata: { a: '1' } });
    const reply = await api.call('PATCH', `/subscriptions/${subscription.id}`, { metadata: { b: '2' } });
    expect(reply.body).toEqual({ ...subscription, metadata: { b: '2' } });
    const refused = await api.call('PATCH', `/subscriptions/${subscription.id}`, { metadata: {}, plan_id: 'x' });
    expect([refused.status, refused.body.error.param]).toEqual([400, 'plan_id']);
  });
});

describe('GET /v1/subscriptions/{id}/periods', () => {
  test('200 with closed, ended and running periods, and those to come', async () => {
    const { clock, customer, subscription } = await world.subscribed('2027-01-31T00:00:00Z');
    await world.setClock(clock, '2027-03-31T00:30:00Z');
    await api.call('POST', '/invoices', { customer_id: customer });
    const { body } = await api.call('GET', `/subscriptions/${subscription.id}/periods?upcoming=2`);
    expect(body.data.map((period: Record<string, unknown>) => [period.number, period.end, period.status])).toEqual([
      [0, '2027-02-28T00:00:00Z', 'closed'],
      [1, '2027-03-31T00:00:00Z', 'ended'],
      [2, '2027-04-30T00:00:00Z', 'running'],
      [3, '2027-05-31T00:00:00Z', 'upcoming'],
      [4, '2027-06-30T00:00:00Z', 'upcoming'],
    ]);
  });

  test('the ends of time are no server error', async () => {
    const plan = await world.plan(undefined, { billing_period: 'yearly', interval_count: 1_000 });
    const clock = await world.clock('9999-12-31T23:59:59Z');
    const customer = world.name();
    await world.make('/customers', { external_id: customer, test_clock_id: clock, timezone: 'Pacific/Kiritimati' });
    for (const start_date of ['0001-01-02', '9999-12-31T23:59:59.999999Z', undefined]) {
      const { id } = await world.make('/subscriptions', { customer_id: customer, plan_id: plan, start_date });
      const { status, body } = await api.call('GET', `/subscriptions/${id}/periods?upcoming=120`);
      expect([status, body.data.length > 100]).toEqual([200, true]);
    }
    const early = await api.call('POST', '/subscriptions', {
      customer_id: customer,
      plan_id: plan,
      start_date: '0001-01-01',
    });
    expect(early.status).toBe(400);
  });

  test('at most 120 to come', async () => {
    const { subscription } = await world.subscribed();
    const path = `/subscriptions/${subscription.id}/periods`;
    expect((await api.call('GET', `${path}?upcoming=120`)).body.data).toHaveLength(121);
    expect((await api.call('GET', `${path}?upcoming=121`)).status).toBe(400);
  });
});

describe('POST /v1/subscriptions/{id}/cancel', () => {
  const cancel = (id: string, at: unknown) => api.call('POST', `/subscriptions/${id}/cancel`, { at });

  test('200 now: the period is cut and its invoice drafted; again it is 409 subscription_ended', async () => {
    const { clock, subscription } = await world.subscribed('2027-04-01T00:00:00Z');
    await world.setClock(clock, '2027-04-16T00:00:00Z');
    const reply = await cancel(subscription.id, 'now');
    expect(reply.body).toMatchObject({ status: 'canceled', ended_at: '2027-04-16T00:00:00Z', next_boundary_at: null });
    const { body } = await api.call('GET', `/invoices?subscription_id=${subscription.id}`);
    expect(body.data).toMatchObject([{ status: 'draft', billing_reason: 'cancel', total: '10.00' }]);
    const again = await cancel(subscription.id, 'now');
    expect([again.status, again.body.error.code]).toEqual([409, 'subscription_ended']);
  });

  test('200 at the period’s end, or at an instant, which it then is shown to wait for', async () => {
    const { subscription } = await world.subscribed();
    expect((await cancel(subscription.id, 'period_end')).body).toMatchObject({
      status: 'active',
      cancel_at: '2027-02-01T00:00:00Z',
    });
    expect((await cancel(subscription.id, '2027-01-15T12:00:00.000001Z')).body).toMatchObject({
      cancel_at: '2027-01-15T12:00:00.000001Z',
      next_boundary_at: '2027-01-15T12:00:00.000001Z',
    });
  });

  test('200 ends a scheduled or trialing one without an invoice', async () => {
    for (const dates of [{ start_date: '2027-06-01' }, { trial_end_date: '2027-06-01' }]) {
      const { subscription } = await world.subscribed('2027-01-01T00:00:00Z', dates);
      expect((await cancel(subscription.id, 'now')).body).toMatchObject({ status: 'canceled', current_period: null });
      expect((await api.call('GET', `/invoices?subscription_id=${subscription.id}`)).body.data).toEqual([]);
    }
  });

  test.each(['yesterday', '2026-12-31T23:59:59Z', null, undefined])('400 for at = %j', async (at) => {
    const { subscription } = await world.subscribed();
    const reply = await cancel(subscription.id, at);
    expect([reply.status, reply.body.error.param]).toEqual([400, 'at']);
  });
});
