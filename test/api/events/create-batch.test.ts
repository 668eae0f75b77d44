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
  return { event_name: 'api_call', customer_id: 'acme', idempotency_key: `batch-${made}`, ...fields };
}

async function storedOf(events: readonly Record<string, unknown>[]): Promise<unknown[]> {
  const keys = events.map((each) => each['idempotency_key']);
  const rows = await api.db.query<{ key: string }>(sql`
    select idempotency_key as key from events where idempotency_key = any(${keys}) order by seq`);
  return rows.map((row) => row.key);
}

test('a batch is stored as a whole and counted', async () => {
  const events = [event(), event(), event()];
  const reply = await api.call('POST', '/events/batch', { events });
  expect(reply.status).toBe(200);
  expect(reply.body).toEqual({ object: 'event_batch', created: 3, duplicates: 0, results: null });
  expect(await storedOf(events)).toHaveLength(3);
});

test('a batch sent again counts duplicates and stores nothing', async () => {
  const events = [event(), event()];
  await api.call('POST', '/events/batch', { events });
  const again = await api.call('POST', '/events/batch', { events: [...events, event()] });
  expect(again.body).toMatchObject({ created: 1, duplicates: 2 });
  expect(await storedOf(events)).toHaveLength(2);
});

test('an invalid item makes the batch 400, names every bad index, and nothing is stored', async () => {
  const events = [
    event(),
    event({ timestamp: 'now' }),
    event(),
    event({ customer_id: 'cus_nobody' }),
    event({ event_nam: 1 }),
  ];
  const reply = await api.call('POST', '/events/batch', { events });
  expect(reply.status).toBe(400);
  expect(reply.body.error).toMatchObject({ code: 'invalid_body', param: 'events[1].timestamp' });
  expect(reply.body.error.details.map((each: { param: string }) => each.param)).toEqual([
    'events[1].timestamp',
    'events[3].customer_id',
    'events[4].event_nam',
  ]);
  expect(await storedOf(events)).toEqual([]);
});

test('a conflicting item makes the batch 409, names every one, and nothing is stored', async () => {
  const known = event();
  await api.call('POST', '/events', known);
  const twin = event();
  const events = [event(), { ...known, event_name: 'other' }, twin, { ...twin, customer_id: 'other' }, twin];
  const reply = await api.call('POST', '/events/batch', { events });
  expect(reply.status).toBe(409);
  expect(reply.body.error.code).toBe('idempotency_conflict');
  expect(reply.body.error.details).toEqual(
    ['events[1].idempotency_key', 'events[3].idempotency_key'].map((param) => ({
      param,
      code: 'idempotency_conflict',
      message: expect.any(String),
    })),
  );
  expect(await storedOf([events[0] ?? {}, twin])).toEqual([]);
});

test('with invalid and conflicting items the batch is 400', async () => {
  const known = event();
  await api.call('POST', '/events', known);
  const events = [{ ...known, event_name: 'other' }, event({ event_name: '' })];
  expect((await api.call('POST', '/events/batch', { events })).status).toBe(400);
});

test('with on_error continue the good items are stored and each item gets its result', async () => {
  const known = event();
  await api.call('POST', '/events', known);
  const twin = event();
  const events = [
    twin,
    known,
    { ...known, properties: { other: 1 } },
    event({ customer_id: 'cus_nobody' }),
    twin,
    { ...twin, event_name: 'other' },
    event({ timestamp: '2026-13-01T00:00:00Z', event_name: '' }),
    event({ properties: { text: 'a\u0000b' } }),
    'no object',
    event(),
  ];
  const { status, body } = await api.call('POST', '/events/batch', { events, on_error: 'continue' });
  expect(status).toBe(200);
  expect([body.created, body.duplicates]).toEqual([2, 2]);
  expect(body.results.map((each: { status: string }) => each.status)).toEqual([
    'created',
    'duplicate',
    'conflict',
    'invalid',
    'duplicate',
    'conflict',
    'invalid',
    'invalid',
    'invalid',
    'created',
  ]);
  expect(body.results[0]).toEqual({ status: 'created', event_id: expect.stringMatching(/^evt_/), error: null });
  expect(body.results[4].event_id).toBe(body.results[0].event_id);
  expect(body.results[2]).toEqual({
    status: 'conflict',
    event_id: null,
    error: {
      param: 'events[2].idempotency_key',
      code: 'idempotency_conflict',
      message: expect.any(String),
      details: [expect.objectContaining({ param: 'events[2].idempotency_key' })],
    },
  });
  expect(body.results[3].error).toMatchObject({ code: 'invalid_body', details: [{ code: 'unknown_customer' }] });
  expect(body.results[6].error.details.map((each: { param: string }) => each.param)).toEqual([
    'events[6].event_name',
    'events[6].timestamp',
  ]);
  expect(body.results[7].error.details).toEqual([expect.objectContaining({ code: 'unsafe_text' })]);
});

test('an invalid first event with a key leaves the key to the next one', async () => {
  const second = event();
  const first = { ...second, timestamp: 'never' };
  const { body } = await api.call('POST', '/events/batch', { events: [first, second], on_error: 'continue' });
  expect(body.results.map((each: { status: string }) => each.status)).toEqual(['invalid', 'created']);
});

test.each<[string, unknown]>([
  ['no event', { events: [] }],
  ['1,001 events', { events: Array.from({ length: 1_001 }, () => event()) }],
  ['no list', { events: event() }],
  ['a missing list', {}],
  ['an unknown field', { events: [event()], onError: 'continue' }],
  ['an unknown way to go on', { events: [event()], on_error: 'ignore' }],
])('a batch with %s is refused', async (_what, body) => {
  const reply = await api.call('POST', '/events/batch', body);
  expect([reply.status, reply.body.error.code]).toEqual([400, 'invalid_body']);
});

test('1,000 events of 1,000 customers fit into one batch, in any order', async () => {
  const events = Array.from({ length: 1_000 }, (_, index) => event({ customer_id: `many-${index}` })).reverse();
  const reply = await api.call('POST', '/events/batch', { events });
  expect(reply.body).toMatchObject({ created: 1_000 });
});
