import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from '@temporalio/client';
import type { ReconcileResult } from '../../src/orchestration/messages.ts';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { RECONCILE_WORKFLOW, SUBSCRIPTION_WORKFLOW, TASK_QUEUE } from '../../src/orchestration/messages.ts';
import { selectFindings } from '../../src/storage/workflow-findings.ts';
import { reconcileRound } from '../../src/orchestration/reconciler/reconcile-round.ts';
import { insertRevivals } from '../../src/storage/outbox.ts';
import { selectRound } from '../../src/storage/reconciler-rounds.ts';
import { sql } from '../../src/storage/sql.ts';
import { newId } from '../../src/platform/new-id.ts';
import { BillingWorkers, eventually } from '../support/billing-workers.ts';
import { BillingWorld, CALLS, FEE, TEST_TENANT } from '../support/billing-world.ts';

let world: BillingWorld;
let workers: BillingWorkers;
beforeAll(async () => {
  world = await BillingWorld.create();
  workers = await BillingWorkers.start(world);
}, 120_000);
afterAll(async () => {
  await workers.stop();
  await world.drop();
});

async function reconcile(): Promise<ReconcileResult> {
  return workers.client.workflow.execute(RECONCILE_WORKFLOW, {
    workflowId: `reconcile-${newId('request')}`,
    taskQueue: TASK_QUEUE,
    args: [{ livemode: false }],
  });
}

async function subscribed() {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan([FEE, CALLS]));
  const handle = workers.client.workflow.getHandle(subscription.id);
  await eventually(
    () => handle.describe().catch(() => null),
    (description) => description?.status.name === 'RUNNING',
  );
  return { clockId, customer, subscription, handle };
}

test('a nudge that was lost is made good by the reconciler, which bills nothing itself', async () => {
  const { clockId, subscription } = await subscribed();
  await world.setClock(clockId, '2027-02-01T02:00:00Z');
  expect(await reconcile()).toMatchObject({ overdue: 1, started: 1 });
  const invoices = await eventually(
    () => world.invoices(subscription.id),
    (all) => all[0]?.status === 'open',
  );
  expect(invoices.length).toBe(1);
  expect(await reconcile()).toMatchObject({ overdue: 0 });
}, 60_000);

test('a workflow that was terminated is started anew once it is overdue, and no period is billed twice', async () => {
  const { clockId, subscription, handle } = await subscribed();
  await world.setClock(clockId, '2027-02-01T02:00:00Z');
  await reconcile();
  await eventually(
    () => world.invoices(subscription.id),
    (all) => all[0]?.status === 'open',
  );
  await handle.terminate('an operator’s mistake');
  await world.setClock(clockId, '2027-03-01T02:00:00Z');
  await reconcile();
  const invoices = await eventually(
    () => world.invoices(subscription.id),
    (all) => all.length === 2 && all.every((invoice) => invoice.status === 'open'),
  );
  expect(invoices.map((invoice) => invoice.periodNumber)).toEqual([0, 1]);
}, 60_000);

test('a workflow that is missing is found and started anew before anything is overdue', async () => {
  const { subscription, handle } = await subscribed();
  await handle.terminate('an operator’s mistake');
  // A subscription that lives by real time, and one that has ended, for which no workflow is missing.
  const ended = await subscribed();
  await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: ended.subscription.id, at: 'now' });
  await world.setClock(ended.clockId, '2027-01-02');
  await ended.handle.signal('nudge');
  await eventually(
    () => ended.handle.describe(),
    ({ status }) => status.name === 'COMPLETED',
  );
  expect(await reconcile()).toMatchObject({ overdue: 0, missing: 1, problem: null });
  await eventually(
    () => handle.describe(),
    ({ status }) => status.name === 'RUNNING',
  );
  const known = await selectFindings(world.db, { livemode: false, kind: 'missing', limit: 10 });
  expect(known.map(({ workflowId }) => workflowId)).toEqual([subscription.id]);
  await eventually(
    async () => {
      await reconcile();
      return selectFindings(world.db, { livemode: false, kind: 'missing', limit: 10 });
    },
    ({ length }) => length === 0,
  );
  expect((await ended.handle.describe()).status.name).toBe('COMPLETED');
}, 60_000);

describe('a running workflow that no subscription asks for', () => {
  const foreign = () => selectFindings(world.db, { livemode: false, kind: 'foreign', limit: 10 });

  test('is listed with the account that its input names, and not ended', async () => {
    const started = await Promise.all(
      [{ v: 1, ref: { accountId: 7, livemode: false, subscriptionId: 'sub_of_another_database' } }, 'by hand'].map(
        (input) =>
          workers.client.workflow.start(SUBSCRIPTION_WORKFLOW, {
            workflowId: typeof input === 'string' ? 'started-by-hand' : input.ref.subscriptionId,
            taskQueue: 'a queue that nobody polls',
            args: [input],
          }),
      ),
    );
    const found = await eventually(
      async () => {
        await reconcile();
        return foreign();
      },
      ({ length }) => length === 2,
    );
    expect(found.map(({ workflowId, accountId, reason }) => [workflowId, accountId, reason]).toSorted()).toEqual([
      ['started-by-hand', null, 'no_subscription'],
      ['sub_of_another_database', 7, 'no_subscription'],
    ]);
    expect(await reconcile()).toMatchObject({ foreign: 2 });
    for (const handle of started) {
      expect((await handle.describe()).status.name).toBe('RUNNING');
      await handle.terminate('the test is over');
    }
    await eventually(
      async () => {
        await reconcile();
        return foreign();
      },
      ({ length }) => length === 0,
    );
  }, 60_000);

  test('is nudged where its subscription is over, so that it ends by itself', async () => {
    const { clockId, subscription, handle } = await subscribed();
    await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id, at: 'now' });
    await world.setClock(clockId, '2027-01-02');
    await handle.signal('nudge');
    await eventually(
      () => handle.describe(),
      ({ status }) => status.name === 'COMPLETED',
    );
    const again = await workers.client.workflow.start(SUBSCRIPTION_WORKFLOW, {
      workflowId: subscription.id,
      taskQueue: 'a queue that nobody polls',
      args: [{ v: 1, ref: { ...TEST_TENANT, subscriptionId: subscription.id } }],
    });
    const found = await eventually(
      async () => {
        await reconcile();
        return foreign();
      },
      ({ length }) => length > 0,
    );
    expect(found).toMatchObject([{ workflowId: subscription.id, accountId: 1, reason: 'over' }]);
    const { events } = await again.fetchHistory();
    expect(events?.some(({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName === 'nudge')).toBe(
      true,
    );
    await again.terminate('the test is over');
  }, 60_000);
});

test('a round looks at a bounded part, and the next one goes on behind it until all have been looked at', async () => {
  const small = await BillingWorld.create();
  const customer = await small.customer({});
  const plan = await small.plan([FEE]);
  for (let index = 0; index < 7; index += 1) await small.subscribe(customer, plan);
  await small.db.query(sql`delete from outbox`);
  const round = () =>
    reconcileRound({
      db: small.db,
      client: workers.client,
      livemode: false,
      jitterWindowMs: 0,
      bounds: { page: 2, pages: 2 },
      onProgress: () => undefined,
    });
  expect(await round()).toMatchObject({ missing: 4, waitingNudges: 4 });
  expect(await selectRound(small.db, false)).toMatchObject({ walked: null, walkAfter: { accountId: 1 } });
  expect(await round()).toMatchObject({ missing: 3, waitingNudges: 7 });
  expect(await selectRound(small.db, false)).toMatchObject({ walkAfter: null, walked: { from: expect.anything() } });
  // What is found again is asked for once.
  expect(await round()).toMatchObject({ waitingNudges: 7 });
  await small.drop();
}, 60_000);

test('a list that does not answer is told as the round’s problem, and does not keep the round from ending', async () => {
  const small = await BillingWorld.create();
  await small.subscribe(await small.customer({}), await small.plan([FEE]));
  await small.db.query(sql`delete from outbox`);
  const { connection } = workers.client;
  const elsewhere = new Client({ connection, namespace: 'no-such-namespace' });
  const round = (client: Client) =>
    reconcileRound({ db: small.db, client, livemode: false, jitterWindowMs: 0, onProgress: () => undefined });
  expect(await round(elsewhere)).toMatchObject({
    overdue: 0,
    missing: 0,
    problem: expect.stringMatching(/not found/i),
  });
  expect(await selectRound(small.db, false)).toMatchObject({
    problem: expect.anything(),
    finishedAt: expect.anything(),
  });
  expect(await round(workers.client)).toMatchObject({ missing: 1, problem: null });
  expect(await selectRound(small.db, false)).toMatchObject({ problem: null });
  await small.drop();
}, 60_000);

test('a row that revives does not bring back the workflow of a subscription that is over', async () => {
  const { clockId, subscription, handle } = await subscribed();
  await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id, at: 'now' });
  await world.setClock(clockId, '2027-01-02');
  await handle.signal('nudge');
  await eventually(
    () => handle.describe(),
    ({ status }) => status.name === 'COMPLETED',
  );
  const { runId } = await handle.describe();
  await insertRevivals(world.db, false, [{ accountId: 1, subscriptionId: subscription.id }]);
  await eventually(
    () => world.db.query<{ count: number }>(sql`select count(*)::int as count from outbox`),
    ([row]) => row?.count === 0,
  );
  expect(await handle.describe()).toMatchObject({ runId, status: { name: 'COMPLETED' } });
}, 60_000);

test('one that needs attention is left alone', async () => {
  const { clockId, subscription } = await subscribed();
  await world.db.query(sql`
    update subscriptions set attention_code = 'test', attention_message = 'test', attention_at = now()
    where id = ${subscription.id}`);
  await world.setClock(clockId, '2027-02-01T02:00:00Z');
  expect(await reconcile()).toMatchObject({ overdue: 0 });
}, 60_000);

test('the outbox is empty when everything is quiet', async () => {
  await eventually(
    () => world.db.query<{ count: number }>(sql`select count(*)::int as count from outbox`),
    ([row]) => row?.count === 0,
  );
}, 60_000);
