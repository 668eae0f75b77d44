import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { storeEvents } from '../../src/operations/store-events.ts';
import { advanceTestClock, getTestClock } from '../../src/operations/test-clocks.ts';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { lateUsageWorkflowId } from '../../src/orchestration/messages.ts';
import { BillingWorkers, eventually } from '../support/billing-workers.ts';
import { at, BillingWorld, CALLS, TEST_TENANT } from '../support/billing-world.ts';
import { sent } from '../support/event-inputs.ts';
import { expectInvariants } from '../support/invariants.ts';
import { recordHistory } from '../support/record-history.ts';
import { tellFinal } from '../support/tell-invoice.ts';

let world: BillingWorld;
let workers: BillingWorkers;
beforeAll(async () => {
  world = await BillingWorld.create();
  workers = await BillingWorkers.start(world);
}, 120_000);
afterAll(async () => {
  await workers.stop();
  await expectInvariants(world.db);
  await world.drop();
});

async function advance(clockId: string, to: string) {
  await advanceTestClock(world.db, TEST_TENANT, { id: clockId, frozenAt: at(to) });
  return eventually(
    () => getTestClock(world.db, TEST_TENANT, clockId),
    (clock) => clock.status === 'ready',
  );
}

/** A subscription that ended on 1 February and was billed, its clock on 5 February. */
async function ended() {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan([{ ...CALLS, name: 'Calls' }]));
  await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id, at: 'period_end' });
  await advance(clockId, '2027-02-05');
  const own = workers.client.workflow.getHandle(subscription.id);
  await eventually(
    () => own.describe(),
    ({ status }) => status.name === 'COMPLETED',
  );
  const handle = workers.client.workflow.getHandle(lateUsageWorkflowId(subscription.id));
  return { clockId, customer, subscription, handle };
}

/** As the API stores it, with what it tells of late events. */
async function send(customer: { readonly externalId: string }, timestamp: string) {
  const input = sent({ customer_id: customer.externalId, timestamp });
  await world.db.transaction((tx) => storeEvents(tx, [{ tenant: TEST_TENANT, input }]));
}

test('a late event of an ended subscription starts a workflow that bills it at the next would-be boundary', async () => {
  const { clockId, customer, subscription, handle } = await ended();
  await send(customer, '2027-01-10T00:00:00Z');
  await eventually(
    () => handle.describe().catch(() => null),
    (description) => description?.searchAttributes?.NextWakeAt !== undefined,
  );
  const description = await handle.describe();
  expect(description.type).toBe('late-usage');
  expect(description.searchAttributes?.NextWakeAt?.[0]).toEqual(new Date('2027-03-01T00:00:00Z'));
  const clock = await advance(clockId, '2027-03-02');
  expect(clock).toMatchObject({ done: 1, total: 1 });
  await handle.result();
  expect(tellFinal(await world.invoices(subscription.id))).toEqual([
    'closing 0 paid 0.00: usage Calls 0 0.00',
    'late 0 open 0.10: late_usage Calls (late usage) 0 0.10',
  ]);
  await recordHistory(workers.client, {
    name: 'late-usage-on-a-test-clock',
    workflowId: lateUsageWorkflowId(subscription.id),
    runId: description.runId,
  });
}, 60_000);

test('an advance counts late usage that no workflow has been told of yet, and a later event starts another workflow', async () => {
  const { clockId, customer, subscription } = await ended();
  await send(customer, '2027-01-10T00:00:00Z');
  await advance(clockId, '2027-03-02');
  await send(customer, '2027-01-11T00:00:00Z');
  await send(customer, '2027-01-12T00:00:00Z');
  await advance(clockId, '2027-04-02');
  const told = tellFinal(await world.invoices(subscription.id)).slice(1);
  expect(told).toEqual([
    'late 0 open 0.10: late_usage Calls (late usage) 0 0.10',
    'late 1 open 0.20: late_usage Calls (late usage) 0 0.20',
  ]);
}, 60_000);

test('a manual trigger bills it at once, and its workflow is over', async () => {
  const { customer, subscription, handle } = await ended();
  await send(customer, '2027-01-10T00:00:00Z');
  await eventually(
    () => handle.describe().catch(() => null),
    (description) => description !== null,
  );
  await triggerInvoice(world.db, TEST_TENANT, { subscriptionId: subscription.id, triggerId: null });
  await handle.result();
  expect((await world.invoices(subscription.id)).map(({ kind }) => kind)).toEqual(['late', 'closing']);
  await recordHistory(workers.client, {
    name: 'late-usage-billed-by-trigger',
    workflowId: lateUsageWorkflowId(subscription.id),
  });
}, 60_000);
