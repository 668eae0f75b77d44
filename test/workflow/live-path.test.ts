import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addSeconds, formatInstant } from '../../src/domain/instant.ts';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { storeEvents } from '../../src/operations/store-events.ts';
import { lateUsageWorkflowId, STATUS_QUERY } from '../../src/orchestration/messages.ts';
import { selectDatabaseTime } from '../../src/storage/billing-customers.ts';
import { sql } from '../../src/storage/sql.ts';
import { BillingWorkers, eventually } from '../support/billing-workers.ts';
import { BillingWorld, CALLS, FEE, TEST_TENANT } from '../support/billing-world.ts';
import { sent } from '../support/event-inputs.ts';
import { recordHistory } from '../support/record-history.ts';

let world: BillingWorld;
let workers: BillingWorkers;
beforeAll(async () => {
  world = await BillingWorld.create();
  await world.db.query(sql`update accounts set finalization_delay_seconds = 1`);
  workers = await BillingWorkers.start(world);
}, 120_000);
afterAll(async () => {
  await workers.stop();
  await world.drop();
});

const DAY = 86_400;

test('without a test clock the timers of the real server end a trial, a period, and finalize its invoice', async () => {
  const now = await selectDatabaseTime(world.db);
  const customer = await world.customer({});
  const plan = await world.plan([FEE, CALLS], { billingPeriod: 'daily' });
  // A trial that ends in two seconds, and a subscription whose first day ends in two seconds.
  const trialEnd = formatInstant(addSeconds(now, 2));
  const trial = await world.subscribe(customer, plan, { start: formatInstant(addSeconds(now, -DAY)), trialEnd });
  const start = formatInstant(addSeconds(now, 2 - DAY));
  const subscription = await world.subscribe(customer, plan, { start });
  await world.events(customer, { time: start, count: 4 });
  const trialState = await eventually(
    () =>
      workers.client.workflow
        .getHandle(trial.id)
        .query<{ view: { status: string } | null }>(STATUS_QUERY)
        .catch(() => null),
    (state) => state?.view?.status === 'active',
  );
  expect(trialState?.view).toMatchObject({ period: { number: 0, start: trialEnd } });
  const [invoice] = await eventually(
    () => world.invoices(subscription.id),
    (invoices) => invoices[0]?.status === 'open',
  );
  expect(invoice).toMatchObject({ periodNumber: 0, total: '20.40' });
  const finalizedAt = invoice?.finalizedAt ?? now;
  expect(finalizedAt >= addSeconds(now, 3)).toBe(true);
  await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id, at: 'now' });
  expect(await workers.client.workflow.getHandle(subscription.id).result()).toMatch(/^ended: INV-/);
  await recordHistory(workers.client, { name: 'live-day-then-canceled', workflowId: subscription.id });
  await recordHistory(workers.client, { name: 'live-trial-ends', workflowId: trial.id });
}, 60_000);

test('late usage of a subscription that has ended is billed when the real server’s timer rings for it', async () => {
  const now = await selectDatabaseTime(world.db);
  const customer = await world.customer({});
  const plan = await world.plan([CALLS], { billingPeriod: 'daily' });
  // The boundary that would have come next lies some seconds ahead.
  const boundary = addSeconds(now, 8);
  const subscription = await world.subscribe(customer, plan, { start: formatInstant(addSeconds(boundary, -DAY)) });
  await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id, at: 'now' });
  const own = workers.client.workflow.getHandle(subscription.id);
  await eventually(
    () => own.describe().catch(() => null),
    (description) => description?.status.name === 'COMPLETED',
  );
  const input = sent({ customer_id: customer.externalId, timestamp: formatInstant(addSeconds(now, -3_600)) });
  await world.db.transaction((tx) => storeEvents(tx, [{ tenant: TEST_TENANT, input }]));
  const late = await eventually(
    async () => (await world.invoices(subscription.id)).find(({ kind }) => kind === 'late'),
    (invoice) => invoice?.status === 'open',
  );
  expect(late?.total).toBe('0.10');
  expect((late?.createdAt ?? now) >= boundary).toBe(true);
  const workflowId = lateUsageWorkflowId(subscription.id);
  await workers.client.workflow.getHandle(workflowId).result();
  await recordHistory(workers.client, { name: 'late-usage-live', workflowId });
}, 60_000);

test('a backdated subscription closes every missed period, in order', async () => {
  const now = await selectDatabaseTime(world.db);
  const customer = await world.customer({});
  const plan = await world.plan([FEE], { billingPeriod: 'daily' });
  const start = formatInstant(addSeconds(now, -20 * DAY - 600));
  const subscription = await world.subscribe(customer, plan, { start });
  const invoices = await eventually(
    () => world.invoices(subscription.id),
    (all) => all.length === 20 && all.every((invoice) => invoice.status === 'open'),
  );
  expect(invoices.map((invoice) => invoice.periodNumber)).toEqual(invoices.map((_, index) => index));
  const numbers = invoices.map((invoice) => invoice.number ?? '');
  expect(numbers).toEqual(numbers.toSorted());
  await recordHistory(workers.client, { name: 'backdated-catch-up', workflowId: subscription.id });
}, 60_000);

test('nothing closes before its end, even if an alarm rings early', async () => {
  const now = await selectDatabaseTime(world.db);
  const customer = await world.customer({});
  const plan = await world.plan([FEE], { billingPeriod: 'daily' });
  const subscription = await world.subscribe(customer, plan, { start: formatInstant(addSeconds(now, 3 - DAY)) });
  const handle = workers.client.workflow.getHandle(subscription.id);
  // Nudges wake the workflow again and again before its time.
  const closed = eventually(
    async () => {
      await handle.signal('nudge').catch(() => undefined);
      return world.invoices(subscription.id);
    },
    (invoices) => invoices.length > 0,
  );
  const [invoice] = await closed;
  expect((invoice?.createdAt ?? now) >= addSeconds(now, 3)).toBe(true);
}, 60_000);
