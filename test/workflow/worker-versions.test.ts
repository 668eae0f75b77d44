import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { advanceTestClock, getTestClock } from '../../src/operations/test-clocks.ts';
import type { WorkerVersion } from '../../src/platform/config.ts';
import { unpolledQueues } from '../../src/orchestration/unpolled-queues.ts';
import { BillingWorkers, eventually } from '../support/billing-workers.ts';
import { at, BillingWorld, CALLS, FEE, TEST_TENANT } from '../support/billing-world.ts';
import { bundleChanged } from '../support/changed-workflows.ts';
import { expectInvariants } from '../support/invariants.ts';
import { recordHistory } from '../support/record-history.ts';

/** Code that no run of today's could go on with: each turn reads the subscription first. */
const CHANGE = {
  file: 'workflows/subscription.ts',
  from: '  const summary = view === null ? deadline.kind : activitySummary(view, deadline);\n',
  to: `  await subscriptionActivities('Read the subscription').loadSubscription(ref);
  const summary = view === null ? deadline.kind : activitySummary(view, deadline);\n`,
};

let world: BillingWorld;
let changed: { codePath: string; folder: string };
beforeAll(async () => {
  world = await BillingWorld.create();
  changed = await bundleChanged([CHANGE]);
}, 120_000);
afterAll(async () => {
  await expectInvariants(world.db);
  await world.drop();
  await rm(changed.folder, { recursive: true });
});

const running: BillingWorkers[] = [];
afterEach(async () => {
  for (const workers of running.splice(0)) await workers.stop();
}, 60_000);

async function started(options: Parameters<typeof BillingWorkers.start>[1]): Promise<BillingWorkers> {
  const workers = await BillingWorkers.start(world, options);
  running.push(workers);
  return workers;
}

function version(buildId: string): WorkerVersion {
  return { deploymentName: 'durabill', buildId };
}

/**
 * The server tells each part of itself what is current by workflows of its own, which on a busy machine take a minute.
 * Every wait below ends after this with what it saw, and every test has time for it.
 */
const WAIT_MS = 150_000;

/** As `temporal worker deployment set-current-version` does, once the server has heard of the version. */
async function makeCurrent({ client, namespace }: BillingWorkers, { deploymentName, buildId }: WorkerVersion) {
  const set = { namespace, deploymentName, buildId, identity: 'operator' };
  const refusal = () => client.workflowService.setWorkerDeploymentCurrentVersion(set).then(() => null, String);
  await eventually(refusal, (reason) => reason === null, WAIT_MS);
}

async function subscribed() {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const { id } = await world.subscribe(customer, await world.plan([FEE, CALLS]));
  return { id, clockId };
}

async function advance(clockId: string, to: string): Promise<void> {
  await advanceTestClock(world.db, TEST_TENANT, { id: clockId, frozenAt: at(to) });
  await eventually(
    () => getTestClock(world.db, TEST_TENANT, clockId),
    (clock) => clock.status === 'ready',
    WAIT_MS,
  );
}

/** The run of a subscription that is at work now, if there is one yet, and the version it is pinned to. */
async function runOf({ client }: BillingWorkers, workflowId: string) {
  const run = await client.workflow
    .getHandle(workflowId)
    .describe()
    .catch(() => null);
  const { buildId } = run?.raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion ?? {};
  return { runId: run?.runId ?? '', buildId: buildId ?? null };
}

async function untilOn(workers: BillingWorkers, workflowId: string, buildId: string | null) {
  return eventually(
    () => runOf(workers, workflowId),
    (run) => run.runId !== '' && run.buildId === buildId,
    WAIT_MS,
  );
}

/** What is current reaches every part of the server later, so a run that was woken before sleeps on: nudged again. */
async function nudgedOnto(workers: BillingWorkers, workflowId: string, buildId: string | null) {
  let nudgeAt = 0;
  return eventually(
    async () => {
      if (performance.now() > nudgeAt) {
        // It may not have been started yet.
        await workers.client.workflow
          .getHandle(workflowId)
          .signal('nudge')
          .catch(() => undefined);
        nudgeAt = performance.now() + 2_000;
      }
      return runOf(workers, workflowId);
    },
    (run) => run.runId !== '' && run.buildId === buildId,
    WAIT_MS,
  );
}

async function closedPeriods(subscriptionId: string): Promise<(number | string)[][]> {
  return (await world.invoices(subscriptionId)).map(({ kind, periodNumber, status }) => [kind, periodNumber, status]);
}

function closedUpTo(count: number): (number | string)[][] {
  return Array.from({ length: count }, (_, period) => ['closing', period, 'open']);
}

test('a run stays on its version until it rests after a newer one became current, and goes on there as a new run', async () => {
  const first = await started({ version: version('one') });
  await makeCurrent(first, version('one'));
  const { id, clockId } = await subscribed();
  await advance(clockId, '2027-03-02');
  const old = await untilOn(first, id, 'one');

  const second = await started({ version: version('two'), beside: first, workflowBundle: changed });
  await makeCurrent(second, version('two'));
  await advance(clockId, '2027-04-02');
  const next = await nudgedOnto(second, id, 'two');
  expect(next.runId).not.toBe(old.runId);
  const handedOver = await second.client.workflow.getHandle(id, old.runId).describe();
  expect(handedOver.status.name).toBe('CONTINUED_AS_NEW');
  await recordHistory(second.client, { name: 'handed-over-to-a-newer-version', workflowId: id, runId: old.runId });

  // One that begins now has nothing of the old version, so its workers are not needed any more.
  const fresh = await subscribed();
  await nudgedOnto(second, fresh.id, 'two');
  await running.shift()?.stop();
  await advance(clockId, '2027-06-02');
  await advance(fresh.clockId, '2027-02-02');
  expect(await closedPeriods(id)).toEqual(closedUpTo(5));
  expect(await closedPeriods(fresh.id)).toEqual(closedUpTo(1));
}, 480_000);

test('sleepers move to the current version by a nudge, so that the old workers can end', async () => {
  const first = await started({ version: version('one') });
  await makeCurrent(first, version('one'));
  const sleepers = await Promise.all(Array.from({ length: 2 }, subscribed));
  for (const { id } of sleepers) await untilOn(first, id, 'one');
  const second = await started({ version: version('two'), beside: first, workflowBundle: changed });
  await makeCurrent(second, version('two'));
  const query = `TemporalWorkerDeploymentVersion = "durabill:one" AND ExecutionStatus = "Running"`;
  const onOld = async () => {
    const ids: string[] = [];
    for await (const { workflowId } of second.client.workflow.list({ query })) ids.push(workflowId);
    return ids;
  };
  await eventually(onOld, (ids) => ids.length === sleepers.length, WAIT_MS);
  for (const id of await onOld()) await nudgedOnto(second, id, 'two');
  await eventually(onOld, (ids) => ids.length === 0, WAIT_MS);
  await running.shift()?.stop();
  for (const { clockId } of sleepers) await advance(clockId, '2027-02-02');
  for (const { id } of sleepers) expect(await closedPeriods(id)).toEqual(closedUpTo(1));
}, 480_000);

test('a version that becomes current in the midst of a year being billed takes over at rest, no period twice', async () => {
  const first = await started({ version: version('one') });
  await makeCurrent(first, version('one'));
  const clockId = await world.clock('2027-01-01');
  const plan = await world.plan([FEE, CALLS]);
  const ids: string[] = [];
  for (let customer = 0; customer < 2; customer += 1) {
    ids.push((await world.subscribe(await world.customer({ clockId }), plan)).id);
  }
  for (const id of ids) await untilOn(first, id, 'one');
  const second = await started({ version: version('two'), beside: first, workflowBundle: changed });
  const advanced = advance(clockId, '2028-01-02');
  await makeCurrent(second, version('two'));
  await advanced;
  for (const id of ids) await nudgedOnto(second, id, 'two');
  for (const id of ids) expect(await closedPeriods(id)).toEqual(closedUpTo(12));
}, 480_000);

test('workers that get a version take on the runs of those that had none, and hand them back when they lose it', async () => {
  const plain = await started({});
  const { id, clockId } = await subscribed();
  await advance(clockId, '2027-02-02');
  expect((await runOf(plain, id)).buildId).toBeNull();
  const versioned = await started({ version: version('one'), beside: plain });
  await makeCurrent(versioned, version('one'));
  await nudgedOnto(versioned, id, 'one');
  await running.shift()?.stop();
  await advance(clockId, '2027-04-02');
  // What the health check of a worker's container asks.
  expect(await unpolledQueues(versioned.temporal, hostname())).toEqual([]);

  const plainAgain = await started({ beside: plain });
  await makeCurrent(plainAgain, version(''));
  await nudgedOnto(plainAgain, id, null);
  await running.shift()?.stop();
  await advance(clockId, '2027-05-02');
  expect(await closedPeriods(id)).toEqual(closedUpTo(4));
}, 480_000);
