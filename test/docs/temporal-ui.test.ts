import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { WorkflowUpdateFailedError } from '@temporalio/client';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { storeEvents } from '../../src/operations/store-events.ts';
import { advanceTestClock, getTestClock } from '../../src/operations/test-clocks.ts';
import { ADVANCE_CLOCK_UPDATE, lateUsageWorkflowId } from '../../src/orchestration/messages.ts';
import { findTemporalCli } from '../../src/platform/embedded/temporal-binaries.ts';
import { BillingWorkers, eventually } from '../support/billing-workers.ts';
import { at, BillingWorld, CALLS, FEE, TEST_TENANT } from '../support/billing-world.ts';
import { sent } from '../support/event-inputs.ts';
import { PROJECT_ROOT } from '../support/installation.ts';
import { HUGE, overuse } from '../support/unrateable-usage.ts';

/** When the operator of the page looks: 23:30 UTC on 31 March 2026. Every clock of this world stands at or before it. */
const NOW = '2026-03-31T23:30:00Z';

const run = promisify(execFile);
let page: string;
let world: BillingWorld;
let workers: BillingWorkers;
let plan: string;
beforeAll(async () => {
  page = await readFile(path.join(PROJECT_ROOT, 'docs/temporal-ui.md'), 'utf8');
  world = await BillingWorld.create();
  workers = await BillingWorkers.start(world);
  plan = await world.plan([FEE, CALLS]);
  await inhabit();
}, 180_000);
afterAll(async () => {
  await workers.stop();
  await world.drop();
});

/** What each workflow of the world is here for, by workflow id. */
const names = new Map<string, string>();

async function subscribed(
  name: string,
  dates: { readonly start: string; readonly trialEnd?: string; readonly clock?: string; readonly externalId?: string },
) {
  const clockId = await world.clock(dates.clock ?? NOW);
  const { externalId } = dates;
  const customer = await world.customer({ clockId, ...(externalId === undefined ? {} : { externalId }) });
  const { start, trialEnd } = dates;
  const { id } = await world.subscribe(customer, plan, trialEnd === undefined ? { start } : { start, trialEnd });
  names.set(id, name);
  return { id, customer, clockId };
}

async function advance(clockId: string, to: string): Promise<void> {
  await advanceTestClock(world.db, TEST_TENANT, { id: clockId, frozenAt: at(to) });
  await eventually(
    () => getTestClock(world.db, TEST_TENANT, clockId),
    (clock) => clock.status === 'ready',
  );
}

async function cancel(subscriptionId: string, when: 'now' | 'period_end'): Promise<void> {
  await cancelSubscription(world.db, TEST_TENANT, { subscriptionId, at: when });
}

/** One subscription for each thing that a query tells from the others. */
async function inhabit(): Promise<void> {
  await subscribed('ends at midnight', { start: '2026-03-01' });
  await subscribed('in trial until Friday', { start: '2026-03-25', trialEnd: '2026-04-03' });
  await subscribed('in trial until May', { start: '2026-03-25', trialEnd: '2026-05-01' });
  const undecided = await subscribed('in trial until Friday, canceled', {
    start: '2026-03-25',
    trialEnd: '2026-04-03',
  });
  await cancel(undecided.id, 'period_end');

  // Wakes within the hour, but bills in the middle of April.
  const granted = await subscribed('ends in April, with a grant that ends at once', { start: '2026-03-15' });
  await world.grant(granted.customer, '5', { effectiveAt: at('2026-03-30T23:45:00Z'), expiresInDays: 1 });

  const canceled = await subscribed('canceled, billed at midnight', {
    start: '2026-03-02',
    clock: '2026-03-31T23:00:00Z',
  });
  await cancel(canceled.id, 'now');

  const before = await subscribed('acme before', { start: '2026-01-01', clock: '2026-01-01', externalId: 'acme' });
  await cancel(before.id, 'now');
  await advance(before.clockId, '2026-03-31T23:30:00Z');
  names.set((await world.subscribe(before.customer, plan)).id, 'acme now');

  const ended = await subscribed('ended, its usage late', { start: '2026-02-01', clock: '2026-02-01' });
  await cancel(ended.id, 'period_end');
  await advance(ended.clockId, '2026-03-31T23:30:00Z');
  const late = sent({ customer_id: ended.customer.externalId, timestamp: '2026-02-10T00:00:00Z' });
  await world.db.transaction((tx) => storeEvents(tx, [{ tenant: TEST_TENANT, input: late }]));
  names.set(lateUsageWorkflowId(ended.id), 'late usage');

  const clockId = await world.clock('2026-03-01');
  const heavy = await world.customer({ clockId });
  const stuck = await world.subscribe(heavy, await world.plan([HUGE]), { start: '2026-02-01' });
  names.set(stuck.id, 'cannot be rated');
  await overuse(world, heavy, '2026-02-05');
  await advance(clockId, NOW);

  // Its clock has passed the end of its period, and no nudge has told it so.
  const asleep = await subscribed('not told', { start: '2026-02-15', clock: '2026-03-14' });
  await published(asleep.id);
  await world.setClock(asleep.clockId, NOW);
}

async function published(workflowId: string): Promise<void> {
  await eventually(
    () =>
      workers.client.workflow
        .getHandle(workflowId)
        .describe()
        .catch(() => null),
    (description) => description?.searchAttributes?.NextWakeAt !== undefined,
  );
}

/** What each query of the page finds, in this world. */
const FOUND: Readonly<Record<string, readonly string[]>> = {
  'Needs attention': ['cannot be rated'],
  'Bills in the next hour': ['canceled, billed at midnight', 'ends at midnight', 'late usage', 'not told'],
  'Trial ends this week': ['in trial until Friday'],
  'Should have woken': ['not told'],
  'Canceled, its last invoice a draft': ['canceled, billed at midnight'],
  'Late usage waits': ['late usage'],
  'All of one customer, ended ones too': ['acme before', 'acme now'],
  'Holds a plan': [
    'acme now',
    'canceled, billed at midnight',
    'ends at midnight',
    'ends in April, with a grant that ends at once',
    'in trial until Friday',
    'in trial until Friday, canceled',
    'in trial until May',
    'late usage',
    'not told',
  ],
};

function savedQueries(): Record<string, string> {
  const [, table = ''] = /^\| name \| query \|\n\| --- \| --- \|\n((?:\|.*\n)+)/m.exec(page) ?? [];
  const rows = [...table.matchAll(/^\| (.*?) \| `(.*)` \|$/gm)];
  return Object.fromEntries(rows.map(([, name, query]) => [name ?? '', query ?? '']));
}

async function find(query: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { workflowId } of workers.client.workflow.list({ query: query.replace('plan_…', plan) })) {
    found.push(names.get(workflowId) ?? workflowId);
  }
  return found.toSorted();
}

test('the page has the queries that this test knows, and no others', () => {
  expect(Object.keys(savedQueries()).toSorted()).toEqual(Object.keys(FOUND).toSorted());
});

test.each(Object.entries(FOUND))('%s: the query of the page finds those and no others', async (name, expected) => {
  const query = savedQueries()[name] ?? '';
  // The list of workflows follows what happens a moment later.
  const found = await eventually(
    () => find(query),
    (now) => JSON.stringify(now) === JSON.stringify(expected),
    20_000,
  ).catch(() => find(query));
  expect(found).toEqual(expected);
});

/** Runs a block of the page with the command of the server's own version. */
async function paste(contents: string): Promise<string> {
  const blocks = [...page.matchAll(/^```bash\n([^]*?)^```/gm)].map((match) => match[1] ?? '');
  const block = blocks.find((each) => each.includes(contents)) ?? '';
  const cli = await findTemporalCli(() => undefined);
  const folders = cli === 'temporal' ? process.env.PATH : `${path.dirname(cli)}:${process.env.PATH}`;
  const { address } = workers.temporal;
  const env = { ...process.env, PATH: folders, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: workers.namespace };
  const { stdout } = await run('bash', ['-ec', block], { env, timeout: 25_000 });
  return stdout;
}

test('the command line takes the same queries', async () => {
  const stuck = [...names].find(([, name]) => name === 'cannot be rated')?.[0];
  const told = await eventually(
    () => paste('temporal workflow count'),
    (text) => text.includes(stuck ?? '?') && text.includes('Total: 4'),
    25_000,
  );
  expect(told.match(/sub_\w+/g)).toEqual([stuck]);
}, 60_000);

test('an update that cannot be done is refused with a reason that the page tells', async () => {
  const customer = await world.customer({});
  const { id: withoutClock } = await world.subscribe(customer, plan);
  await published(withoutClock);
  const [onClock = ''] = [...names].find(([, name]) => name === 'acme now') ?? [];
  const refusal = (workflowId: string, time: string) =>
    workers.client.workflow
      .getHandle(workflowId)
      .executeUpdate(ADVANCE_CLOCK_UPDATE, { args: [time] })
      .then(
        () => 'accepted',
        (error: WorkflowUpdateFailedError) => error.cause?.message ?? error.message,
      );
  const reasons = [
    await refusal(withoutClock, '2030-01-01T00:00:00Z'),
    await refusal(onClock, 'tomorrow'),
    (await refusal(onClock, '2026-01-01T00:00:00Z')).replace(/it is at .*/, ''),
  ];
  expect(reasons).toEqual([
    'This customer is not on a test clock.',
    'frozen_time must be an ISO 8601 time with an offset or Z.',
    'A test clock moves forward only; ',
  ]);
  const words = page.replaceAll(/\s+/g, ' ');
  for (const reason of reasons) expect(words).toContain(reason);
}, 60_000);

test('the batch of nudges of the page wakes those that it finds, and they bill what they had missed', async () => {
  const [asleep] = [...names].find(([, name]) => name === 'not told') ?? [''];
  expect(await world.invoices(asleep)).toEqual([]);
  await paste('temporal workflow signal --name nudge --reason');
  const invoices = await eventually(
    () => world.invoices(asleep),
    (all) => all[0]?.status === 'open',
  );
  expect(invoices.map(({ periodNumber, status }) => [periodNumber, status])).toEqual([[0, 'open']]);
  await eventually(
    () => find(savedQueries()['Should have woken'] ?? ''),
    (found) => found.length === 0,
  );
}, 120_000);
