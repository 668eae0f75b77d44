import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { INVOICE_TRIGGER_SIGNAL, STATUS_QUERY } from '../../src/orchestration/messages.ts';
import { pauseSubscription, resumeSubscription } from '../../src/operations/pause-subscription.ts';
import { advanceTestClock, getTestClock } from '../../src/operations/test-clocks.ts';
import { getSubscription } from '../../src/operations/get-subscription.ts';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import type { RunState } from '../../workflows/state.ts';
import { BillingWorkers, eventually } from '../support/billing-workers.ts';
import { recordHistory } from '../support/record-history.ts';
import { at, BillingWorld, CALLS, FEE, TEST_TENANT } from '../support/billing-world.ts';

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

async function advance(clockId: string, to: string) {
  await advanceTestClock(world.db, TEST_TENANT, { id: clockId, frozenAt: at(to) });
  return eventually(
    () => getTestClock(world.db, TEST_TENANT, clockId),
    (clock) => clock.status === 'ready',
  );
}

async function subscribed(start = '2027-01-01') {
  const clockId = await world.clock(start);
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan([FEE, CALLS]));
  const handle = workers.client.workflow.getHandle(subscription.id);
  await eventually(
    () => handle.query<{ view: unknown }>(STATUS_QUERY).catch(() => null),
    (state) => state?.view != null,
  );
  return { clockId, customer, subscription, handle };
}

test('twelve months of a subscription are billed by its workflow when its clock is advanced by a year', async () => {
  const { clockId, customer, subscription, handle } = await subscribed();
  await world.events(customer, { time: '2027-06-10', count: 5 });
  const { runId } = await handle.describe();
  const clock = await advance(clockId, '2028-01-01T02:00:00Z');
  expect(clock).toMatchObject({ done: 1, total: 1, needsAttention: 0 });
  const invoices = await world.invoices(subscription.id);
  expect(invoices.map((invoice) => invoice.total)).toEqual([
    ...Array.from({ length: 5 }, () => '20.00'),
    '20.50',
    ...Array.from({ length: 6 }, () => '20.00'),
  ]);
  expect(new Set(invoices.map((invoice) => invoice.status))).toEqual(new Set(['open']));
  const description = await handle.describe();
  expect(description.status.name).toBe('RUNNING');
  await eventually(
    () => handle.describe(),
    (now) => now.searchAttributes?.PeriodNumber?.[0] === 12,
  );
  await recordHistory(workers.client, {
    name: 'twelve-months-on-a-test-clock',
    workflowId: subscription.id,
    runId,
  });
}, 60_000);

test('the signal invoice-trigger makes an interim invoice once', async () => {
  const { clockId, customer, subscription, handle } = await subscribed();
  await world.events(customer, { time: '2027-01-02', count: 3 });
  await advance(clockId, '2027-01-10');
  await handle.signal(INVOICE_TRIGGER_SIGNAL, 'asked by the customer');
  const invoices = await eventually(
    () => world.invoices(subscription.id),
    (all) => all.length > 0,
  );
  expect(invoices).toMatchObject([{ kind: 'interim', total: '0.30', status: 'open' }]);
  await recordHistory(workers.client, { name: 'manual-trigger-by-signal', workflowId: subscription.id });
}, 60_000);

test('a canceled subscription completes its workflow when its last invoice is final', async () => {
  const { clockId, subscription, handle } = await subscribed();
  await advance(clockId, '2027-01-16');
  await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id, at: 'now' });
  expect((await handle.describe()).status.name).toBe('RUNNING');
  await advance(clockId, '2027-01-17');
  expect(await handle.result()).toMatch(/^ended: INV-/);
  await recordHistory(workers.client, { name: 'canceled-and-completed', workflowId: subscription.id });
  expect(await getSubscription(world.db, TEST_TENANT, subscription.id)).toMatchObject({
    status: 'canceled',
    nextDueAt: null,
  });
}, 60_000);

test('a paused subscription keeps its workflow, which goes on when it is resumed', async () => {
  const { clockId, subscription, handle } = await subscribed();
  await advance(clockId, '2027-01-16');
  const command = { subscriptionId: subscription.id, at: 'now' as const };
  await pauseSubscription(world.db, TEST_TENANT, command);
  await advance(clockId, '2027-02-10');
  await eventually(
    () => handle.query<RunState>(STATUS_QUERY),
    ({ view, stale }) => !stale && view?.status === 'paused' && view.deadlines.length === 0,
  );
  expect((await handle.describe()).status.name).toBe('RUNNING');
  await resumeSubscription(world.db, TEST_TENANT, command);
  await advance(clockId, '2027-03-10T01:00:00Z');
  expect((await world.invoices(subscription.id)).map(({ billingReason }) => billingReason)).toEqual([
    'pause',
    'period_end',
  ]);
  await recordHistory(workers.client, { name: 'paused-and-resumed', workflowId: subscription.id });
}, 60_000);

test('a request to cancel the workflow, one click in the UI, does not stop the billing', async () => {
  const { clockId, subscription, handle } = await subscribed();
  await handle.cancel();
  await advance(clockId, '2027-02-01T02:00:00Z');
  expect((await world.invoices(subscription.id)).map((invoice) => invoice.status)).toEqual(['open']);
  expect((await handle.describe()).status.name).toBe('RUNNING');
  await recordHistory(workers.client, { name: 'cancellation-requested-in-the-ui', workflowId: subscription.id });
}, 60_000);

test('the update advance-clock advances the whole clock and refuses to go back', async () => {
  const { clockId, handle, subscription } = await subscribed();
  await handle.executeUpdate('advance-clock', { args: ['2027-02-01T01:00:00Z'] });
  await eventually(
    () => getTestClock(world.db, TEST_TENANT, clockId),
    (clock) => clock.status === 'ready' && clock.frozenAt === at('2027-02-01T01:00:00Z'),
  );
  expect((await world.invoices(subscription.id)).length).toBe(1);
  await recordHistory(workers.client, { name: 'clock-advanced-by-update', workflowId: subscription.id });
  await expect(handle.executeUpdate('advance-clock', { args: ['2027-01-01T00:00:00Z'] })).rejects.toMatchObject({
    cause: { message: expect.stringContaining('forward only') },
  });
}, 60_000);
