import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from '../../../src/storage/sql.ts';
import { startTestApi, type TestApi } from '../../support/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

async function newKey(body: object): Promise<{ id: string; secret: string }> {
  const reply = await api.call('POST', '/api-keys', body);
  expect(reply.status).toBe(201);
  return reply.body;
}

describe('POST /v1/api-keys', () => {
  test('201 shows the secret once, and the key works', async () => {
    const reply = await api.call('POST', '/api-keys', { name: 'ci', role: 'read', metadata: { team: 'a' } });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      id: expect.stringMatching(/^key_[0-9a-z]{26}$/),
      object: 'api_key',
      livemode: false,
      created_at: expect.stringMatching(/Z$/),
      name: 'ci',
      role: 'read',
      hint: reply.body.secret.slice(-4),
      secret: expect.stringMatching(/^fp_test_[0-9a-f]{48}$/),
      revoked_at: null,
      metadata: { team: 'a' },
    });
    const listed = await api.call('GET', '/api-keys', undefined, { key: reply.body.secret });
    expect(listed.status).toBe(200);
    expect(listed.text).not.toContain(reply.body.secret);
    expect(listed.body.data[0]).toEqual({ ...reply.body, secret: null });
  });

  test('a live key makes live keys', async () => {
    const reply = await api.call('POST', '/api-keys', {}, { key: api.liveKey });
    expect(reply.body).toMatchObject({ livemode: true, role: 'admin', name: null, metadata: {} });
    expect(reply.body.secret).toMatch(/^fp_live_[0-9a-f]{48}$/);
  });

  test('a replay has secret null, and no secret is stored anywhere', async () => {
    const headers = { 'Idempotency-Key': 'make a key' };
    const first = await api.call('POST', '/api-keys', { name: 'once' }, { headers });
    const again = await api.call('POST', '/api-keys', { name: 'once' }, { headers });
    expect(again.status).toBe(201);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.body).toEqual({ ...first.body, secret: null });
    const rows = await api.db.query<{ found: boolean }>(sql`
      select k::text like ${`%${first.body.secret}%`} or i::text like ${`%${first.body.secret}%`} as found
      from api_keys k, idempotency_keys i`);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.some(({ found }) => found)).toBe(false);
  });

  test('400 for an unknown role', async () => {
    const reply = await api.call('POST', '/api-keys', { role: 'root' });
    expect(reply.status).toBe(400);
    expect(reply.body.error.details).toEqual([
      { param: 'role', code: 'invalid_value', message: 'Has to be one of "admin", "ingest", "read".' },
    ]);
  });
});

describe('roles', () => {
  test('a read key may only GET, an ingest key may not even that', async () => {
    const read = await newKey({ role: 'read' });
    const ingest = await newKey({ role: 'ingest' });
    expect((await api.call('GET', '/account', undefined, { key: read.secret })).status).toBe(200);
    for (const [key, method] of [
      [read.secret, 'PATCH'],
      [ingest.secret, 'PATCH'],
      [ingest.secret, 'GET'],
    ] as const) {
      const reply = await api.call(method, '/account', method === 'GET' ? undefined : {}, { key });
      expect(reply.status).toBe(401);
      expect(reply.body.error.code).toBe('key_not_permitted');
    }
  });
});

describe('DELETE /v1/api-keys/{id}', () => {
  test('200 and the key ends at once; repeated, it stays as it was', async () => {
    const key = await newKey({ role: 'read' });
    expect((await api.call('GET', '/account', undefined, { key: key.secret })).status).toBe(200);
    const reply = await api.call('DELETE', `/api-keys/${key.id}`);
    expect(reply.status).toBe(200);
    expect(reply.body.revoked_at).toMatch(/Z$/);
    const refused = await api.call('GET', '/account', undefined, { key: key.secret });
    expect(refused.status).toBe(401);
    expect(refused.body.error.code).toBe('invalid_key');
    expect((await api.call('DELETE', `/api-keys/${key.id}`)).body).toEqual(reply.body);
  });

  test('404 for a key of the other mode', async () => {
    const key = await newKey({});
    const reply = await api.call('DELETE', `/api-keys/${key.id}`, undefined, { key: api.liveKey });
    expect(reply.status).toBe(404);
  });

  test('409 for the last admin key, also when the last two are revoked at once', async () => {
    const own = await startTestApi();
    const { body: other } = await own.call('POST', '/api-keys', {});
    const { body: keys } = await own.call('GET', '/api-keys');
    const replies = await Promise.all(
      keys.data.map((key: { id: string }) =>
        own.call('DELETE', `/api-keys/${key.id}`, undefined, { key: key.id === other.id ? own.testKey : other.secret }),
      ),
    );
    const [{ count } = { count: 0 }] = await own.db.query<{ count: number }>(
      sql`select count(*)::int as count from api_keys where role = 'admin' and revoked_at is null and not livemode`,
    );
    await own.close();
    expect(count).toBe(1);
    expect(replies.filter((reply) => reply.status === 200)).toHaveLength(1);
  });
});
