import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { PRODUCTION_WORKERS } from '../src/orchestration/workers.ts';
import { selectDatabaseTime } from '../src/storage/billing-customers.ts';
import type { Benchmark } from './benchmark.ts';
import { createBenchPlan, subscribeFleet } from './support/fleet.ts';
import { Product } from './support/product.ts';
import { waitUntil } from './support/wait-until.ts';

const WITHIN_MS = 900_000;
const LOOKS = 30;
const LOOK_EVERY_MS = 2_000;
const run = promisify(execFile);

export const memoryOfSleepers: Benchmark = {
  name: 'memory-of-sleepers',
  method:
    'Resident memory of a worker process as `npm run worker` starts it, its workflow cache bounded as in production: ' +
    'with N and with 4 N subscriptions asleep, the least that is seen in a minute after the last has fallen asleep, ' +
    'since what is garbage stays until the engine collects it. The ratio is what 4 N take of what N take.',
  full: { n: 1_000, runs: 1 },
  small: { n: 3, runs: 1 },
  async run({ servers, size, say }) {
    const product = await Product.install(servers);
    try {
      const worker = await product.startWorkerProcess();
      const planId = await createBenchPlan(product, 'monthly');
      const idle = await residentMegabytes(worker.pid);
      const some = await withSleepers(size.n);
      const many = await withSleepers(size.n * 4);
      return {
        series: [
          { label: 'worker without subscriptions', unit: 'MB', values: [idle] },
          { label: 'with N asleep', unit: 'MB', values: [some] },
          { label: 'with 4 N asleep', unit: 'MB', values: [many] },
        ],
        ratio: { label: 'ratio', unit: 'of N asleep', values: [many / some] },
        checked: [`${size.n * 4} sleep, of which the worker keeps ${PRODUCTION_WORKERS.cachedWorkflows} at most`],
      };

      async function withSleepers(count: number): Promise<number> {
        const asleep = await sleepersOf(product, planId);
        const startAt = await selectDatabaseTime(product.db);
        await subscribeFleet(product, { count: count - asleep, planId, startAt, clockId: null });
        await waitUntil('all to fall asleep', WITHIN_MS, async () => (await sleepersOf(product, planId)) >= count);
        say(`${count} sleep`);
        return residentMegabytes(worker.pid);
      }
    } finally {
      await product.stop();
    }
  },
};

async function sleepersOf(product: Product, planId: string): Promise<number> {
  const { count } = await product.client.workflow.count(`NextWakeAt > '2000-01-01T00:00:00Z' and PlanId = '${planId}'`);
  return count;
}

async function residentMegabytes(pid: number): Promise<number> {
  const looks: number[] = [];
  for (let look = 0; look < LOOKS; look += 1) {
    await delay(LOOK_EVERY_MS);
    const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)]);
    looks.push(Number(stdout.trim()) / 1_024);
  }
  return Math.min(...looks);
}
