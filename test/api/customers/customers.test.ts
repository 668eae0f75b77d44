import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseInstant } from '../../../src/domain/instant.ts';
import { newId } from '../../../src/platform/new-id.ts';
import { createTestClock } from '../../../src/operations/test-clocks.ts';
import type { Tenant } from '../../../src/storage/database.ts';
import { sql } from '../../../src/storage/sql.ts';
import { startTestApi, type TestApi } from '../../support/api.ts';

const TEST: Tenant = { accountId: 1, livemode: false };

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

async function newClock(time: string): Promise<string> {
  const frozenAt = parseInstant(time);
  if (frozenAt === null) throw new Error('not a time');
  const clock = await createTestClock(api.db, TEST, { id: newId('testClock'), name: null, frozenAt, metadata: {} });
  return clock.id;
}

async function subscribe(externalId: string, status = 'active'): Promise<void> {
  await api.db.query(sql`
    with plan as (
      insert into plans (account_id, livemode, id, name, currency, billing_period, interval_count, latest_version, created_at)
      values (1, false, ${`plan_of_${externalId}`}, 'p', 'USD', 'monthly', 1, 1, now()) returning *
    )
    insert into plan_versions (account_id, livemode, plan_id, version, charges, created_at)
    select account_id, livemode, id, 1, '[]', now() from plan`);
  await api.db.query(sql`
    insert into subscriptions (account_id, livemode, id, customer_id, plan_id, plan_version, status, start_at, anchor_at, created_at)
    select 1, false, ${`sub_of_${externalId}`}, id, ${`plan_of_${externalId}`}, 1, ${status}, now(), now(), now()
    from customers where external_id = ${externalId} and not livemode`);
}

describe('POST /v1/customers', () => {
  test('201 with every field, defaults from the account', async () => {
    const reply = await api.call('POST', '/customers', { external_id: 'plain' });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      id: expect.stringMatching(/^cus_[0-9a-z]{26}$/),
      object: 'customer',
      livemode: false,
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
      external_id: 'plain',
      name: null,
      email: null,
      currency: 'USD',
      timezone: null,
      address: null,
      tax_rate_ids: [],
      tax_exempt: false,
      test_clock_id: null,
      archived_at: null,
      metadata: {},
    });
  });

  test('201 keeps what was sent, also when it is sent back as it was answered', async () => {
    const sent = {
      external_id: 'Ärger & Söhne 🚀',
      name: "Robert'); drop table customers; --",
      email: 'a@b.example',
      currency: 'KWD',
      timezone: 'Asia/Kathmandu',
      address: { line1: '1 High St', city: 'X', country: 'NP' },
      metadata: { k: 'v' },
    };
    const { body } = await api.call('POST', '/customers', sent);
    expect(body).toMatchObject({ ...sent, address: { ...sent.address, line2: null, state: null, postal_code: null } });
    const { id: _id, object: _object, livemode: _mode, created_at: _at, archived_at: _archived, ...again } = body;
    const copy = await api.call('POST', '/customers', { ...again, external_id: 'copy' });
    expect(copy.status).toBe(201);
  });

  test('the same external_id lives in both modes apart', async () => {
    const inTest = await api.call('POST', '/customers', { external_id: 'both' });
    const inLive = await api.call('POST', '/customers', { external_id: 'both' }, { key: api.liveKey });
    expect([inTest.status, inLive.status]).toEqual([201, 201]);
    const found = await api.call('GET', '/customers/both', undefined, { key: api.liveKey });
    expect(found.body).toMatchObject({ id: inLive.body.id, livemode: true });
    const hidden = await api.call('GET', `/customers/${inTest.body.id}`, undefined, { key: api.liveKey });
    expect(hidden.status).toBe(404);
  });

  test('a customer on a test clock is created at the time of the clock', async () => {
    const clock = await newClock('2001-01-01T00:00:00Z');
    const { body } = await api.call('POST', '/customers', { external_id: 'clocked', test_clock_id: clock });
    expect(body).toMatchObject({ created_at: '2001-01-01T00:00:00Z', test_clock_id: clock });
  });

  test.each([
    [{}, 'external_id', 'missing'],
    [{ external_id: '' }, 'external_id', 'too_short'],
    [{ external_id: 7 }, 'external_id', 'wrong_type'],
    [{ external_id: 'cus_mine' }, 'external_id', 'invalid_value'],
    [{ external_id: 'x'.repeat(1_025) }, 'external_id', 'too_long'],
    [{ external_id: '🚀'.repeat(300) }, 'external_id', 'too_long'],
    [{ external_id: 'a', currency: 'usd' }, 'currency', 'invalid_value'],
    [{ external_id: 'a', currency: 'XXX' }, 'currency', 'invalid_value'],
    [{ external_id: 'a', timezone: 'Mars/Olympus' }, 'timezone', 'invalid_value'],
    [{ external_id: 'a', email: 'nobody' }, 'email', 'invalid_value'],
    [{ external_id: 'a', metadata: { a: 1 } }, 'metadata.a', 'wrong_type'],
    [{ external_id: 'a', address: { city: 5 } }, 'address.city', 'wrong_type'],
    [{ external_id: 'a', tax_rate_ids: 'txr_1' }, 'tax_rate_ids', 'wrong_type'],
    [{ external_id: 'a', tax_rate_ids: ['txr_1', 'txr_2', 'txr_1'] }, 'tax_rate_ids[2]', 'duplicate'],
    [{ external_id: 'a', tax_rate_ids: Array.from({ length: 21 }, String) }, 'tax_rate_ids', 'too_many'],
    [{ external_id: 'a', tax_exempt: 'yes' }, 'tax_exempt', 'wrong_type'],
    [{ external_id: 'a', nmae: 'x' }, 'nmae', 'unknown_field'],
  ])('400, case %#', async (body, param, code) => {
    const reply = await api.call('POST', '/customers', body);
    expect(reply.status).toBe(400);
    expect(reply.body.error.details).toEqual([{ param, code, message: expect.any(String) }]);
    expect(reply.body.error).toMatchObject({ type: 'invalid_request', param });
  });

  test('404 for a test clock that does not exist', async () => {
    const reply = await api.call('POST', '/customers', { external_id: 'no clock', test_clock_id: 'clk_none' });
    expect([reply.status, reply.body.error.code, reply.body.error.param]).toEqual([404, 'not_found', 'test_clock_id']);
  });

  test('400 names all faults at once, and the nearest known field', async () => {
    const reply = await api.call('POST', '/customers', { nmae: 'x', currency: 5, metadata: [] });
    expect(reply.body.error.details).toEqual([
      { param: 'external_id', code: 'missing', message: 'Required.' },
      { param: 'currency', code: 'wrong_type', message: 'Has to be a string.' },
      { param: 'metadata', code: 'wrong_type', message: 'Has to be an object.' },
      { param: 'nmae', code: 'unknown_field', message: 'Unknown: "nmae"; the nearest known one is "name".' },
    ]);
  });

  test('400 test_mode_only for a test clock with a live key', async () => {
    const body = { external_id: 'live clock', test_clock_id: await newClock('2001-01-01T00:00:00Z') };
    const reply = await api.call('POST', '/customers', body, { key: api.liveKey });
    expect([reply.status, reply.body.error.code]).toEqual([400, 'test_mode_only']);
  });

  test('409 for a taken external_id, also when ten arrive at once, and also after archiving', async () => {
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => api.call('POST', '/customers', { external_id: 'race' })),
    );
    expect(replies.map(({ status }) => status).toSorted()).toEqual([201, ...Array(9).fill(409)]);
    await api.call('DELETE', '/customers/race');
    const reply = await api.call('POST', '/customers', { external_id: 'race' });
    expect([reply.status, reply.body.error.code]).toEqual([409, 'already_exists']);
  });

  test('409 while the clock advances', async () => {
    const clock = await newClock('2001-01-01T00:00:00Z');
    await api.db.query(sql`update test_clocks set status = 'advancing' where id = ${clock}`);
    const reply = await api.call('POST', '/customers', { external_id: 'moving', test_clock_id: clock });
    expect([reply.status, reply.body.error.code]).toEqual([409, 'test_clock_advancing']);
  });
});

describe('GET /v1/customers/{id}', () => {
  test('200 by external id and by cus_…', async () => {
    const { body } = await api.call('POST', '/customers', { external_id: 'find/me' });
    expect((await api.call('GET', '/customers/find%2Fme')).body).toEqual(body);
    expect((await api.call('GET', `/customers/${body.id}`)).body).toEqual(body);
  });

  test.each(['missing', 'cus_0', '%00', "'", '%F0%9F%9A%80', 'x'.repeat(5_000)])(
    '404 for an id that is none, case %#',
    async (id) => {
      const reply = await api.call('GET', `/customers/${id}`);
      expect([reply.status, reply.body.error.code]).toEqual([404, 'not_found']);
    },
  );
});

describe('PATCH /v1/customers/{id}', () => {
  test('200 changes what is given and nothing else; null clears', async () => {
    const { body: before } = await api.call('POST', '/customers', {
      external_id: 'patched',
      name: 'A',
      email: 'a@b.c',
    });
    const reply = await api.call('PATCH', '/customers/patched', { email: null, timezone: 'Europe/Berlin' });
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual({ ...before, email: null, timezone: 'Europe/Berlin' });
    expect((await api.call('PATCH', '/customers/patched', {})).body).toEqual(reply.body);
  });

  test('200 puts a customer without subscription on a clock', async () => {
    await api.call('POST', '/customers', { external_id: 'late to the clock' });
    const clock = await newClock('2010-01-01T00:00:00Z');
    const reply = await api.call('PATCH', '/customers/late%20to%20the%20clock', { test_clock_id: clock });
    expect(reply.body.test_clock_id).toBe(clock);
  });

  test('400 for external_id, which never changes', async () => {
    await api.call('POST', '/customers', { external_id: 'fixed' });
    const reply = await api.call('PATCH', '/customers/fixed', { external_id: 'other' });
    expect(reply.body.error.details).toMatchObject([{ param: 'external_id', code: 'invalid_value' }]);
  });

  test('409 for another currency or clock once there was a subscription', async () => {
    await api.call('POST', '/customers', { external_id: 'subscribed' });
    await subscribe('subscribed', 'canceled');
    const currency = await api.call('PATCH', '/customers/subscribed', { currency: 'EUR' });
    expect([currency.status, currency.body.error.code]).toEqual([409, 'currency_fixed']);
    const clock = await api.call('PATCH', '/customers/subscribed', {
      test_clock_id: await newClock('2030-01-01T00:00:00Z'),
    });
    expect([clock.status, clock.body.error.code]).toEqual([409, 'customer_has_subscription']);
    expect((await api.call('PATCH', '/customers/subscribed', { currency: 'USD', name: 'N' })).status).toBe(200);
  });

  test('409 for an archived customer', async () => {
    await api.call('POST', '/customers', { external_id: 'gone' });
    await api.call('DELETE', '/customers/gone');
    const reply = await api.call('PATCH', '/customers/gone', { name: 'x' });
    expect([reply.status, reply.body.error.code]).toEqual([409, 'customer_archived']);
  });
});

describe('DELETE /v1/customers/{id}', () => {
  test('200 archives, and repeated changes nothing', async () => {
    await api.call('POST', '/customers', { external_id: 'archive me' });
    const reply = await api.call('DELETE', '/customers/archive%20me');
    expect(reply.status).toBe(200);
    expect(reply.body.archived_at).toMatch(/Z$/);
    expect((await api.call('DELETE', '/customers/archive%20me')).body).toEqual(reply.body);
    expect((await api.call('GET', '/customers/archive%20me')).body).toEqual(reply.body);
  });

  test('409 while a subscription is live', async () => {
    await api.call('POST', '/customers', { external_id: 'busy' });
    await subscribe('busy', 'scheduled');
    const reply = await api.call('DELETE', '/customers/busy');
    expect([reply.status, reply.body.error.code]).toEqual([409, 'customer_has_live_subscription']);
  });
});

describe('GET /v1/customers', () => {
  test('pages cover all, newest first, each once, while others are added', async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await api.call('GET', `/customers?limit=3${cursor === null ? '' : `&cursor=${cursor}`}`);
      expect(page.status).toBe(200);
      seen.push(...page.body.data.map(({ id }: { id: string }) => id));
      cursor = page.body.next_cursor;
      expect(page.body.has_more).toBe(cursor !== null);
      await api.call('POST', '/customers', { external_id: `added while paging ${seen.length}` });
    } while (cursor !== null);
    expect(new Set(seen).size).toBe(seen.length);
    const rows = await api.db.query<{ id: string }>(sql`
      select id from customers where not livemode and external_id not like 'added while paging %'`);
    expect(rows.filter(({ id }) => !seen.includes(id))).toEqual([]);
  });

  test('rows of one microsecond and of one instant are neither skipped nor repeated', async () => {
    await api.db.query(sql`
      insert into customers (account_id, livemode, id, external_id, currency, created_at)
      select 1, true, 'cus_same_' || n, 'same ' || n, 'USD', '2020-01-01T00:00:00.000001Z'::timestamptz + (n / 4) * interval '1 microsecond'
      from generate_series(1, 10) n`);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = `/customers?limit=1${cursor === null ? '' : `&cursor=${cursor}`}`;
      const page = await api.call('GET', query, undefined, { key: api.liveKey });
      seen.push(...page.body.data.map((row: { external_id: string }) => row.external_id));
      cursor = page.body.next_cursor;
    } while (cursor !== null);
    expect(seen.filter((name) => name.startsWith('same '))).toHaveLength(10);
    expect(new Set(seen).size).toBe(seen.length);
  });

  test.each(['0', '201', '-1', '1.5', 'x', ''])('400 for limit %j', async (limit) => {
    const reply = await api.call('GET', `/customers?limit=${limit}`);
    expect([reply.status, reply.body.error.code]).toEqual([400, 'invalid_query']);
    expect(reply.body.error.param).toBe('limit');
  });

  test('400 for a cursor that is foreign, changed, or of another list', async () => {
    const { body } = await api.call('GET', '/customers?limit=1');
    const keys = await api.call('GET', `/api-keys?cursor=${body.next_cursor}`);
    const live = await api.call('GET', `/customers?cursor=${body.next_cursor}`, undefined, { key: api.liveKey });
    const changed = await api.call('GET', `/customers?cursor=A${String(body.next_cursor).slice(1)}`);
    const made = await api.call('GET', '/customers?cursor=abc');
    for (const reply of [keys, live, made])
      expect([reply.status, reply.body.error.code]).toEqual([400, 'invalid_cursor']);
    expect([200, 400]).toContain(changed.status);
  });

  test('400 for an unknown parameter, naming the nearest', async () => {
    const reply = await api.call('GET', '/customers?limitt=5&limit=5&limit=6');
    expect(reply.status).toBe(400);
    const unknown = await api.call('GET', '/customers?limitt=5');
    expect(unknown.body.error.details).toEqual([
      { param: 'limitt', code: 'unknown_field', message: 'Unknown: "limitt"; the nearest known one is "limit".' },
    ]);
  });
});
