import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunAtWork, WorkflowServer } from '../../../src/operations/workflow-server.ts';
import { sql } from '../../../src/storage/sql.ts';
import { addAccount, startTestApi, type TestApi } from '../../support/api.ts';
import { ApiWorld } from '../../support/api-world.ts';

let api: TestApi;
let world: ApiWorld;
/** What Temporal has at work, and what was ended. */
const runs = new Map<string, Partial<RunAtWork>>();
let ended: string[] = [];
let isUp = true;
const workflows: WorkflowServer = {
  countPollers: async () => ({ workflow: 1, activity: 1 }),
  findRun: async (_livemode, workflowId) => {
    if (!isUp) throw new Error('refused');
    const run = runs.get(workflowId);
    const facts = { workflowId, runId: 'r', isOfBilling: true, subscriptionId: workflowId, accountId: 1 };
    return run === undefined ? null : { ...facts, bills: 'life', ...run };
  },
  terminate: async (_livemode, { workflowId }) => {
    ended.push(workflowId);
  },
};
beforeAll(async () => {
  api = await startTestApi({ workflows });
  world = new ApiWorld(api);
});
afterAll(() => api.close());

const revived = async () =>
  (await api.db.query<{ id: string }>(sql`select subscription_id as id from outbox where revives order by 1`)).map(
    ({ id }) => id,
  );

describe('POST /v1/account/repair', () => {
  const repair = (body?: object, key = api.testKey) => api.call('POST', '/account/repair', body, { key });

  test('200: every subscription that goes on is asked for once, however often it is called; ended ones are not', async () => {
    const running = await world.subscribed();
    const scheduled = await world.subscribed('2027-01-01T00:00:00Z', { start_date: '2027-06-01' });
    const over = await world.subscribed('2027-01-01T00:00:00Z', { start_date: '2027-06-01' });
    await api.call('POST', `/subscriptions/${over.subscription.id}/cancel`, { at: 'now' });
    const ids = [running, scheduled].map(({ subscription }) => subscription.id).toSorted();
    for (let time = 0; time < 2; time += 1) {
      expect((await repair()).body).toEqual({
        object: 'account_repair',
        livemode: false,
        queued: 2,
        looked_at: 3,
        total: 3,
        last_id: over.subscription.id,
        has_more: false,
      });
      expect(await revived()).toEqual(ids);
    }
    expect((await repair({ after: running.subscription.id })).body).toMatchObject({ queued: 1, looked_at: 2 });
    expect((await repair({ after: over.subscription.id })).body).toMatchObject({ queued: 0, last_id: null });
  });

  test('200: an ended subscription with a draft, or with late usage that waits, is asked for', async () => {
    await api.db.query(sql`delete from outbox`);
    const { clock, subscription } = await world.subscribed();
    const late = await world.subscribed();
    for (const each of [subscription, late.subscription]) {
      await api.call('POST', `/subscriptions/${each.id}/cancel`, { at: 'now' });
    }
    await api.db.query(
      sql`update invoices set status = 'void', voided_at = now() where subscription_id = ${late.subscription.id}`,
    );
    await api.db.query(sql`
      update subscriptions set late_due_at = now(), next_due_at = now() where id = ${late.subscription.id}`);
    await repair();
    expect(await revived()).toEqual(expect.arrayContaining([subscription.id, late.subscription.id]));
    // What a deleted clock left behind waits for nothing.
    await api.db.query(sql`delete from outbox`);
    await api.call('DELETE', `/test-clocks/${clock}`);
    await repair();
    expect(await revived()).not.toContain(subscription.id);
  });

  test('200: nothing of another account or mode is asked for', async () => {
    await api.db.query(sql`delete from outbox`);
    const otherKey = await addAccount(api.db, { accountId: 2, livemode: false });
    for (const key of [otherKey, api.liveKey]) {
      expect((await repair({}, key)).body).toMatchObject({ queued: 0, total: 0 });
    }
    expect(await revived()).toEqual([]);
  });

  test('400 for a field that it does not have', async () => {
    const { status, body } = await repair({ from: 'sub_x' });
    expect([status, body.error.param]).toEqual([400, 'from']);
  });
});

describe('POST /v1/account/end-foreign-workflows', () => {
  const end = (ids: readonly string[]) => api.call('POST', '/account/end-foreign-workflows', { workflow_ids: ids });

  test('200: ends what nothing asks for, and says of each why it was left alone', async () => {
    const { subscription } = await world.subscribed();
    const over = await world.subscribed('2027-01-01T00:00:00Z', { start_date: '2027-06-01' });
    await api.call('POST', `/subscriptions/${over.subscription.id}/cancel`, { at: 'now' });
    runs.set(subscription.id, {});
    runs.set(over.subscription.id, {});
    runs.set(`late-${subscription.id}`, { subscriptionId: subscription.id, bills: 'late_usage' });
    runs.set('sub_strange', {});
    runs.set('sub_nobodys', { accountId: null });
    runs.set('sub_others', { accountId: 7 });
    runs.set('reconcile', { isOfBilling: false });
    const reply = await end([...runs.keys(), 'sub_gone', 'sub_strange']);
    expect(
      reply.body.workflows.map((each: { workflow_id: string; ended: boolean; refusal: { code: string } | null }) => [
        each.workflow_id,
        each.ended ? 'ended' : each.refusal?.code,
      ]),
    ).toEqual([
      [subscription.id, 'asked_for'],
      [over.subscription.id, 'ended'],
      [`late-${subscription.id}`, 'ended'],
      ['sub_strange', 'ended'],
      ['sub_nobodys', 'ended'],
      ['sub_others', 'other_account'],
      ['reconcile', 'other_type'],
      ['sub_gone', 'not_running'],
    ]);
    expect(ended).toEqual([over.subscription.id, `late-${subscription.id}`, 'sub_strange', 'sub_nobodys']);
  });

  test('400 without ids, and with more than it takes', async () => {
    expect((await end([])).status).toBe(400);
    expect((await end(Array.from({ length: 51 }, (_, index) => `sub_${index}`))).status).toBe(400);
  });

  test('503 temporal_unavailable with Retry-After; nothing is ended', async () => {
    isUp = false;
    ended = [];
    const reply = await end(['sub_strange']);
    expect([reply.status, reply.body.error.code, reply.headers.get('retry-after')]).toEqual([
      503,
      'temporal_unavailable',
      expect.any(String),
    ]);
    expect(ended).toEqual([]);
    isUp = true;
  });
});
