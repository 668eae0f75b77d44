import { addSeconds } from '../src/domain/instant.ts';
import { advanceTestClock, createTestClock, getTestClock } from '../src/operations/test-clocks.ts';
import { newId } from '../src/platform/new-id.ts';
import { countNudges } from '../src/storage/outbox.ts';
import type { Benchmark } from './benchmark.ts';
import { checkBooks } from './support/check-books.ts';
import { at, createBenchPlan, sendCalls, subscribeFleet } from './support/fleet.ts';
import { Product, TENANT } from './support/product.ts';
import { waitUntil } from './support/wait-until.ts';

const START = at('2027-01-01T00:00:00Z');
const END = at('2028-01-01T02:00:00Z');
const MONTHS = 12;
const DAY_SECONDS = 86_400;
const WITHIN_MS = 900_000;

export const yearByTestClock: Benchmark = {
  name: 'year-by-test-clock',
  method:
    'N customers with a monthly subscription and a call a month on one test clock, advanced by twelve months: from the ' +
    'call that begins the advance until the clock is ready. A worker process as `npm run worker` starts it, embedded ' +
    'PostgreSQL and Temporal, everything durable; a new installation each run.',
  full: { n: 100, runs: 3 },
  small: { n: 2, runs: 1 },
  async run({ servers, size, say }) {
    const seconds: number[] = [];
    const checked: string[] = [];
    for (let run = 0; run < size.runs; run += 1) {
      const product = await Product.install(servers);
      try {
        await product.startWorkerProcess();
        seconds.push(await liveThroughAYear(product, size.n));
        checked.push(...(await checkBooks(product, MONTHS)));
      } finally {
        await product.stop();
      }
      say(`run ${run + 1}: ${seconds.at(-1)?.toFixed(1)} s`);
    }
    const perSecond = seconds.map((each) => (size.n * MONTHS) / each);
    return {
      series: [
        { label: 'wall time', unit: 's', values: seconds },
        { label: 'periods closed a second', unit: '1/s', values: perSecond },
      ],
      checked: [...new Set(checked)],
    };
  },
};

async function liveThroughAYear(product: Product, customers: number): Promise<number> {
  const { db } = product;
  const clockId = newId('testClock');
  await createTestClock(db, TENANT, { id: clockId, name: null, frozenAt: START, metadata: {} });
  const planId = await createBenchPlan(product, 'monthly');
  const fleet = await subscribeFleet(product, { count: customers, planId, startAt: START, clockId });
  const calls = Array.from({ length: MONTHS }, (_, month) => addSeconds(START, (15 + 30 * month) * DAY_SECONDS));
  await sendCalls(product, fleet, calls);
  await waitUntil('the workflows to start', WITHIN_MS, async () => (await countNudges(db)) === 0);
  const startedAtMs = performance.now();
  await advanceTestClock(db, TENANT, { id: clockId, frozenAt: END });
  await waitUntil(
    'the clock to be ready',
    WITHIN_MS,
    async () => (await getTestClock(db, TENANT, clockId)).status === 'ready',
  );
  return (performance.now() - startedAtMs) / 1_000;
}
