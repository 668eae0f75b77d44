import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ENDPOINTS } from '../../../src/api/endpoints.ts';
import type { Endpoint } from '../../../src/api/route.ts';
import { addAccount, type Reply, startTestApi, type TestApi } from '../../support/api.ts';

let api: TestApi;
let otherAccountKey: string;
/** An object of account 1 in test mode for every resource, by the first part of its path. */
const ids = new Map<string, string>();

beforeAll(async () => {
  api = await startTestApi();
  otherAccountKey = await addAccount(api.db, { accountId: 2, livemode: false });
  const make = async (path: string, body: object): Promise<Reply['body']> => {
    const reply = await api.call('POST', path, body);
    expect([path, reply.status, reply.status === 201 ? null : reply.body]).toEqual([path, 201, null]);
    return reply.body;
  };
  const charge = { pricing_model: 'per_unit', event_name: 'e', unit_amount: '1' };
  const customer = await make('/customers', { external_id: 'acme' });
  const plan = await make('/pricing-plans', { name: 'p', charges: [charge] });
  const subscription = await make('/subscriptions', { customer_id: 'acme', plan_id: plan.id });
  const event = await make('/events', { event_name: 'e', customer_id: 'acme', idempotency_key: 'k' });
  const invoice = await make('/invoices', { subscription_id: subscription.id });
  const note = await make('/credit-notes', { invoice_id: invoice.id });
  const grant = await make('/credit-grants', { customer_id: 'acme', amount: 10 });
  const clock = await make('/test-clocks', { frozen_time: '2030-01-01T00:00:00Z' });
  const key = await make('/api-keys', {});
  const rate = await make('/tax-rates', { name: 'VAT', percentage: '20' });
  for (const [resource, object] of Object.entries({
    customers: customer,
    'pricing-plans': plan,
    subscriptions: subscription,
    events: event,
    invoices: invoice,
    'credit-notes': note,
    'credit-grants': grant,
    'test-clocks': clock,
    'api-keys': key,
    'tax-rates': rate,
  })) {
    ids.set(resource, object.id);
  }
});
afterAll(() => api.close());

/** The bytes of an answer but for the request's own id. */
function bytesOf(reply: Reply): string {
  return `${reply.status} ${reply.text.replaceAll(/req_[0-9a-z]{26}/g, 'req')}`;
}

function ask({ method, path, example }: Endpoint, id: string, key: string): Promise<Reply> {
  return api.call(method.toUpperCase(), path.replace('{id}', id), bodyOf(method, example.body), { key });
}

function bodyOf(method: string, body: unknown): unknown {
  return method === 'post' || method === 'patch' ? (body ?? {}) : undefined;
}

const withId = ENDPOINTS.filter(({ path }) => path.includes('{id}')).map(
  (endpoint) => [endpoint.method.toUpperCase(), endpoint.path, endpoint] as const,
);

describe('an id of another account or mode is the same 404 as one that does not exist', () => {
  test.each(withId)('%s %s', async (_method, path, endpoint) => {
    const real = ids.get(path.split('/')[1] ?? '');
    if (real === undefined) throw new Error(`no object for ${path}: add one above`);
    const missing = `${real.slice(0, -6)}zzzzzz`;
    for (const key of [otherAccountKey, api.liveKey]) {
      const foreign = await ask(endpoint, real, key);
      expect(bytesOf(foreign)).toBe(bytesOf(await ask(endpoint, missing, key)));
      const isClockInLive = path.startsWith('/test-clocks') && key === api.liveKey;
      expect(foreign.status).toBe(isClockInLive ? 400 : 404);
    }
    expect((await ask(endpoint, missing, api.testKey)).status).toBe(404);
  });
});

describe('lists hold nothing of another account or mode', () => {
  const lists = ENDPOINTS.filter(
    ({ method, path, answers }) => method === 'get' && !path.includes('{id}') && 200 in answers,
  )
    .map(({ path }) => path)
    .filter((path) => !path.startsWith('/account'));

  test.each(lists)('GET %s', async (path) => {
    expect((await api.call('GET', path)).body.data.length).toBeGreaterThan(0);
    for (const key of [otherAccountKey, api.liveKey]) {
      const { status, body } = await api.call('GET', path, undefined, { key });
      if (path === '/test-clocks' && key === api.liveKey) expect(status).toBe(400);
      else if (path === '/api-keys') expect(JSON.stringify(body.data)).not.toContain(ids.get('api-keys'));
      else expect(body.data).toEqual([]);
    }
  });
});

describe('an id of another account in a body is the same as one that does not exist', () => {
  test.each([
    ['/subscriptions', () => ({ customer_id: 'acme', plan_id: ids.get('pricing-plans') })],
    ['/invoices', () => ({ subscription_id: ids.get('subscriptions') })],
    ['/invoices', () => ({ customer_id: ids.get('customers') })],
    ['/invoices/preview', () => ({ subscription_id: ids.get('subscriptions') })],
    ['/credit-notes', () => ({ invoice_id: ids.get('invoices') })],
    ['/credit-grants', () => ({ customer_id: ids.get('customers'), amount: 1 })],
    ['/customers', () => ({ external_id: 'x', test_clock_id: ids.get('test-clocks') })],
    ['/customers', () => ({ external_id: 'x', tax_rate_ids: [ids.get('tax-rates')] })],
    ['/events', () => ({ event_name: 'e', customer_id: ids.get('customers'), idempotency_key: 'k' })],
  ] as const)('POST %s, case %#', async (path, body) => {
    const foreign = JSON.stringify(body());
    const missing = foreign.replaceAll(/(_[0-9a-z]{20})[0-9a-z]{6}/g, '$1zzzzzz');
    const [first, second] = await Promise.all(
      [foreign, missing].map((text) => api.send('POST', `/v1${path}`, text, { key: otherAccountKey })),
    );
    expect([400, 404]).toContain(first?.status);
    expect(second?.status).toBe(first?.status);
    expect(first?.body.error.code).toBe(second?.body.error.code);
  });
});

test('every endpoint refuses keys whose role does not allow it', async () => {
  const secrets = new Map<string, string>();
  for (const role of ['read', 'ingest']) {
    secrets.set(role, (await api.call('POST', '/api-keys', { role })).body.secret);
  }
  for (const endpoint of ENDPOINTS) {
    for (const [role, key] of secrets) {
      const reply = await ask(endpoint, 'x', key);
      const isAllowed = reply.status !== 401;
      expect([endpoint.method, endpoint.path, role, isAllowed]).toEqual([
        endpoint.method,
        endpoint.path,
        role,
        role === 'read' ? endpoint.method === 'get' : endpoint.method === 'post' && endpoint.path.startsWith('/events'),
      ]);
      if (!isAllowed) expect(reply.body.error.code).toBe('key_not_permitted');
    }
  }
});
