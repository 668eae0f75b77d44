import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ReconcileResult } from '../../src/orchestration/messages.ts';
import { RECONCILE_WORKFLOW, TASK_QUEUE } from '../../src/orchestration/messages.ts';
import { sql } from '../../src/storage/sql.ts';
import { newId } from '../../src/platform/new-id.ts';
import { BillingWorkers, eventually } from '../support/billing-workers.ts';
import { BillingWorld, CALLS, FEE } from '../support/billing-world.ts';

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
