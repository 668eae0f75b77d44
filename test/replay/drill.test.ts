import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Worker } from '@temporalio/worker';
import { advanceTestClock, getTestClock } from '../../src/operations/test-clocks.ts';
import { BillingWorkers, eventually } from '../support/billing-workers.ts';
import { at, BillingWorld, CALLS, FEE, TEST_TENANT } from '../support/billing-world.ts';
import { bundleChanged, changesOf } from '../support/changed-workflows.ts';
import { PROJECT_ROOT } from '../support/installation.ts';
import { workflowBundle } from '../support/temporal.ts';

let world: BillingWorld;
let workers: BillingWorkers;
const folders: string[] = [];
const bundles = new Map<string, { codePath: string }>();
beforeAll(async () => {
  world = await BillingWorld.create();
  workers = await BillingWorkers.start(world);
  bundles.set('today', await workflowBundle());
  const page = await readFile(path.join(PROJECT_ROOT, 'docs/changing-workflow-code.md'), 'utf8');
  for (const change of ['unguarded', 'guarded', 'deprecated'] as const) {
    const { codePath, folder } = await bundleChanged(changesOf(page, change));
    folders.push(folder);
    bundles.set(change, { codePath });
  }
}, 120_000);
afterAll(async () => {
  await workers.stop();
  await world.drop();
  for (const folder of folders) await rm(folder, { recursive: true });
});

type Run = Parameters<typeof Worker.runReplayHistory>[1];

/** With which code the run could go on. */
async function fitting(run: Run): Promise<string[]> {
  const fits: string[] = [];
  for (const [name, bundle] of bundles) {
    const replayed = Worker.runReplayHistory({ workflowBundle: bundle }, run);
    if (await replayed.then(() => true, isOfAnotherCode)) fits.push(name);
  }
  return fits;
}

function isOfAnotherCode(error: unknown): false {
  expect(String(error)).toMatch(/Nondeterminism|TMPRL1100/);
  return false;
}

async function advance(clockId: string, to: string): Promise<void> {
  await advanceTestClock(world.db, TEST_TENANT, { id: clockId, frozenAt: at(to) });
  await eventually(
    () => getTestClock(world.db, TEST_TENANT, clockId),
    (clock) => clock.status === 'ready',
  );
}

async function subscribed() {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const { id } = await world.subscribe(customer, await world.plan([FEE, CALLS]));
  return { id, clockId };
}

test('a change of the loop needs a guard; with one a run goes on in its midst, and its marker is dropped last', async () => {
  const old = await subscribed();
  await advance(old.clockId, '2027-03-02');
  const ofToday = await workers.client.workflow.getHandle(old.id).fetchHistory();
  expect(await fitting(ofToday)).toEqual(['today', 'guarded']);

  await workers.stop();
  const guarded = bundles.get('guarded') ?? (await workflowBundle());
  workers = await BillingWorkers.start(world, { beside: workers, workflowBundle: guarded });
  await advance(old.clockId, '2027-05-02');
  expect((await world.invoices(old.id)).map((invoice) => [invoice.periodNumber, invoice.status])).toEqual(
    [0, 1, 2, 3].map((period) => [period, 'open']),
  );
  // The same run, now of both codes: neither of the plain ones could take it on.
  expect(await fitting(await workers.client.workflow.getHandle(old.id).fetchHistory())).toEqual(['guarded']);

  const fresh = await subscribed();
  await advance(fresh.clockId, '2027-03-02');
  const ofGuarded = await workers.client.workflow.getHandle(fresh.id).fetchHistory();
  expect(await fitting(ofGuarded)).toEqual(['guarded', 'deprecated']);
}, 120_000);
