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

const advance = (clock: string, frozen_time: unknown) =>
  api.call('POST', `/test-clocks/${clock}/advance`, { frozen_time });

describe('POST /v1/test-clocks', () => {
  test('201 with every field', async () => {
    const reply = await api.call('POST', '/test-clocks', { frozen_time: '2030-01-01T00:00:00+01:00', name: 'n' });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      id: expect.stringMatching(/^clk_[0-9a-z]{26}$/),
      object: 'test_clock',
      livemode: false,
      created_at: expect.stringMatching(/Z$/),
      name: 'n',
      status: 'ready',
      frozen_time: '2029-12-31T23:00:00Z',
      progress: { done: 0, total: 0, needs_attention: 0 },
      deleted_at: null,
      metadata: {},
    });
    expect((await api.call('GET', `/test-clocks/${reply.body.id}`)).body).toEqual(reply.body);
    expect((await api.call('GET', '/test-clocks?limit=1')).body.data).toEqual([reply.body]);
  });

  test('400 without a time, 400 test_mode_only with a live key', async () => {
    expect((await api.call('POST', '/test-clocks', {})).body.error.param).toBe('frozen_time');
    const body = { frozen_time: '2030-01-01T00:00:00Z' };
    const reply = await api.call('POST', '/test-clocks', body, { key: api.liveKey });
    expect([reply.status, reply.body.error.code]).toEqual([400, 'test_mode_only']);
  });
});

describe('POST /v1/test-clocks/{id}/advance', () => {
  test('200 ready at once when nothing is due', async () => {
    const { clock } = await world.subscribed();
    const reply = await advance(clock, '2027-01-20T00:00:00Z');
    expect([reply.status, reply.body]).toEqual([
      200,
      expect.objectContaining({ status: 'ready', frozen_time: '2027-01-20T00:00:00Z' }),
    ]);
  });

  test('200 advancing while something is due; meanwhile writes on its customers are 409, events are not', async () => {
    const { clock, customer, plan, subscription } = await world.subscribed();
    const reply = await advance(clock, '2027-03-01T02:00:00Z');
    expect(reply.body).toMatchObject({ status: 'advancing', progress: { done: 0, total: 1, needs_attention: 0 } });
    const path = encodeURIComponent(customer);
    const refused = await Promise.all([
      advance(clock, '2028-01-01T00:00:00Z'),
      api.call('PATCH', `/customers/${path}`, { name: 'x' }),
      api.call('DELETE', `/customers/${path}`),
      api.call('POST', '/customers', { external_id: world.name(), test_clock_id: clock }),
      api.call('POST', '/subscriptions', { customer_id: customer, plan_id: plan }),
      api.call('POST', `/subscriptions/${subscription.id}/cancel`, { at: 'now' }),
      api.call('POST', '/invoices', { subscription_id: subscription.id }),
      api.call('POST', '/credit-grants', { customer_id: customer, amount: 1 }),
    ]);
    expect(refused.map(({ status, body }) => [status, body.error?.code])).toEqual(
      refused.map(() => [409, 'test_clock_advancing']),
    );
    await world.calls(customer, '2027-01-05T00:00:00Z', 1);
  });

  test('400 for a time that is not later, or none', async () => {
    const clock = await world.clock('2027-01-01T00:00:00Z');
    for (const time of ['2027-01-01T00:00:00Z', '2026-12-31T00:00:00Z', 'soon', null]) {
      const reply = await advance(clock, time);
      expect([reply.status, reply.body.error.param]).toEqual([400, 'frozen_time']);
    }
  });
});

describe('DELETE /v1/test-clocks/{id}', () => {
  test('200 ends its subscriptions without invoices and archives its customers; then it is 404', async () => {
    const { clock, customer, subscription } = await world.subscribed();
    const reply = await api.call('DELETE', `/test-clocks/${clock}`);
    expect([reply.status, reply.body.deleted_at]).toEqual([200, expect.stringMatching(/Z$/)]);
    expect((await api.call('GET', `/subscriptions/${subscription.id}`)).body).toMatchObject({ status: 'canceled' });
    const found = await api.call('GET', `/customers/${encodeURIComponent(customer)}`);
    expect(found.body.archived_at).toBe('2027-01-01T00:00:00Z');
    expect((await api.call('GET', `/invoices?subscription_id=${subscription.id}`)).body.data).toEqual([]);
    expect((await api.call('GET', `/test-clocks/${clock}`)).status).toBe(404);
    expect((await advance(clock, '2030-01-01T00:00:00Z')).status).toBe(404);
  });
});

test('400 test_mode_only for every endpoint with a live key, also for a clock that exists in test mode', async () => {
  const clock = await world.clock('2027-01-01T00:00:00Z');
  const time = { frozen_time: '2030-01-01T00:00:00Z' };
  const calls: readonly [method: string, path: string, body?: object][] = [
    ['POST', '/test-clocks', time],
    ['GET', '/test-clocks'],
    ['GET', `/test-clocks/${clock}`],
    ['POST', `/test-clocks/${clock}/advance`, time],
    ['DELETE', `/test-clocks/${clock}`],
  ];
  for (const [method, path, body] of calls) {
    const reply = await api.call(method, path, body, { key: api.liveKey });
    expect([method, path, reply.status, reply.body.error.code]).toEqual([method, path, 400, 'test_mode_only']);
  }
  expect((await api.call('GET', `/test-clocks/${clock}`)).body).toMatchObject({ frozen_time: '2027-01-01T00:00:00Z' });
});

test('a clock that is deleted while it advances bills no more, and its workflows have nothing left to wait for', async () => {
  const { clock, subscription } = await world.subscribed();
  expect((await advance(clock, '2027-06-01T02:00:00Z')).body.status).toBe('advancing');
  expect((await api.call('DELETE', `/test-clocks/${clock}`)).body).toMatchObject({ status: 'ready' });
  expect((await api.call('GET', `/subscriptions/${subscription.id}`)).body).toMatchObject({
    status: 'canceled',
    next_boundary_at: null,
  });
  expect((await api.call('GET', `/invoices?subscription_id=${subscription.id}`)).body.data).toEqual([]);
});
