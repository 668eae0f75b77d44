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

const cycle = (id: string, query = '') => api.call('GET', `/subscriptions/${id}/cycle${query}`);

/** What a workflow answers is in test/workflow/one-subscription.test.ts. */
describe('GET /v1/subscriptions/{id}/cycle', () => {
  test('200 missing, with what becomes of what is due, where nobody has started its workflow yet', async () => {
    const { subscription } = await world.subscribed();
    const { status, body } = await cycle(subscription.id);
    expect([status, body.workflow_status, body.run_id]).toEqual([200, 'missing', null]);
    expect(body.last_problem).toMatchObject({ is_over: false, what_to_do: expect.stringContaining('reconciler') });
  });

  test('200 missing without a problem for one that is over', async () => {
    const { clock, subscription } = await world.subscribed();
    await api.call('DELETE', `/test-clocks/${clock}`);
    const { body } = await cycle(subscription.id);
    expect([body.workflow_status, body.last_problem]).toEqual(['missing', null]);
  });

  test('400 for a parameter that it does not have', async () => {
    const { subscription } = await world.subscribed();
    const reply = await cycle(subscription.id, '?limit=1');
    expect([reply.status, reply.body.error.code]).toEqual([400, 'invalid_query']);
  });

  test('404 for a subscription that does not exist', async () => {
    expect((await cycle('sub_none')).status).toBe(404);
  });
});
