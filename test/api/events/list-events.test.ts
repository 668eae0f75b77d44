import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newUuid } from '../../../src/platform/new-id.ts';
import { sql } from '../../../src/storage/sql.ts';
import { startTestApi, type TestApi } from '../../support/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

interface Listed {
  readonly id: string;
  readonly idempotency_key: string;
}

async function send(count: number, fields: (index: number) => Record<string, unknown>): Promise<void> {
  const events = Array.from({ length: count }, (_, index) => ({ event_name: 'call', ...fields(index) }));
  expect((await api.call('POST', '/events/batch', { events })).status).toBe(200);
}

async function keysOf(query: string): Promise<string[]> {
  const { status, body } = await api.call('GET', `/events?${query}`);
  expect(status).toBe(200);
  return body.data.map((each: Listed) => each.idempotency_key);
}

/** Follows the cursors to the end; `between` runs after each page. */
async function pagesOf(query: string, between: () => Promise<unknown> = async () => {}): Promise<Listed[][]> {
  const pages: Listed[][] = [];
  let cursor = '';
  for (;;) {
    const { body } = await api.call('GET', `/events?${query}${cursor}`);
    pages.push(body.data);
    if (!body.has_more) return pages;
    cursor = `&cursor=${encodeURIComponent(body.next_cursor)}`;
    await between();
  }
}

test('events are listed newest first, in the order they were sent', async () => {
  await send(5, (index) => ({ customer_id: 'order', idempotency_key: `order-${index}` }));
  expect(await keysOf('customer_id=order')).toEqual(['order-4', 'order-3', 'order-2', 'order-1', 'order-0']);
});

test('paging skips and repeats nothing while others are inserted, and ends with the whole list', async () => {
  await send(23, (index) => ({ customer_id: 'paged', idempotency_key: `paged-${index}` }));
  let late = 0;
  const pages = await pagesOf('customer_id=paged&limit=5', () =>
    send(1, () => ({ customer_id: 'paged', idempotency_key: `paged-late-${late++}` })),
  );
  expect(pages.map((page) => page.length)).toEqual([5, 5, 5, 5, 3]);
  const keys = pages.flat().map((each) => each.idempotency_key);
  expect(keys).toEqual(Array.from({ length: 23 }, (_, index) => `paged-${22 - index}`));
});

test('filters by name and half-open time narrow the list', async () => {
  await send(4, (index) => ({
    customer_id: 'filtered',
    idempotency_key: `filtered-${index}`,
    event_name: index % 2 === 0 ? 'even' : 'odd',
    timestamp: `2026-01-0${index + 1}T00:00:00Z`,
  }));
  expect(await keysOf('event_name=even')).toEqual(['filtered-2', 'filtered-0']);
  expect(await keysOf('customer_id=filtered&from=2026-01-02T00:00:00Z&to=2026-01-04T00:00:00Z')).toEqual([
    'filtered-2',
    'filtered-1',
  ]);
  expect(await keysOf('customer_id=filtered&event_name=odd&from=2026-01-03T00:00:00Z')).toEqual(['filtered-3']);
  expect(await keysOf('customer_id=nobody')).toEqual([]);
});

test('a customer is found by external_id and by its id', async () => {
  await send(1, () => ({ customer_id: 'known', idempotency_key: 'known-0' }));
  const { body } = await api.call('POST', '/customers', { external_id: 'known' });
  await send(1, () => ({ customer_id: body.id, idempotency_key: 'known-1' }));
  for (const reference of ['known', body.id]) {
    expect(await keysOf(`customer_id=${reference}`)).toEqual(['known-1', 'known-0']);
  }
  const { body: list } = await api.call('GET', '/events?customer_id=known');
  expect(list.data[0]).toMatchObject({ customer_id: 'known', status: 'unpriced' });
});

test('a status that few events have is found behind many others, if need be on a later page', async () => {
  await send(1, () => ({ customer_id: 'rare', idempotency_key: 'rare-0' }));
  await api.call('POST', '/customers', { external_id: 'rare' });
  await insertUnmatched(3_000);
  const near = await pagesOf('status=unpriced');
  expect(near.map((page) => page.map((each) => each.idempotency_key))).toEqual([['rare-0', 'known-1', 'known-0']]);
  await insertUnmatched(18_000);
  const far = await pagesOf('status=unpriced');
  expect(far.map((page) => page.length)).toEqual([0, 3]);
});

/** Events of a customer that does not exist, newer than all others. */
async function insertUnmatched(count: number): Promise<void> {
  const ids = Array.from({ length: count }, newUuid);
  await api.db.query(sql`
    insert into events (account_id, livemode, id, seq, customer_ref, event_name, idempotency_key, event_at, received_at, properties)
    select 1, false, id, nextval('event_seq'), 'crowd', 'call', id::text, now(), now(), '{}'
    from unnest(${ids}::uuid[]) as t (id)`);
}

test('no event of the other mode is listed', async () => {
  const { body } = await api.call('GET', '/events', undefined, { key: api.liveKey });
  expect(body).toEqual({ object: 'list', data: [], has_more: false, next_cursor: null });
});

test.each([
  ['limit=0', 'limit'],
  ['limit=201', 'limit'],
  ['status=lost', 'status'],
  ['from=yesterday', 'from'],
  ['customer=acme', 'customer'],
  ['cursor=abc', 'cursor'],
])('the query %s is refused', async (query, param) => {
  const { status, body } = await api.call('GET', `/events?${query}`);
  expect([status, body.error.param]).toEqual([400, param]);
});

test('a cursor is bound to its filters', async () => {
  const { body } = await api.call('GET', '/events?customer_id=paged&limit=5');
  const other = await api.call('GET', `/events?customer_id=order&cursor=${encodeURIComponent(body.next_cursor)}`);
  expect([other.status, other.body.error.code]).toEqual([400, 'invalid_cursor']);
});
