import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';
import { addSeconds, type Instant } from '../src/domain/instant.ts';
import { changeAccount } from '../src/operations/change-account.ts';
import { advanceTestClock, createTestClock, getTestClock } from '../src/operations/test-clocks.ts';
import { newId } from '../src/platform/new-id.ts';
import { selectDatabaseTime } from '../src/storage/billing-customers.ts';
import { sql } from '../src/storage/sql.ts';
import type { Benchmark } from './benchmark.ts';
import { at, createBenchPlan, subscribeFleet } from './support/fleet.ts';
import { Product, TENANT } from './support/product.ts';
import type { BenchServers } from './support/servers.ts';
import { waitUntil } from './support/wait-until.ts';

const DAY_SECONDS = 86_400;
const WITHIN_MS = 600_000;
const PERIODS = 10;

export const costOfAPeriod: Benchmark = {
  name: 'cost-of-a-period',
  method:
    'Events and state transitions that Temporal records for a period: of one subscription over ten months of a test ' +
    'clock, and over one period of real time whose invoice is final at once, and 2 s later. Bytes in its store for a ' +
    'sleeping subscription: by how much the pages in use grow while N fall asleep.',
  full: { n: 1_000, runs: 1 },
  small: { n: 10, runs: 1 },
  async run({ servers, size, say }) {
    const product = await Product.install(servers);
    try {
      await product.startWorkers({ jitterWindowMs: 0 });
      const byClock = await onATestClock(product);
      say('a test clock is measured');
      const atOnce = await inRealTime(product, 0);
      const delayed = await inRealTime(product, 2);
      say('real time is measured');
      const bytes = await bytesOfASleeper(product, servers, size.n);
      return {
        series: [
          { label: 'a period on a test clock', unit: 'events', values: [byClock.events / PERIODS] },
          { label: 'a period on a test clock', unit: 'transitions', values: [byClock.transitions / PERIODS] },
          { label: 'a period of real time, final at once', unit: 'events', values: [atOnce.events] },
          { label: 'a period of real time, final at once', unit: 'transitions', values: [atOnce.transitions] },
          { label: 'a period of real time, final later', unit: 'events', values: [delayed.events] },
          { label: 'a period of real time, final later', unit: 'transitions', values: [delayed.transitions] },
          { label: 'a sleeping subscription', unit: 'bytes in Temporal', values: [bytes] },
        ],
        checked: [],
      };
    } finally {
      await product.stop();
    }
  },
};

interface Cost {
  readonly events: number;
  readonly transitions: number;
}

async function costSoFar(product: Product, subscriptionId: string): Promise<Cost> {
  const { historyLength, raw } = await product.client.workflow.getHandle(subscriptionId).describe();
  return { events: historyLength, transitions: Number(raw.workflowExecutionInfo?.stateTransitionCount) };
}

/** What it costs until its workflow is at rest again: until nothing has been added for a second. */
async function costOf(product: Product, subscriptionId: string, work: () => Promise<void>): Promise<Cost> {
  const before = await atRest(product, subscriptionId);
  await work();
  const after = await atRest(product, subscriptionId);
  return { events: after.events - before.events, transitions: after.transitions - before.transitions };
}

async function atRest(product: Product, subscriptionId: string): Promise<Cost> {
  const giveUpAt = performance.now() + WITHIN_MS;
  for (let last: Cost | null = null; performance.now() < giveUpAt; ) {
    const now = await costSoFar(product, subscriptionId).catch(() => null);
    if (now !== null && last !== null && now.transitions === last.transitions) return now;
    last = now;
    await delay(1_000);
  }
  throw new Error(`the workflow ${subscriptionId} does not come to rest`);
}

async function onATestClock(product: Product): Promise<Cost> {
  const startAt = at('2027-01-01T00:00:00Z');
  const clockId = newId('testClock');
  await createTestClock(product.db, TENANT, { id: clockId, name: null, frozenAt: startAt, metadata: {} });
  const planId = await createBenchPlan(product, 'monthly');
  const subscriptionId = await subscribeOne(product, { planId, startAt, clockId });
  return costOf(product, subscriptionId, async () => {
    await advanceTestClock(product.db, TENANT, { id: clockId, frozenAt: at('2027-11-01T02:00:00Z') });
    await waitUntil(
      'the clock to be ready',
      WITHIN_MS,
      async () => (await getTestClock(product.db, TENANT, clockId)).status === 'ready',
    );
  });
}

/** Over the end of a daily period that comes soon. */
async function inRealTime(product: Product, finalizationDelaySeconds: number): Promise<Cost> {
  await changeAccount(product.db, TENANT, { finalizationDelaySeconds });
  const endAt = addSeconds(await selectDatabaseTime(product.db), 15);
  const planId = await createBenchPlan(product, 'daily');
  const startAt = addSeconds(endAt, -DAY_SECONDS);
  const subscriptionId = await subscribeOne(product, { planId, startAt, clockId: null });
  return costOf(product, subscriptionId, () =>
    waitUntil('the invoice to be final', WITHIN_MS, async () => {
      const invoices = await product.db.query(sql`
        select from invoices where subscription_id = ${subscriptionId} and finalized_at is not null`);
      return invoices.length > 0;
    }),
  );
}

async function subscribeOne(
  product: Product,
  facts: { readonly planId: string; readonly startAt: Instant; readonly clockId: string | null },
): Promise<string> {
  const { subscriptionIds } = await subscribeFleet(product, { ...facts, count: 1 });
  const [subscriptionId] = subscriptionIds;
  if (subscriptionId === undefined) throw new Error('no subscription');
  return subscriptionId;
}

async function bytesOfASleeper(product: Product, { temporalFile }: BenchServers, n: number): Promise<number> {
  const before = bytesInUse(temporalFile);
  const planId = await createBenchPlan(product, 'monthly');
  const startAt = await selectDatabaseTime(product.db);
  await subscribeFleet(product, { count: n, planId, startAt, clockId: null });
  await waitUntil('all to fall asleep', WITHIN_MS, async () => {
    const { count } = await product.client.workflow.count(
      `NextWakeAt > '2000-01-01T00:00:00Z' and PlanId = '${planId}'`,
    );
    return count >= n;
  });
  return (bytesInUse(temporalFile) - before) / n;
}

/** Of an SQLite file, what waits in its write-ahead log included. */
function bytesInUse(file: string): number {
  const store = new DatabaseSync(file, { readOnly: true });
  try {
    const pragma = (name: string) => Number(Object.values(store.prepare(`pragma ${name}`).get() ?? {})[0]);
    return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
  } finally {
    store.close();
  }
}
