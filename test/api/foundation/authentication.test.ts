import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newApiKeySecret } from '../../../src/operations/api-key-secret.ts';
import { bootstrapAccount } from '../../../src/operations/bootstrap-account.ts';
import { sql } from '../../../src/storage/sql.ts';
import { startTestApi, type TestApi } from '../../support/api.ts';
import { createTestDatabase } from '../../support/database.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

describe('the Authorization header', () => {
  test('401 missing_key without it', async () => {
    const reply = await api.call('GET', '/account', undefined, { key: null });
    expect([reply.status, reply.body.error.type, reply.body.error.code]).toEqual([401, 'unauthorized', 'missing_key']);
  });

  test.each([
    'Bearer',
    'Bearer x',
    'Basic dTpw',
    'Bearer sk_live_0',
    'Bearer fp_test_',
    `Bearer fp_test_${'0'.repeat(5_000)}`,
  ])('401 invalid_key for one that names no key of ours, case %#', async (authorization) => {
    const reply = await api.call('GET', '/account', undefined, { key: null, headers: { authorization } });
    expect([reply.status, reply.body.error.code]).toEqual([401, 'invalid_key']);
  });

  test('401 invalid_key for a well-formed key that nobody has', async () => {
    const reply = await api.call('GET', '/account', undefined, { key: newApiKeySecret(false) });
    expect([reply.status, reply.body.error.code]).toEqual([401, 'invalid_key']);
  });

  test('a test and a live key see two accounts apart', async () => {
    await api.call('PATCH', '/account', { name: 'only in test' });
    const inTest = await api.call('GET', '/account');
    const inLive = await api.call('GET', '/account', undefined, { key: api.liveKey });
    expect([inTest.body.livemode, inLive.body.livemode]).toEqual([false, true]);
    expect(inLive.body.name).not.toBe(inTest.body.name);
  });

  test('a key is checked before the body is read', async () => {
    const reply = await api.send('POST', '/v1/customers', '{{{{', { key: null });
    expect(reply.body.error.code).toBe('missing_key');
  });
});

describe('a key is stored as its hash only', () => {
  test('and revoked elsewhere it ends within seconds', async () => {
    const { body } = await api.call('POST', '/api-keys', { role: 'read' });
    expect((await api.call('GET', '/account', undefined, { key: body.secret })).status).toBe(200);
    await api.db.query(sql`update api_keys set revoked_at = now() where id = ${body.id}`);
    const startedAtMs = performance.now();
    while ((await api.call('GET', '/account', undefined, { key: body.secret })).status === 200) {
      expect(performance.now() - startedAtMs).toBeLessThan(5_000);
    }
  });
});

describe('live keys', () => {
  test('401 insecure_live_key over plain HTTP from elsewhere, which a trusted proxy tells', async () => {
    const behindProxy = await startTestApi({ settings: { trustProxy: ['loopback'] } });
    const from = (headers: Record<string, string>, key = behindProxy.liveKey) =>
      behindProxy.call('GET', '/account', undefined, { key, headers });
    const plain = await from({ 'X-Forwarded-For': '203.0.113.9', 'X-Forwarded-Proto': 'http' });
    const secure = await from({ 'X-Forwarded-For': '203.0.113.9', 'X-Forwarded-Proto': 'https' });
    const test = await from({ 'X-Forwarded-For': '203.0.113.9' }, behindProxy.testKey);
    const local = await from({});
    await behindProxy.close();
    expect([plain.status, plain.body.error.code]).toEqual([401, 'insecure_live_key']);
    expect([secure.status, test.status, local.status]).toEqual([200, 200, 200]);
  });

  test('a header of an untrusted client does not make a connection secure or local', async () => {
    const headers = { 'X-Forwarded-For': '203.0.113.9', 'X-Forwarded-Proto': 'https' };
    const reply = await api.call('GET', '/account', undefined, { key: api.liveKey, headers });
    // The connection itself is from loopback, whatever the headers say.
    expect(reply.status).toBe(200);
    expect(reply.text).not.toContain('https://');
  });
});

describe('bootstrapAccount', () => {
  test('makes the account once, whoever comes first, and its keys work', async () => {
    const { db, drop } = await createTestDatabase();
    const outcomes = await Promise.all([bootstrapAccount(db), bootstrapAccount(db), bootstrapAccount(db)]);
    const keys = await db.query<{ count: number }>(sql`select count(*)::int as count from api_keys`);
    await drop();
    const makers = outcomes.filter(({ created }) => created);
    expect(makers).toHaveLength(1);
    expect(makers[0]).toMatchObject({
      testKey: expect.stringMatching(/^fp_test_[0-9a-f]{48}$/),
      liveKey: expect.stringMatching(/^fp_live_[0-9a-f]{48}$/),
    });
    expect(outcomes.filter(({ testKey }) => testKey === null)).toHaveLength(2);
    expect(keys[0]?.count).toBe(2);
  });

  test('makes given keys valid, also later, but not one that was revoked', async () => {
    const testKey = 'fp_test_abcdefghijklmnopqrstuvwx';
    expect((await bootstrapAccount(api.db, { testKey })).created).toBe(false);
    expect((await api.call('GET', '/account', undefined, { key: testKey })).status).toBe(200);
    const { body } = await api.call('GET', '/api-keys');
    const given = body.data.find(({ hint }: { hint: string }) => hint === 'uvwx');
    await api.call('DELETE', `/api-keys/${given.id}`);
    await bootstrapAccount(api.db, { testKey });
    expect((await api.call('GET', '/account', undefined, { key: testKey })).status).toBe(401);
  });
});
