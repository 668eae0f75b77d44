import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from '../../src/storage/sql.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { ApiWorld, FEE } from '../support/api-world.ts';
import { type CalendarCase, CHANGES, randomCases, TABLE } from './calendar-cases.ts';
import { KNOWN_UNTIL } from './clock-changes.ts';

const ORACLE = fileURLToPath(new URL('./calendar-oracle.py', import.meta.url));
const UPCOMING = 120;

let api: TestApi;
let world: ApiWorld;
const plans = new Map<string, Promise<string>>();
beforeAll(async () => {
  api = await startTestApi();
  world = new ApiWorld(api);
});
afterAll(() => api.close());

/** The anchor and the boundaries after it, of each case. */
async function oracle(cases: readonly CalendarCase[]): Promise<string[][]> {
  const given = {
    zones: CHANGES,
    cases: cases.map((each) => ({
      zone: each.zone,
      anchor: each.trialEnd ?? each.start,
      billing_period: each.billingPeriod,
      interval_count: each.intervalCount,
      count: UPCOMING + 1,
    })),
  };
  const output = await new Promise<string>((resolve, reject) => {
    const options = { maxBuffer: 100_000_000 };
    const child = execFile('python3', [ORACLE], options, (error, stdout) => (error ? reject(error) : resolve(stdout)));
    child.stdin?.end(JSON.stringify(given));
  });
  return JSON.parse(output);
}

function planOf({ billingPeriod, intervalCount }: CalendarCase): Promise<string> {
  const key = `${billingPeriod} ${intervalCount}`;
  const known = plans.get(key);
  if (known !== undefined) return known;
  const made = world.plan([FEE], { billing_period: billingPeriod, interval_count: intervalCount });
  plans.set(key, made);
  return made;
}

interface Subscribed {
  readonly id: string;
  readonly customer: string;
  readonly clock: string;
}

async function subscribed(given: CalendarCase): Promise<Subscribed> {
  const clock = await world.clock(given.clock);
  const customer = world.name();
  await world.make('/customers', { external_id: customer, test_clock_id: clock, timezone: given.zone });
  const { id } = await world.make('/subscriptions', {
    customer_id: customer,
    plan_id: await planOf(given),
    start_date: given.start,
    trial_end_date: given.trialEnd,
  });
  return { id, customer, clock };
}

interface Period {
  readonly number: number;
  readonly start: string;
  readonly end: string;
  readonly status: string;
}

async function periodsOf(id: string, upcoming: number): Promise<Period[]> {
  const { status, body, text } = await api.call('GET', `/subscriptions/${id}/periods?upcoming=${upcoming}`);
  if (status !== 200) throw new Error(text);
  return body.data;
}

/** Start of the first period and all ends, once each period is seen to begin where the one before ends. */
function boundariesOf(periods: readonly Period[]): string[] {
  const starts = periods.map(({ start }) => start);
  const ends = periods.map(({ end }) => end);
  expect(starts.slice(1)).toEqual(ends.slice(0, -1));
  expect(periods.map(({ number }) => number)).toEqual(periods.map((_, index) => index));
  return [...starts.slice(0, 1), ...ends];
}

const isKnown = (boundary: string) => /^\d{4}-/.test(boundary) && Date.parse(boundary) / 1000 < KNOWN_UNTIL;

async function inTurn<Item>(items: readonly Item[], work: (item: Item, index: number) => Promise<void>): Promise<void> {
  const queue = [...items.entries()];
  const hand = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await work(next[1], next[0]);
  };
  await Promise.all(Array.from({ length: 8 }, hand));
}

/** A difference names its case, in the form of a row of the table. */
async function expectAgreement(cases: readonly CalendarCase[]): Promise<void> {
  const expected = await oracle(cases);
  await inTurn(cases, async (given, index) => {
    const { id } = await subscribed(given);
    const periods = await periodsOf(id, UPCOMING);
    const running = periods.filter(({ status }) => status === 'running').length;
    expect({ given, count: periods.length }).toEqual({ given, count: UPCOMING + running });
    const told = boundariesOf(periods);
    const known = told.filter(isKnown);
    expect(known.length).toBeGreaterThan(1);
    const wanted = (expected[index] ?? []).slice(0, told.length).filter(isKnown);
    expect({ given, boundaries: known }).toEqual({ given, boundaries: wanted });
  });
}

test('the periods of a table of anchors, zones and billing periods are those of an independent calendar', async () => {
  expect(TABLE.length).toBeGreaterThan(200);
  await expectAgreement(TABLE);
}, 120_000);

test('and those of a few hundred random ones', async () => {
  const seed = Date.now() % 1_000_000;
  await expectAgreement(randomCases(seed, 300));
}, 120_000);

test('the periods that open as time goes by are those too', async () => {
  const apia = TABLE.filter(({ zone }) => zone === 'Pacific/Apia');
  const cases = [...randomCases(Date.now() % 1_000_000, 15), ...apia.slice(-8)];
  const expected = await oracle(cases);
  await inTurn(cases, async (given, index) => {
    const { id, customer, clock } = await subscribed(given);
    const wanted = (expected[index] ?? []).filter(isKnown).slice(0, 12);
    // Past the last of them, so that the period after it runs.
    const until = new Date(Date.parse(wanted.at(-1) ?? '') + 3_600_000).toISOString();
    await api.db.query(sql`update test_clocks set frozen_at = greatest(frozen_at, ${until}) where id = ${clock}`);
    const { status, text } = await api.call('POST', '/invoices', { customer_id: customer });
    expect([status === 200 || status === 201, text]).toEqual([true, text]);
    const told = boundariesOf(await periodsOf(id, 0)).slice(0, wanted.length);
    expect({ given, boundaries: told }).toEqual({ given, boundaries: wanted });
  });
}, 120_000);
