import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ADVANCE_CLOCK_UPDATE, INVOICE_TRIGGER_SIGNAL, STATUS_QUERY } from '../../src/orchestration/messages.ts';
import { advanceTestClock, getTestClock } from '../../src/operations/test-clocks.ts';
import { BillingWorkers, eventually } from '../support/billing-workers.ts';
import { at, BillingWorld, CALLS, FEE, TEST_TENANT } from '../support/billing-world.ts';
import { recordHistory } from '../support/record-history.ts';

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

async function subscribed(clockId: string) {
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan([FEE, CALLS]));
  const handle = workers.client.workflow.getHandle(subscription.id);
  await eventually(
    () => handle.query<{ view: unknown }>(STATUS_QUERY).catch(() => null),
    (state) => state?.view != null,
  );
  return { customer, subscription, handle };
}

async function untilReadyAt(clockId: string, time: string) {
  await eventually(
    () => getTestClock(world.db, TEST_TENANT, clockId),
    (clock) => clock.status === 'ready' && clock.frozenAt === at(time),
  );
}

test('a trigger that arrives while the clock advances is carried out once it has arrived, and holds nothing up', async () => {
  const clockId = await world.clock('2027-01-01');
  const { customer, subscription, handle } = await subscribed(clockId);
  const other = await subscribed(clockId);
  await world.events(customer, { time: '2027-03-02', count: 3 });
  await advanceTestClock(world.db, TEST_TENANT, { id: clockId, frozenAt: at('2027-03-10') });
  await handle.signal(INVOICE_TRIGGER_SIGNAL);
  await untilReadyAt(clockId, '2027-03-10');
  const invoices = await eventually(
    () => world.invoices(subscription.id),
    (all) => all.length === 3,
  );
  expect(invoices.map((invoice) => [invoice.kind, invoice.periodNumber, invoice.total])).toEqual([
    ['closing', 0, '20.00'],
    ['closing', 1, '20.00'],
    ['interim', 2, '0.30'],
  ]);
  expect((await world.invoices(other.subscription.id)).length).toBe(2);
  await recordHistory(workers.client, { name: 'trigger-while-advancing', workflowId: subscription.id });
}, 60_000);

test('updates that ask for one advance after the other are all carried out', async () => {
  const clockId = await world.clock('2027-01-01');
  const { subscription, handle } = await subscribed(clockId);
  const other = await subscribed(clockId);
  const times = ['2027-02-10T00:00:00Z', '2027-03-10T00:00:00Z', '2027-04-10T00:00:00Z'];
  for (const time of times) await handle.executeUpdate(ADVANCE_CLOCK_UPDATE, { args: [time] });
  await untilReadyAt(clockId, '2027-04-10');
  expect((await world.invoices(subscription.id)).map((invoice) => invoice.status)).toEqual(['open', 'open', 'open']);
  expect((await world.invoices(other.subscription.id)).length).toBe(3);
  await recordHistory(workers.client, { name: 'advances-one-after-the-other', workflowId: subscription.id });
}, 60_000);
