import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { advanceTestClock, getTestClock } from '../../src/operations/test-clocks.ts';
import { voidInvoice } from '../../src/operations/void-invoice.ts';
import { BillingWorkers, eventually } from '../support/billing-workers.ts';
import { at, BillingWorld, CALLS, FEE, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';
import { HUGE, overuse } from '../support/unrateable-usage.ts';

const OTHER_CUSTOMERS = 30;
const OF_THE_SAME_CUSTOMER = 4;

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

async function advance(id: string, to: string) {
  await advanceTestClock(world.db, TEST_TENANT, { id, frozenAt: at(to) });
  return eventually(
    () => getTestClock(world.db, TEST_TENANT, id),
    ({ status }) => status === 'ready',
  );
}

async function periodsBilled(subscriptionId: string): Promise<string[]> {
  const invoices = await world.invoices(subscriptionId);
  return invoices.map(({ periodNumber, status, total }) => `${periodNumber} ${status} ${total}`);
}

/** As the search attribute says. */
async function standingStill(): Promise<string[]> {
  const ids: string[] = [];
  for await (const { workflowId } of workers.client.workflow.list({ query: 'NeedsAttention = true' })) {
    ids.push(workflowId);
  }
  return ids;
}

test('one poisoned subscription among many stands still alone; void of its draft lets it go on', async () => {
  const clockId = await world.clock('2027-01-01');
  const plan = await world.plan([FEE, CALLS]);
  const unlucky = await world.customer({ clockId });
  const poisoned = await world.subscribe(unlucky, await world.plan([HUGE]));
  const healthy: string[] = [];
  for (let index = 0; index < OF_THE_SAME_CUSTOMER; index += 1) {
    healthy.push((await world.subscribe(unlucky, plan)).id);
  }
  for (let index = 0; index < OTHER_CUSTOMERS; index += 1) {
    healthy.push((await world.subscribe(await world.customer({ clockId }), plan)).id);
  }
  await overuse(world, unlucky, '2027-01-05');

  expect(await advance(clockId, '2027-04-01T02:00:00Z')).toMatchObject({ needsAttention: 1 });
  for (const id of healthy) {
    expect(await periodsBilled(id)).toEqual(['0 open 20.00', '1 open 20.00', '2 open 20.00']);
  }
  expect(await periodsBilled(poisoned.id)).toEqual(['0 draft 0.00']);
  expect(await eventually(standingStill, ({ length }) => length > 0)).toEqual([poisoned.id]);

  const [draft] = await world.invoices(poisoned.id);
  await voidInvoice(world.db, TEST_TENANT, { invoiceId: draft?.id ?? '', reason: 'usage by mistake' });
  await eventually(
    () => periodsBilled(poisoned.id),
    (billed) => billed.length === 3 && billed.every((each) => !each.includes('draft')),
  );
  expect(await periodsBilled(poisoned.id)).toEqual(['0 void 0.00', '1 paid 0.00', '2 paid 0.00']);
}, 120_000);
