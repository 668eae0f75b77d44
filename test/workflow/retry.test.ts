import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { retrySubscription } from '../../src/operations/retry-subscription.ts';
import { advanceTestClock, getTestClock } from '../../src/operations/test-clocks.ts';
import { STATUS_QUERY } from '../../src/orchestration/messages.ts';
import { BillingWorkers, eventually } from '../support/billing-workers.ts';
import { at, BillingWorld, FEE, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';
import { correct, HUGE, overuse } from '../support/unrateable-usage.ts';

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

const workflowOf = (subscription: { readonly id: string }) => workers.client.workflow.getHandle(subscription.id);

async function needsAttention(subscription: { readonly id: string }, expected: boolean): Promise<void> {
  await eventually(
    // It may not have been started yet.
    () =>
      workflowOf(subscription)
        .describe()
        .catch(() => null),
    (description) => description?.searchAttributes?.NeedsAttention?.[0] === expected,
  );
}

async function advance(id: string, to: string) {
  await advanceTestClock(world.db, TEST_TENANT, { id, frozenAt: at(to) });
  return eventually(
    () => getTestClock(world.db, TEST_TENANT, id),
    ({ status }) => status === 'ready',
  );
}

test('a subscription that stands still says so in its search attributes; a retry takes that back and it goes on', async () => {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan([HUGE]));
  await overuse(world, customer, '2027-01-05');
  expect(await advance(clockId, '2027-03-15')).toMatchObject({ needsAttention: 1 });
  await needsAttention(subscription, true);
  const details = await workflowOf(subscription).query('__temporal_workflow_metadata');
  expect(JSON.stringify(details)).toMatch(/Needs attention.*call retry.*void the draft/);

  await correct(world, customer, '2027-01-06');
  await retrySubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id });
  await needsAttention(subscription, false);
  expect((await world.invoices(subscription.id)).map(({ status }) => status)).toEqual(['open', 'paid']);
  expect(await advance(clockId, '2027-04-15')).toMatchObject({ done: 1, total: 1, needsAttention: 0 });
  expect((await world.invoices(subscription.id)).map(({ periodNumber }) => periodNumber)).toEqual([0, 1, 2]);
}, 90_000);

test('a workflow that waits with a problem goes on after a retry, which does what was overdue', async () => {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan([FEE]));
  await world.db.pool.query(`
    create function spoil() returns trigger language plpgsql as $$ begin raise exception 'a fault of ours'
      using errcode = 'integrity_constraint_violation'; end $$;
    create trigger spoil before insert on invoices for each row execute function spoil()`);
  await needsAttention(subscription, false);
  // Set without a nudge by the clock's advance: while it advances, a request cannot do what the workflow is held up in.
  await world.setClock(clockId, '2027-02-02');
  await workflowOf(subscription).signal('nudge');
  const problemOf = async () =>
    (await workflowOf(subscription).query<{ problem: string | null }>(STATUS_QUERY)).problem;
  expect(
    await eventually(
      () => problemOf().catch(() => null),
      (problem) => problem !== null,
    ),
  ).toBe('a fault of ours');
  await needsAttention(subscription, true);
  await world.db.pool.query('drop function spoil cascade');
  await retrySubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id });
  expect((await world.invoices(subscription.id)).map(({ status }) => status)).toEqual(['open']);
  await needsAttention(subscription, false);
  expect(await problemOf()).toBeNull();
}, 90_000);
