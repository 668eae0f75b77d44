import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/api.ts';
import { ApiWorld } from '../../support/api-world.ts';

let api: TestApi;
let world: ApiWorld;
beforeAll(async () => {
  api = await startTestApi();
  world = new ApiWorld(api);
});
afterAll(() => api.close());

const history = (id: string, query = '') => api.call('GET', `/subscriptions/${id}/history${query}`);

describe('GET /v1/subscriptions/{id}/history', () => {
  test('200 newest first, with the key that did it and its role, also while Temporal is down', async () => {
    const { clock, subscription } = await world.subscribed();
    const { id: keyId, secret } = await world.make('/api-keys', { role: 'admin', name: 'ops' });
    await world.setClock(clock, '2027-02-01T02:00:00Z');
    await api.call('POST', `/subscriptions/${subscription.id}/cancel`, { at: 'period_end' }, { key: secret });
    const { status, body } = await history(subscription.id);
    expect([status, body.has_more, body.next_cursor]).toEqual([200, false, null]);
    expect(body.data.map((row: { kind: string; sequence: number }) => [row.sequence, row.kind])).toEqual([
      [7, 'cancellation_scheduled'],
      [6, 'period_closed'],
      [5, 'invoice_finalized'],
      [4, 'invoice_drafted'],
      [3, 'period_opened'],
      [2, 'period_opened'],
      [1, 'created'],
    ]);
    const by = { type: 'api_key', id: keyId, role: 'admin', run_id: null };
    expect(body.data[0]).toMatchObject({
      cause: 'command',
      at: '2027-02-01T02:00:00Z',
      effective_at: '2027-03-01T00:00:00Z',
      actor: by,
    });
    expect(body.data[1]).toMatchObject({ cause: 'catch_up', actor: by, invoice_number: 'INV-000001' });
    expect(body.data[6].actor).toMatchObject({ type: 'api_key', role: 'admin' });
    expect(body.data[6].actor.id).not.toBe(keyId);
  });

  test('200 pages to the end without a row left out or repeated while rows are added', async () => {
    const { subscription } = await world.subscribed();
    const command = (at: string) => api.call('POST', `/subscriptions/${subscription.id}/cancel`, { at });
    for (const day of ['05', '06', '07', '08', '09']) await command(`2027-01-${day}T00:00:00Z`);
    const seen: number[] = [];
    let query = '?limit=2';
    for (let page = 0; page < 10; page += 1) {
      const { body } = await history(subscription.id, query);
      seen.push(...body.data.map(({ sequence }: { sequence: number }) => sequence));
      if (body.next_cursor === null) break;
      await command(`2027-01-${20 + page}T00:00:00Z`);
      query = `?limit=2&cursor=${body.next_cursor}`;
    }
    expect(seen).toEqual([7, 6, 5, 4, 3, 2, 1]);
  });

  test('a POST that is repeated with its Idempotency-Key adds nothing', async () => {
    const { subscription } = await world.subscribed();
    const options = { headers: { 'Idempotency-Key': `pause ${subscription.id}` } };
    const pause = () => api.call('POST', `/subscriptions/${subscription.id}/pause`, {}, options);
    const first = await pause();
    const before = (await history(subscription.id)).text;
    expect((await pause()).text).toBe(first.text);
    expect((await history(subscription.id)).text).toBe(before);
  });

  test('400 for a limit out of bounds, an unknown parameter, and a cursor of another history', async () => {
    const one = await world.subscribed();
    const other = await world.subscribed();
    const { body } = await history(one.subscription.id, '?limit=1');
    for (const query of ['?limit=0', '?limit=201', '?kind=created', `?cursor=${body.next_cursor}`]) {
      expect([query, (await history(other.subscription.id, query)).status]).toEqual([query, 400]);
    }
  });

  test('404 for a subscription that does not exist', async () => {
    expect((await history('sub_none')).status).toBe(404);
  });
});
