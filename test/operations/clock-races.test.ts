import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { commandOnCustomer } from '../../src/operations/billing/due-steps.ts';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { finalizeInvoice } from '../../src/operations/finalize-invoice.ts';
import { getSubscription } from '../../src/operations/get-subscription.ts';
import { sweep } from '../../src/operations/sweep.ts';
import { advanceTestClock, deleteTestClock, getTestClock } from '../../src/operations/test-clocks.ts';
import { lockBillingCustomer } from '../../src/storage/billing-customers.ts';
import { at, BillingWorld, CALLS, FEE, TEST_TENANT } from '../support/billing-world.ts';
import { untilWaiting } from '../support/lock-waits.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterAll(() => world.drop());

async function subscribed() {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan([FEE, CALLS]));
  return { clockId, customer, subscription };
}

/** Holds a customer's row lock, as a step of its billing does, until `release` is called. */
async function hold(customerId: string): Promise<{ release: () => Promise<void> }> {
  let open: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  let entered: () => void = () => {};
  const isHeld = new Promise<void>((resolve) => {
    entered = resolve;
  });
  const holder = world.db.transaction(async (tx) => {
    await lockBillingCustomer(tx, TEST_TENANT, customerId);
    entered();
    await gate;
  });
  await isHeld;
  return {
    release: async () => {
      open();
      await holder;
    },
  };
}

function advance(clockId: string, time: string) {
  return advanceTestClock(world.db, TEST_TENANT, { id: clockId, frozenAt: at(time) });
}

describe('what waits for its customer while the clock moves goes by the clock as it is then', () => {
  test('a command is refused when the clock has begun to advance', async () => {
    const { clockId, customer, subscription } = await subscribed();
    const held = await hold(customer.id);
    const cancel = cancelSubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id, at: 'now' });
    const outcome = Promise.allSettled([cancel]);
    await untilWaiting(world.db, 1);
    await advance(clockId, '2027-02-10');
    await held.release();
    expect(await outcome).toMatchObject([{ status: 'rejected', reason: { code: 'test_clock_advancing' } }]);
    expect(await getSubscription(world.db, TEST_TENANT, subscription.id)).toMatchObject({ status: 'active' });
  });

  test('a turn bills nothing more when the clock was deleted', async () => {
    const { clockId, customer, subscription } = await subscribed();
    await world.turn(customer, '2027-02-01');
    const held = await hold(customer.id);
    const deleted = deleteTestClock(world.db, TEST_TENANT, clockId);
    await untilWaiting(world.db, 1);
    const turn = world.turn(customer, '2027-02-01T01:00:00Z');
    await untilWaiting(world.db, 2);
    await held.release();
    await Promise.all([deleted, turn]);
    expect((await world.invoices(subscription.id)).map((invoice) => invoice.status)).toEqual(['draft']);
    expect(await getSubscription(world.db, TEST_TENANT, subscription.id)).toMatchObject({
      status: 'canceled',
      nextDueAt: null,
    });
  });
});

test('what a deleted clock left as a draft stays one', async () => {
  const { clockId, customer, subscription } = await subscribed();
  await world.turn(customer, '2027-02-01');
  await deleteTestClock(world.db, TEST_TENANT, clockId);
  const [draft] = await world.invoices(subscription.id);
  await expect(finalizeInvoice(world.db, TEST_TENANT, draft?.id ?? '')).rejects.toMatchObject({
    code: 'customer_archived',
  });
});

test('a clock does not advance past a command that is being carried out, so that what it makes due is waited for', async () => {
  const { clockId, customer, subscription } = await subscribed();
  let open: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  let entered: () => void = () => {};
  const isInside = new Promise<void>((resolve) => {
    entered = resolve;
  });
  const scope = { tenant: TEST_TENANT, customerId: customer.id };
  const command = commandOnCustomer(world.db, scope, async ({ tx }) => {
    await tx.query({
      name: 'cancel-soon',
      text: `update subscriptions set cancel_at = '2027-01-10T00:00:00Z' where id = $1`,
      values: [subscription.id],
    });
    entered();
    await gate;
  });
  await isInside;
  const advanced = advance(clockId, '2027-01-20');
  await untilWaiting(world.db, 1);
  open();
  await command;
  expect(await advanced).toMatchObject({ status: 'advancing', total: 1 });
  await world.turn(customer, '2027-01-20');
  expect((await world.invoices(subscription.id)).map((invoice) => invoice.periodEnd)).toEqual([at('2027-01-10')]);
  expect((await getTestClock(world.db, TEST_TENANT, clockId)).done).toBe(1);
});

test('an advance whose last turn was lost is settled by the sweep', async () => {
  const { clockId, customer } = await subscribed();
  await advance(clockId, '2027-01-20');
  await world.db.pool.query(`update test_clocks set status = 'advancing' where id = $1`, [clockId]);
  await world.turn(customer, '2027-01-20');
  await sweep(world.db, false);
  expect(await getTestClock(world.db, TEST_TENANT, clockId)).toMatchObject({ status: 'ready' });
});
