import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { purgeIdempotencyKeys } from '../../../src/operations/idempotent-request.ts';
import { Database } from '../../../src/storage/database.ts';
import { sql } from '../../../src/storage/sql.ts';
import { type Reply, startTestApi, type TestApi } from '../../support/api.ts';
import { type CutProxy, startCutProxy } from '../../support/cut-proxy.ts';
import { untilWaiting } from '../../support/lock-waits.ts';

let api: TestApi;
let proxy: CutProxy;
beforeAll(async () => {
  api = await startTestApi({
    databaseOf: async (url) => {
      proxy = await startCutProxy(url);
      return new Database({ url: proxy.url, maxConnections: 5, applicationName: 'api', statementTimeoutMs: 20_000 });
    },
  });
});
afterAll(async () => {
  await api.close();
  await proxy.close();
});

function post(key: string, body: unknown, path = '/customers'): Promise<Reply> {
  return api.call('POST', path, body, { headers: { 'Idempotency-Key': key } });
}

async function countCustomers(externalId: string): Promise<number> {
  const [row] = await api.db.query<{ count: number }>(
    sql`select count(*)::int as count from customers where external_id = ${externalId}`,
  );
  return row?.count ?? -1;
}

/** Holds back every insert of a customer with that external id, until the function it returns is called. */
async function holdBack(externalId: string): Promise<() => Promise<void>> {
  const client = await api.db.pool.connect();
  await client.query('begin');
  await client.query(
    `insert into customers (account_id, livemode, id, external_id, currency, created_at) values (1, false, $1, $2, 'USD', now())`,
    [`cus_held_${externalId}`, externalId],
  );
  return async () => {
    await client.query('rollback');
    client.release();
  };
}

async function untilLocked(key: string): Promise<void> {
  for (;;) {
    const rows = await api.db.query(sql`select from idempotency_keys where key = ${key}`);
    if (rows.length > 0) return;
  }
}

describe('the same key again', () => {
  test('with the same body gets the stored answer, byte for byte', async () => {
    const first = await post('same', { external_id: 'same', metadata: { b: '1', a: '2' } });
    const again = await post('same', { external_id: 'same', metadata: { b: '1', a: '2' } });
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.text).toBe(first.text);
    expect([first, again].map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([null, 'true']);
    expect(again.headers.get('request-id')).not.toBe(first.headers.get('request-id'));
  });

  test('does not mind the order of members, spaces, or how a number is written', async () => {
    const charges = '"charges":[{"pricing_model":"flat","amount":1.0}]';
    const headers = { 'Idempotency-Key': 'spelling' };
    const first = await api.send('POST', '/v1/pricing-plans', `{"name":"p",${charges}}`, { headers });
    const again = await api.send('POST', '/v1/pricing-plans', `{ ${charges.replace('1.0', '1')}, "name": "p" }`, {
      headers,
    });
    expect(first.status).toBe(201);
    expect(again.text).toBe(first.text);
  });

  test('409 idempotency_key_reused with another body, path or number type', async () => {
    await post('reused', { external_id: 'reused' });
    const replies = await Promise.all([
      post('reused', { external_id: 'other' }),
      post('reused', { external_id: 'reused', name: null }),
      post('reused', {}, '/api-keys'),
    ]);
    for (const reply of replies) expect([reply.status, reply.body.error.code]).toEqual([409, 'idempotency_key_reused']);
  });

  test('means nothing to the other mode', async () => {
    const headers = { 'Idempotency-Key': 'modes' };
    const inTest = await api.call('POST', '/customers', { external_id: 'modes' }, { headers });
    const inLive = await api.call('POST', '/customers', { external_id: 'modes' }, { headers, key: api.liveKey });
    expect([inTest.body.livemode, inLive.body.livemode]).toEqual([false, true]);
  });

  test('is free after a validation failure or another refusal', async () => {
    expect((await post('refused', { external_id: '' })).status).toBe(400);
    await post('taker', { external_id: 'taken' });
    expect((await post('refused', { external_id: 'taken' })).status).toBe(409);
    expect((await post('refused', { external_id: 'free' })).status).toBe(201);
  });

  test('makes one object of ten requests at once; the others are told to wait, then get the answer', async () => {
    const send = async (): Promise<Reply> => {
      const reply = await post('storm', { external_id: 'storm' });
      if (reply.status !== 409) return reply;
      expect(reply.body.error.code).toBe('idempotency_key_in_flight');
      expect(reply.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      return send();
    };
    const replies = await Promise.all(Array.from({ length: 10 }, send));
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    expect(await countCustomers('storm')).toBe(1);
  });

  test('409 with Retry-After while the first is still running', async () => {
    const release = await holdBack('held');
    const first = post('held', { external_id: 'held' });
    await untilLocked('held');
    const twin = await post('held', { external_id: 'held' });
    const other = await post('held', { external_id: 'something else' });
    await release();
    expect([twin.status, twin.body.error.code]).toEqual([409, 'idempotency_key_in_flight']);
    expect(twin.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(other.body.error.code).toBe('idempotency_key_reused');
    expect((await first).status).toBe(201);
  });
});

describe('a request whose end nobody knows', () => {
  test('503 when the connection to PostgreSQL breaks, and tried again it completes once', async () => {
    const release = await holdBack('broken');
    const first = post('broken', { external_id: 'broken' });
    // Its own row is committed, and it has heard of that, once it waits for the other one's.
    await untilWaiting(api.db, 1);
    proxy.cut();
    const reply = await first;
    await release();
    expect([reply.status, reply.body.error.code]).toEqual([503, 'database_unavailable']);
    expect(reply.headers.get('retry-after')).toBe('1');
    expect((await post('broken', { external_id: 'broken' })).status).toBe(503);
    proxy.mend();
    const again = await post('broken', { external_id: 'broken' });
    expect(again.status).toBe(201);
    expect((await post('broken', { external_id: 'broken' })).text).toBe(again.text);
    expect(await countCustomers('broken')).toBe(1);
  });

  const plan = { name: 'p', charges: [{ pricing_model: 'flat', amount: '1' }] };
  test.each([
    ['/customers', { external_id: 'died' }],
    ['/pricing-plans', plan],
    ['/test-clocks', { frozen_time: '2030-01-01T00:00:00Z' }],
    ['/credit-grants', { customer_id: 'same', amount: 5 }],
    ['/api-keys', { name: 'died' }],
  ])('POST %s finds what it committed before its process died', async (path, body) => {
    const first = await post(`died ${path}`, body, path);
    expect(first.status).toBe(201);
    await api.db.query(sql`
      update idempotency_keys set response_status = null, response_body = null, locked_until = now()
      where key = ${`died ${path}`}`);
    const again = await post(`died ${path}`, body, path);
    expect(again.status).toBe(201);
    expect(again.headers.get('idempotent-replayed')).toBeNull();
    expect(again.body).toEqual(path === '/api-keys' ? { ...first.body, secret: null } : first.body);
  });

  test('a version and a subscription are found again too', async () => {
    const { body: made } = await api.call('POST', '/pricing-plans', plan);
    await api.call('POST', '/customers', { external_id: 'subscriber' });
    for (const [path, body] of [
      [`/pricing-plans/${made.id}/versions`, { charges: plan.charges }],
      ['/subscriptions', { customer_id: 'subscriber', plan_id: made.id }],
    ] as const) {
      const first = await post(path, body, path);
      await api.db.query(sql`
        update idempotency_keys set response_status = null, response_body = null, locked_until = now() where key = ${path}`);
      expect((await post(path, body, path)).body).toEqual(first.body);
    }
  });
});

describe('the header itself', () => {
  test.each(['', 'x'.repeat(256), 'caf\u00e9'])(
    '400 for one that is empty, too long or not ASCII, case %#',
    async (key) => {
      const reply = await post(key, { external_id: 'never' });
      expect([reply.status, reply.body.error.param]).toEqual([400, 'Idempotency-Key']);
    },
  );

  test('may have 255 characters', async () => {
    const reply = await post('x'.repeat(255), { external_id: 'longest key' });
    expect(reply.status).toBe(201);
  });

  test('changes nothing for events, which carry keys of their own', async () => {
    const send = (idempotency_key: string) =>
      post('for events', { event_name: 'e', customer_id: 'c', idempotency_key }, '/events');
    expect([(await send('1')).status, (await send('2')).status]).toEqual([201, 201]);
  });
});

test('answers are kept for two days and purged after', async () => {
  await post('young', { external_id: 'young' });
  await post('old', { external_id: 'old' });
  await api.db.query(sql`update idempotency_keys set created_at = now() - interval '25 hours' where key = 'young'`);
  await api.db.query(sql`update idempotency_keys set created_at = now() - interval '49 hours' where key = 'old'`);
  expect(await purgeIdempotencyKeys(api.db)).toBe(1);
  expect((await post('young', { external_id: 'young' })).headers.get('idempotent-replayed')).toBe('true');
  expect((await post('old', { external_id: 'old' })).status).toBe(409);
});
