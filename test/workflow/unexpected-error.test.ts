import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { STATUS_QUERY } from '../../src/orchestration/messages.ts';
import { advanceTestClock } from '../../src/operations/test-clocks.ts';
import { BillingWorkers, eventually } from '../support/billing-workers.ts';
import { at, BillingWorld, FEE, TEST_TENANT } from '../support/billing-world.ts';
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

test('an error that nobody expected shows on its workflow instead of being retried unseen, and a nudge goes on', async () => {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan([FEE]));
  await world.db.pool.query(`
    create function spoil() returns trigger language plpgsql as $$ begin raise exception 'a fault of ours'
      using errcode = 'integrity_constraint_violation'; end $$;
    create trigger spoil before insert on invoices for each row execute function spoil()`);
  const handle = workers.client.workflow.getHandle(subscription.id);
  await advanceTestClock(world.db, TEST_TENANT, { id: clockId, frozenAt: at('2027-02-02') });
  const state = await eventually(
    () => handle.query<{ problem: string | null }>(STATUS_QUERY).catch(() => null),
    (now) => now?.problem != null,
  );
  expect(state?.problem).toBe('a fault of ours');
  await eventually(
    () => handle.describe(),
    (now) => now.searchAttributes?.NeedsAttention?.[0] === true,
  );
  expect((await handle.describe()).status.name).toBe('RUNNING');
  await world.db.pool.query('drop function spoil cascade');
  await handle.signal('nudge');
  const invoices = await eventually(
    () => world.invoices(subscription.id),
    (all) => all[0]?.status === 'open',
  );
  expect(invoices.length).toBe(1);
  await recordHistory(workers.client, { name: 'failed-activity-then-nudged', workflowId: subscription.id });
}, 90_000);
