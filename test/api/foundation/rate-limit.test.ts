import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Reply, startTestApi, type TestApi } from '../../support/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ settings: { rateLimits: { ingestionPerSecond: 3, otherPerSecond: 5 } } });
});
afterAll(() => api.close());

const get = () => api.call('GET', '/account');
const statuses = (replies: readonly Reply[]) => replies.map(({ status }) => status).toSorted();

test('429 with a whole Retry-After beyond the limit, and a client that waits so long is served', async () => {
  const replies = await Promise.all(Array.from({ length: 8 }, get));
  expect(statuses(replies)).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
  const refused = replies.filter(({ status }) => status === 429);
  for (const { body, headers } of refused) {
    expect(body.error).toMatchObject({ type: 'rate_limited', code: 'rate_limited' });
    expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  }
  const again = await Promise.all(
    refused.map(async ({ headers }) => {
      await delay(Number(headers.get('retry-after')) * 1_000);
      return get();
    }),
  );
  expect(statuses(again)).toEqual([200, 200, 200]);
});

test('ingestion has a bucket of its own, and so has each key', async () => {
  const { body: other } = await api.call('POST', '/api-keys', {}, { key: api.liveKey });
  const all = [
    ...Array.from({ length: 4 }, (_, index) =>
      api.call('POST', '/events', { event_name: 'e', customer_id: 'c', idempotency_key: `k${index}` }),
    ),
    api.call('GET', '/account', undefined, { key: other.secret }),
  ];
  expect(statuses(await Promise.all(all))).toEqual([200, 201, 201, 201, 429]);
});

test('a refused request does nothing', async () => {
  const { body } = await api.call('GET', '/events', undefined, { key: api.liveKey });
  expect(body.data).toEqual([]);
});
