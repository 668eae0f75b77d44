import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Database } from '../../../src/storage/database.ts';
import { startTestApi, type TestApi } from '../../support/api.ts';
import { type CutProxy, startCutProxy } from '../../support/cut-proxy.ts';

let api: TestApi;
let proxy: CutProxy;
let temporal: () => Promise<void> = async () => {};
beforeAll(async () => {
  api = await startTestApi({
    databaseOf: async (url) => {
      proxy = await startCutProxy(url);
      return new Database({ url: proxy.url, maxConnections: 5, applicationName: 'api', statementTimeoutMs: 20_000 });
    },
    probeTemporal: () => temporal(),
  });
});
afterAll(async () => {
  await api.close();
  await proxy.close();
});

const ready = () => api.send('GET', '/readyz', undefined, { key: null });

describe('/readyz', () => {
  test('200 when both dependencies answer', async () => {
    const reply = await ready();
    expect([reply.status, reply.body]).toEqual([
      200,
      { status: 'ready', dependencies: { database: 'up', temporal: 'up' } },
    ]);
  });

  test('503 names Temporal when it refuses, and when it never answers', async () => {
    for (const probe of [() => Promise.reject(new Error('refused')), () => new Promise<void>(() => {})]) {
      temporal = probe;
      const reply = await ready();
      expect([reply.status, reply.body.dependencies]).toEqual([503, { database: 'up', temporal: 'down' }]);
      expect(reply.headers.get('retry-after')).toBe('1');
    }
    temporal = async () => {};
  });

  test('503 names the database, and 200 again once it is back', async () => {
    proxy.cut();
    expect((await ready()).body.dependencies).toEqual({ database: 'down', temporal: 'up' });
    expect((await api.send('GET', '/healthz', undefined, { key: null })).body).toEqual({ status: 'ok' });
    proxy.mend();
    expect((await ready()).status).toBe(200);
  });
});

describe('while PostgreSQL is down', () => {
  test('503 database_unavailable with Retry-After and nothing of its inside, and all is well after', async () => {
    expect((await api.call('POST', '/customers', { external_id: 'before' })).status).toBe(201);
    proxy.cut();
    const replies = await Promise.all([
      api.call('GET', '/customers'),
      api.call('POST', '/customers', { external_id: 'during' }),
      api.call('GET', '/account', undefined, { key: api.liveKey }),
    ]);
    for (const reply of replies) {
      expect([reply.status, reply.body.error.type, reply.body.error.code]).toEqual([
        503,
        'internal_error',
        'database_unavailable',
      ]);
      expect(reply.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      expect(reply.text).not.toMatch(/ECONN|terminat|postgres:/);
    }
    proxy.mend();
    expect((await api.call('GET', '/customers')).body.data).toHaveLength(1);
    expect((await api.call('POST', '/customers', { external_id: 'after' })).status).toBe(201);
  });
});

describe('while Temporal is down', () => {
  test('everything but clock advances works', async () => {
    temporal = () => Promise.reject(new Error('down'));
    await api.call('POST', '/customers', { external_id: 'acme' });
    const charges = [{ pricing_model: 'per_unit', event_name: 'e', unit_amount: '2' }];
    const { body: plan } = await api.call('POST', '/pricing-plans', { name: 'p', charges });
    const { body: subscription } = await api.call('POST', '/subscriptions', { customer_id: 'acme', plan_id: plan.id });
    await api.call('POST', '/events', { event_name: 'e', customer_id: 'acme', idempotency_key: 'k' });
    const invoice = await api.call('POST', '/invoices', { subscription_id: subscription.id });
    expect([invoice.status, invoice.body.total]).toEqual([201, '2.00']);
    temporal = async () => {};
  });
});

test('/metrics counts requests by route, not by path', async () => {
  await api.call('GET', '/customers/some-id');
  const { text, headers } = await api.send('GET', '/metrics', undefined, { key: null });
  expect(headers.get('content-type')).toMatch(/^text\/plain/);
  expect(text).toContain('durabill_http_request_seconds_count{method="GET",route="/v1/customers/:id",status="404"}');
  expect(text).not.toContain('some-id');
});
