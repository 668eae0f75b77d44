import { setTimeout as delay } from 'node:timers/promises';
import { addSeconds, formatInstant, type Instant } from '../src/domain/instant.ts';
import { changeAccount } from '../src/operations/change-account.ts';
import { selectDatabaseTime } from '../src/storage/billing-customers.ts';
import { timestamptz } from '../src/storage/database.ts';
import { sql } from '../src/storage/sql.ts';
import { BareLoop } from './bare-loop/bare-loop.ts';
import type { Benchmark } from './benchmark.ts';
import { checkBooks } from './support/check-books.ts';
import { createBenchPlan, sendCalls, subscribeFleet } from './support/fleet.ts';
import { Product, TENANT } from './support/product.ts';
import { waitUntil } from './support/wait-until.ts';

const DAY_SECONDS = 86_400;
const WITHIN_MS = 900_000;
/** Everything is asleep by then, or the run is made again with more time. */
const ASLEEP_BEFORE_MS = 500;
const ATTEMPTS = 5;

export const closesAtOneInstant: Benchmark = {
  name: 'closes-at-one-instant',
  method:
    'N subscriptions whose period ends at one instant of real time, invoices final at once, against N workflows that ' +
    'sleep until an instant, run an activity that does nothing and sleep again; both asleep by then, on the same ' +
    'servers, workers with the settings of production (without the jitter) in one process, runs in turn. A rate is N ' +
    'over the time from the instant to the last invoice or activity.',
  full: { n: 500, runs: 5 },
  small: { n: 5, runs: 1 },
  async run({ servers, size, say }) {
    const product = await Product.install(servers);
    try {
      await changeAccount(product.db, TENANT, { finalizationDelaySeconds: 0 });
      await product.startWorkers({ jitterWindowMs: 0 });
      const bare = await BareLoop.start(product.client, servers.temporalAddress);
      try {
        return await measure({ product, bare, size, say });
      } finally {
        await bare.stop();
      }
    } finally {
      await product.stop();
    }
  },
};

interface Rivals {
  readonly product: Product;
  readonly bare: BareLoop;
  readonly size: { readonly n: number; readonly runs: number };
  readonly say: (text: string) => void;
}

async function measure({ product, bare, size, say }: Rivals) {
  const { n } = size;
  const planId = await createBenchPlan(product, 'daily');
  const closes: number[] = [];
  const ticks: number[] = [];
  let leadMs = 5_000 + n * 80;
  for (let run = 0; run < size.runs; run += 1) {
    const attempts = [
      async () => closes.push(await until((lead) => closesASecond(product, { n, planId, leadMs: lead }))),
      async () => ticks.push(await until((lead) => ticksASecond(product, bare, { n, leadMs: lead }))),
    ];
    // Who is first in a pair changes, since the store grows from one to the next.
    for (const attempt of run % 2 === 0 ? attempts : attempts.reverse()) await attempt();
    say(`run ${run + 1}: ${closes.at(-1)?.toFixed(1)} closes and ${ticks.at(-1)?.toFixed(1)} ticks a second`);
  }
  return {
    series: [
      { label: 'periods closed', unit: '1/s', values: closes },
      { label: 'ticks of a bare loop', unit: '1/s', values: ticks },
    ],
    ratio: {
      label: 'ratio',
      unit: 'of the bare loop',
      values: closes.map((each, run) => each / (ticks[run] ?? Number.NaN)),
    },
    checked: await checkBooks(product, 1),
  };

  /** Gives it more time to fall asleep until that is enough. */
  async function until(attempt: (leadMs: number) => Promise<number | null>): Promise<number> {
    for (let made = 0; made < ATTEMPTS; made += 1) {
      const rate = await attempt(leadMs);
      if (rate !== null) return rate;
      leadMs *= 2;
      say(`not all were asleep in time; again with ${Math.round(leadMs / 1_000)} s`);
    }
    throw new Error('this machine is too slow for so many');
  }
}

interface Wave {
  readonly n: number;
  readonly planId: string;
  readonly leadMs: number;
}

/** null: not all were asleep by then; their periods are closed all the same. */
async function closesASecond(product: Product, { n, planId, leadMs }: Wave): Promise<number | null> {
  const endAt = wholeSecond(await selectDatabaseTime(product.db), leadMs);
  const startAt = addSeconds(endAt, -DAY_SECONDS);
  const fleet = await subscribeFleet(product, { count: n, planId, startAt, clockId: null });
  await sendCalls(product, fleet, [startAt]);
  const wasAsleep = await areAsleep(product, { n, endAt });
  const rate = async () => {
    const [row] = await product.db.query<{ closed: number; seconds: number }>(sql`
      select count(*)::int as closed, extract(epoch from max(finalized_at) - ${timestamptz(endAt)})::float8 as seconds
      from invoices where period_end = ${timestamptz(endAt)} and finalized_at is not null`);
    return row ?? { closed: 0, seconds: 0 };
  };
  await waitUntil('all periods to close', WITHIN_MS, async () => (await rate()).closed >= n);
  return wasAsleep ? n / (await rate()).seconds : null;
}

/** Whether all of them sleep until then, a moment before. */
async function areAsleep(
  product: Product,
  { n, endAt }: { readonly n: number; readonly endAt: Instant },
): Promise<boolean> {
  const wakesAbout = `NextWakeAt > '${formatInstant(addSeconds(endAt, -1))}' and NextWakeAt < '${formatInstant(addSeconds(endAt, 1))}'`;
  for (;;) {
    const { count } = await product.client.workflow.count(wakesAbout);
    if (count >= n) return true;
    if ((await millisUntil(product, endAt)) < ASLEEP_BEFORE_MS) return false;
    await delay(200);
  }
}

async function ticksASecond(
  product: Product,
  bare: BareLoop,
  { n, leadMs }: { readonly n: number; readonly leadMs: number },
): Promise<number | null> {
  const endAt = wholeSecond(await selectDatabaseTime(product.db), leadMs);
  const endMs = Number(endAt / 1_000n);
  const before = bare.ticks.count;
  await bare.sleepUntil(endMs, n);
  // A worker that has started them all has a moment to let the last ones fall asleep.
  const wasAsleep = (await millisUntil(product, endAt)) >= ASLEEP_BEFORE_MS;
  await waitUntil('all loops to tick', WITHIN_MS, async () => bare.ticks.count >= before + n);
  return wasAsleep ? n / ((bare.ticks.lastMs - endMs) / 1_000) : null;
}

async function millisUntil(product: Product, instant: Instant): Promise<number> {
  return Number((instant - (await selectDatabaseTime(product.db))) / 1_000n);
}

/** The first whole second that comes so much later at least: search attributes have milliseconds. */
function wholeSecond(now: Instant, leadMs: number): Instant {
  const later = addSeconds(now, Math.ceil(leadMs / 1_000) + 1);
  return (later - (later % 1_000_000n)) as Instant;
}
