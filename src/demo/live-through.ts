import type { ApiClient } from '../cli/api-client.ts';
import { CliError } from '../cli/cli-error.ts';
import type { Host } from '../cli/host.ts';
import { startProgress } from '../cli/progress.ts';
import { pause } from '../cli/retry.ts';
import { addSeconds, formatInstant, parseInstant } from '../domain/instant.ts';
import { periods, subscription, testClock } from './answers.ts';
import { inParallel } from './in-parallel.ts';
import { pagesOf } from './list-all.ts';
import type { SetUpCompany } from './set-up-company.ts';

const POLL_MS = 400;
/** The last midnight of the year comes to all time zones of the customers within twelve hours of that of UTC. */
const HALF_A_DAY_SECONDS = 43_200;

export interface LivedThrough {
  /** ISO 8601. */
  readonly until: string;
  readonly periods: number;
  readonly seconds: number;
  /** Subscriptions that stand still. */
  readonly needAttention: number;
}

interface Life extends SetUpCompany {
  /** Seconds. */
  readonly finalizationDelay: number;
}

/**
 * Advances the clock over all months in one go and waits until everything due on the way is done.
 *
 * @throws CliError when the person stops it
 */
export async function liveThrough(host: Host, client: ApiClient, life: Life): Promise<LivedThrough> {
  const closesUntil = addSeconds(life.company.endAt, HALF_A_DAY_SECONDS);
  const until = formatInstant(addSeconds(closesUntil, life.finalizationDelay));
  const expected = await countPeriods(client, life, formatInstant(closesUntil));
  const path = `/test-clocks/${life.clockId}`;
  const startedAtMs = performance.now();
  const secondsPassed = () => (performance.now() - startedAtMs) / 1_000;
  await client.call({ method: 'POST', path: `${path}/advance`, body: { value: { frozen_time: until } } }, testClock);
  const progress = startProgress(host, expected);
  try {
    for (;;) {
      const { value: clock } = await client.call({ method: 'GET', path }, testClock);
      const closed = Math.min(await countClosed(client, life), expected);
      progress.show(closed, describe({ closed, expected, seconds: secondsPassed() }));
      if (clock.status === 'ready') {
        return { until, periods: closed, seconds: secondsPassed(), needAttention: clock.progress.needs_attention };
      }
      await pause(POLL_MS, host.signal);
      if (host.signal.aborted) {
        throw new CliError('interrupted', 'Interrupted; the clock goes on advancing by itself.');
      }
    }
  } finally {
    progress.stop();
  }
}

function describe(state: { readonly closed: number; readonly expected: number; readonly seconds: number }): string {
  const { closed, expected, seconds } = state;
  const rate = closed / seconds;
  const left =
    closed === expected ? '' : closed === 0 ? '' : ` · about ${Math.ceil((expected - closed) / rate)} s left`;
  return `${closed} of ${expected} periods closed · ${rate.toFixed(1)} a second${left}`;
}

/** The API says where the boundaries lie: how many periods end until then. */
async function countPeriods(client: ApiClient, life: Life, until: string): Promise<number> {
  const last = parseInstant(until);
  const upcoming = life.company.monthStarts.length;
  const counts = await inParallel(life.subscribers, async (subscriber) => {
    const path = `/subscriptions/${subscriber.subscription.id}/periods`;
    const { value } = await client.call({ method: 'GET', path, query: { upcoming } }, periods);
    return value.data.filter(({ end }) => {
      const endAt = parseInstant(end);
      return endAt !== null && last !== null && endAt <= last;
    }).length;
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The number of a running period is how many are closed: on a clock past both, its end and its invoice are one step. */
async function countClosed(client: ApiClient, { subscribers }: Life): Promise<number> {
  const missing = new Set(subscribers.map((each) => each.subscription.id));
  let closed = 0;
  // Of equal clock times the newest come first, so an earlier demo's subscriptions come after all of these.
  for await (const page of pagesOf(client, { path: '/subscriptions' }, subscription)) {
    for (const { id, current_period: current } of page) if (missing.delete(id)) closed += current?.number ?? 0;
    if (missing.size === 0) break;
  }
  return closed;
}
