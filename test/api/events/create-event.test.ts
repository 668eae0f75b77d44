import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from '../../../src/storage/sql.ts';
import { startTestApi, type TestApi } from '../../support/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

let made = 0;
function event(fields: Record<string, unknown> = {}): Record<string, unknown> {
  made += 1;
  return { event_name: 'api_call', customer_id: 'acme', idempotency_key: `create-${made}`, ...fields };
}

/** A body whose numbers are not what JSON.stringify would write. */
function withProperties(properties: string): string {
  return JSON.stringify(event({ properties: 'HERE' })).replace('"HERE"', properties);
}

function faults(body: { error: { details: { param: string; code: string }[] } }): Record<string, string> {
  return Object.fromEntries(body.error.details.map(({ param, code }) => [param, code]));
}

test('a new event is answered with every field, and reads the same afterwards', async () => {
  const timestamp = '2026-03-01T10:00:00.123456789+02:00';
  const sent = event({ timestamp, properties: { tokens: 12, nested: { list: [1, 'two', null, true] } } });
  const reply = await api.call('POST', '/events', sent);
  expect(reply.status).toBe(201);
  expect(reply.headers.get('idempotent-replayed')).toBeNull();
  expect(reply.body).toEqual({
    id: expect.stringMatching(/^evt_[0-9a-z]{26}$/),
    object: 'event',
    livemode: false,
    created_at: expect.stringMatching(/Z$/),
    event_name: 'api_call',
    customer_id: 'acme',
    idempotency_key: sent['idempotency_key'],
    timestamp: '2026-03-01T08:00:00.123456Z',
    properties: { tokens: 12, nested: { list: [1, 'two', null, true] } },
    status: 'unmatched',
    billed_by: [],
  });
  const read = await api.call('GET', `/events/${reply.body.id}`);
  expect(read.status).toBe(200);
  expect(read.text).toBe(reply.text);
});

test('an event without timestamp and properties happens at its receipt, with no properties', async () => {
  const { body } = await api.call('POST', '/events', event());
  expect(body.timestamp).toBe(body.created_at);
  expect(body.properties).toEqual({});
});

test('the same event again is answered with the first one and stored once', async () => {
  const sent = event({ properties: { a: 1, b: { c: 2 } } });
  const first = await api.call('POST', '/events', sent);
  const again = await api.call('POST', '/events', { ...sent, properties: { b: { c: 2 }, a: 1 } });
  expect(again.status).toBe(200);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(again.text).toBe(first.text);
  const [row] = await api.db.query<{ count: number }>(
    sql`select count(*)::int as count from events where idempotency_key = ${sent['idempotency_key']}`,
  );
  expect(row?.count).toBe(1);
});

test('another event under a known key is a conflict, and the first one stays as it is', async () => {
  const sent = event({ properties: { a: 1 } });
  const first = await api.call('POST', '/events', sent);
  const other = await api.call('POST', '/events', { ...sent, properties: { a: 2 } });
  expect(other.status).toBe(409);
  expect(other.body.error).toMatchObject({
    type: 'conflict',
    code: 'idempotency_conflict',
    param: 'idempotency_key',
    details: [{ param: 'idempotency_key', code: 'idempotency_conflict' }],
  });
  expect((await api.call('GET', `/events/${first.body.id}`)).text).toBe(first.text);
});

test('test and live mode have keys of their own', async () => {
  const sent = event();
  const options = { key: api.liveKey };
  expect((await api.call('POST', '/events', sent)).status).toBe(201);
  const live = await api.call('POST', '/events', sent, options);
  expect(live.status).toBe(201);
  expect(live.body.livemode).toBe(true);
  expect((await api.call('GET', `/events/${live.body.id}`)).status).toBe(404);
});

test.each([
  ['12345678901234567890.12345678901234567890', '12345678901234567890.12345678901234567890'],
  ['1e400', `1${'0'.repeat(400)}`],
  ['-2.5E-10', '-2.5e-10'],
  ['0.1', '0.1'],
  ['1e8000', `1${'0'.repeat(8000)}`],
])('the number %s in a property keeps every digit', async (number, plain) => {
  const reply = await api.send('POST', '/v1/events', withProperties(`{"n":${number}}`));
  expect(reply.status).toBe(201);
  expect(reply.text).toContain(`"n":${plain}`);
  expect((await api.call('GET', `/events/${reply.body.id}`)).text).toBe(reply.text);
});

const A_TIME = '2026-01-01T00:00:00Z';
const inAnHour = () => new Date(Date.now() + 3_660_000).toISOString();

test.each<[string, () => Record<string, unknown>, Record<string, string>]>([
  [
    'no field at all',
    () => ({ event_name: undefined, customer_id: undefined, idempotency_key: undefined }),
    { event_name: 'missing', customer_id: 'missing', idempotency_key: 'missing' },
  ],
  ['empty texts', () => ({ event_name: '', customer_id: '' }), { event_name: 'too_short', customer_id: 'too_short' }],
  [
    'texts of another type',
    () => ({ event_name: 7, customer_id: null }),
    { event_name: 'wrong_type', customer_id: 'wrong_type' },
  ],
  ['a long name', () => ({ event_name: 'x'.repeat(1_025) }), { event_name: 'too_long' }],
  ['a long name in bytes', () => ({ event_name: 'é'.repeat(600) }), { event_name: 'too_long' }],
  ['a long key', () => ({ idempotency_key: 'x'.repeat(256) }), { idempotency_key: 'too_long' }],
  ['a timestamp without an offset', () => ({ timestamp: '2026-01-01T00:00:00' }), { timestamp: 'not_an_instant' }],
  ['a day that does not exist', () => ({ timestamp: '2026-02-30T00:00:00Z' }), { timestamp: 'not_an_instant' }],
  ['a timestamp that is a number', () => ({ timestamp: 1_700_000_000 }), { timestamp: 'wrong_type' }],
  ['a timestamp that is null', () => ({ timestamp: null }), { timestamp: 'wrong_type' }],
  ['a timestamp more than an hour ahead', () => ({ timestamp: inAnHour() }), { timestamp: 'too_far_ahead' }],
  ['a `cus_…` that nobody has', () => ({ customer_id: 'cus_nobody' }), { customer_id: 'unknown_customer' }],
  ['properties that are a list', () => ({ properties: [1] }), { properties: 'wrong_type' }],
  ['properties that are null', () => ({ properties: null }), { properties: 'wrong_type' }],
  [
    '65 properties',
    () => ({ properties: Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`p${n}`, n])) }),
    { properties: 'too_many' },
  ],
  [
    'more than 8 KB of properties',
    () => ({ properties: { a: Array.from({ length: 9 }, () => 'x'.repeat(1_000)) } }),
    { properties: 'too_long' },
  ],
  [
    'a long text inside properties',
    () => ({ properties: { a: [{ b: 'x'.repeat(1_025) }] } }),
    { 'properties.a[0].b': 'too_long' },
  ],
  ['an unknown field', () => ({ custmer_id: 'acme' }), { custmer_id: 'unknown_field' }],
  [
    'a name that JavaScript treats specially',
    () => ({ properties: JSON.parse('{"__proto__":1}') }),
    { 'properties.__proto__': 'unsafe_text' },
  ],
  ['a NUL character', () => ({ properties: { a: 'b\u0000' } }), { 'properties.a': 'unsafe_text' }],
  ['a lone surrogate', () => ({ idempotency_key: 'a\ud800' }), { idempotency_key: 'unsafe_text' }],
  [
    'several faults',
    () => ({ event_name: '', timestamp: 'now' }),
    { event_name: 'too_short', timestamp: 'not_an_instant' },
  ],
])('%s is refused with the path of each fault, and nothing is stored', async (_what, fields, expected) => {
  const sent = { ...event(), ...fields() };
  const reply = await api.call('POST', '/events', sent);
  expect(reply.status).toBe(400);
  expect(reply.body.error.type).toBe('invalid_request');
  expect(faults(reply.body)).toEqual(expected);
  const [row] = await api.db.query<{ count: number }>(
    sql`select count(*)::int as count from event_keys where idempotency_key = ${`create-${made}`}`,
  );
  expect(row?.count).toBe(0);
});

test('a number whose plain notation is longer than 8 KB is refused', async () => {
  for (const number of ['1e9000', '-1e-9000', '1e99999999999999999999', '1.5e-131072']) {
    const reply = await api.send('POST', '/v1/events', withProperties(`{"n":${number}}`));
    expect(reply.status).toBe(400);
    expect(faults(reply.body)).toEqual({ properties: 'too_long' });
  }
});

test('many short numbers may not become a flood of digits', async () => {
  const numbers = Array.from({ length: 60 }, () => '1e150').join(',');
  expect((await api.send('POST', '/v1/events', withProperties(`{"n":[${numbers}]}`))).status).toBe(400);
});

test('a timestamp an hour ahead at most, and any past one, are accepted', async () => {
  const soon = new Date(Date.now() + 3_540_000).toISOString();
  for (const timestamp of [soon, A_TIME, '0001-01-02T00:00:00Z', '1969-12-31T23:59:59.999999Z']) {
    const reply = await api.call('POST', '/events', event({ timestamp }));
    expect([reply.status, timestamp]).toEqual([201, timestamp]);
  }
});

test('a key with the role ingest may send events and not read them', async () => {
  const { body } = await api.call('POST', '/api-keys', { name: null, role: 'ingest' });
  const options = { key: body.secret };
  const sent = await api.call('POST', '/events', event(), options);
  expect(sent.status).toBe(201);
  expect((await api.call('GET', `/events/${sent.body.id}`, undefined, options)).status).toBe(401);
});

test('an event id that is no id, of another kind or unknown is not found', async () => {
  for (const id of ['evt_1', 'cus_01', 'evt_00000000000000000000000000', '..%2f']) {
    const reply = await api.call('GET', `/events/${id}`);
    expect([id, reply.status, reply.body.error.code]).toEqual([id, 404, 'not_found']);
  }
});
