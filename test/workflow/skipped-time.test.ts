import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { jitterMsOf } from '../../activities/jitter.ts';
import { addSeconds, formatInstant, type Instant, instantFromMicros } from '../../src/domain/instant.ts';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { STATUS_QUERY } from '../../src/orchestration/messages.ts';
import { selectDatabaseTime } from '../../src/storage/billing-customers.ts';
import { sql } from '../../src/storage/sql.ts';
import { eventually } from '../support/billing-workers.ts';
import { BillingWorld, CALLS, FEE, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';
import { recordHistory } from '../support/record-history.ts';
import { SkippedTime } from '../support/skipped-time.ts';
import { runsOf, wakeUps } from '../support/wake-ups.ts';
import { oracleBoundaries } from '../support/wall-clock.ts';

/**
 * The live path, without a test clock, through more than two years: each turn is a real timer of the workflow, on a
 * server that skips the time between them.
 */
const DAY_S = 86_400;
const HOUR_S = 3_600;
const SWEEP_S = 31 * DAY_S;
const MONTHS = 24;
/** From an alarm until its activity is carried out time passes as it does; on a busy machine, some of it. */
const SOON_S = 600;
const JITTER_MS = 30_000;

let world: BillingWorld;
let time: SkippedTime;
let began: Instant;
let trialEnd: Instant;
let boundaries: Instant[];
let grantEnd: Instant;
const ids = { monthly: '', yearly: '', short: '' };

beforeAll(async () => {
  world = await BillingWorld.create();
  time = await SkippedTime.start(world, { jitterWindowMs: JITTER_MS });
  // Not a whole millisecond, which is all that timers know.
  began = addMicros(await selectDatabaseTime(world.db), 1n);
  trialEnd = addSeconds(began, 40 * DAY_S);
  const timezone = 'Europe/Berlin';
  const rule = { anchorAt: trialEnd, timezone, billingPeriod: 'monthly' as const, intervalCount: 1 };
  boundaries = oracleBoundaries(rule, MONTHS + 2).map(instantFromMicros);
  const trial = { start: formatInstant(began), trialEnd: formatInstant(trialEnd) };

  const monthly = await world.customer({ timezone });
  ids.monthly = (await world.subscribe(monthly, await world.plan([FEE, CALLS]), trial)).id;
  const yearly = await world.customer({});
  ids.yearly = (await world.subscribe(yearly, await world.plan([FEE], { billingPeriod: 'yearly' }))).id;
  const short = await world.customer({});
  ids.short = (await world.subscribe(short, await world.plan([FEE]), trial)).id;
  grantEnd = (await world.grant(short, '5', { expiresInDays: 45 })).expiresAt ?? began;
  // On both sides of a boundary.
  const fifth = boundaries[5] ?? began;
  await world.events(monthly, { time: formatInstant(addMicros(fifth, -1n)), count: 2 });
  await world.events(monthly, { time: formatInstant(fifth), count: 3 });
  for (const id of Object.values(ids))
    await eventually(
      () => statusOf(id),
      (status) => status !== null,
    );

  await time.pass(50 * DAY_S * 1_000);
  await cancelSubscription(time.db, TEST_TENANT, { subscriptionId: ids.short, at: 'now' });
  await eventually(
    () => statusOf(ids.short),
    (status) => status === 'canceled',
  );
  for (let month = 0; month < MONTHS; month += 1) await time.pass(31 * DAY_S * 1_000);
}, 300_000);
afterAll(async () => {
  await time.stop();
  await expectInvariants(world.db);
  await world.drop();
});

function addMicros(instant: Instant, micros: bigint): Instant {
  return instantFromMicros(instant + micros);
}

/** What the workflow knows that it waits for; null: it has not read anything yet. */
async function statusOf(id: string): Promise<string | null> {
  const query = time.client.workflow.getHandle(id).query<{ view: { status: string } | null }>(STATUS_QUERY);
  return query.then(
    ({ view }) => view?.status ?? null,
    () => null,
  );
}

/** The next whole millisecond, and so much later. */
function alarm(instant: Instant, jitterMs = 0): Instant {
  return instantFromMicros(((instant + 999n) / 1_000n + BigInt(jitterMs)) * 1_000n);
}

test('two years of months are each closed once, in order, at their exact instants', async () => {
  const periods = await world.db.query<{ number: number; startAt: Instant; endAt: Instant }>(sql`
    select number, start_at as "startAt", end_at as "endAt" from periods
    where subscription_id = ${ids.monthly} order by number`);
  expect(periods.length).toBeGreaterThan(MONTHS);
  expect(periods.slice(0, MONTHS)).toEqual(
    Array.from({ length: MONTHS }, (_, number) => ({
      number,
      startAt: boundaries[number],
      endAt: boundaries[number + 1],
    })),
  );
  const invoices = (await world.invoices(ids.monthly)).slice(0, MONTHS);
  expect(invoices.map(({ kind, periodNumber, status, total }) => [kind, periodNumber, status, total])).toEqual(
    Array.from({ length: MONTHS }, (_, period) => [
      'closing',
      period,
      'open',
      period === 4 ? '20.20' : period === 5 ? '20.30' : '20.00',
    ]),
  );
  const numbers = invoices.map(({ number }) => number ?? '');
  expect(numbers).toEqual([...new Set(numbers)].toSorted());
  for (const { createdAt, finalizedAt, periodEnd } of invoices) {
    expect(createdAt >= periodEnd && createdAt < addSeconds(periodEnd, SOON_S)).toBe(true);
    const finalizes = addSeconds(periodEnd, HOUR_S);
    expect(finalizedAt !== null && finalizedAt >= finalizes && finalizedAt < addSeconds(finalizes, SOON_S)).toBe(true);
  }
});

test('its alarms are set for absolute instants, to the millisecond, two of them a month: none drifts', async () => {
  const jitterMs = jitterMsOf(ids.monthly, JITTER_MS);
  const turns = (await wakeUps(time.client, ids.monthly)).filter(({ activity }) => activity !== 'loadSubscription');
  const [trial, ...rest] = turns;
  expect(trial).toMatchObject({ rang: alarm(trialEnd), activity: 'endTrial' });
  const ofPeriods = rest.slice(0, 2 * MONTHS).map(({ rang, activity }) => [rang, activity]);
  expect(ofPeriods).toEqual(
    boundaries.slice(1, MONTHS + 1).flatMap((end) => [
      [alarm(end, jitterMs), 'rateUsage'],
      [alarm(addSeconds(end, HOUR_S), jitterMs), 'finalizeInvoice'],
    ]),
  );
  expect((await runsOf(time.client, ids.monthly)).length).toBe(3);
});

test('the share by which an alarm is put off is the same every time, within its window, and stands on the timer', async () => {
  const jitterMs = jitterMsOf(ids.monthly, JITTER_MS);
  expect(jitterMs).toBeGreaterThanOrEqual(0);
  expect(jitterMs).toBeLessThan(JITTER_MS);
  const ofPeriods = (await wakeUps(time.client, ids.monthly)).filter(({ activity }) => activity === 'rateUsage');
  const told = new Set(ofPeriods.map(({ why }) => /alarm ([\d.]+) s later$/.exec(why)?.[1]));
  expect([...told]).toEqual([String(jitterMs / 1_000)]);
});

test('who waits for a year looks around every 31 days, and closes the year at its instant', async () => {
  const all = await wakeUps(time.client, ids.yearly);
  const closes = all.findIndex(({ activity }) => activity === 'rateUsage');
  expect(closes).toBeGreaterThanOrEqual(11);
  expect(new Set(all.slice(0, closes).map(({ activity }) => activity))).toEqual(new Set(['loadSubscription']));
  const gaps = all.slice(0, closes).map(({ rang }, index) => Number(rang - (all[index - 1]?.rang ?? began)) / 1e6);
  for (const gap of gaps) expect([gap >= SWEEP_S, gap < SWEEP_S + SOON_S]).toEqual([true, true]);
  const [first] = await world.invoices(ids.yearly);
  expect(all[closes]?.rang).toBe(alarm(first?.periodEnd ?? began, jitterMsOf(ids.yearly, JITTER_MS)));
  expect(all[closes + 1]?.activity).toBe('finalizeInvoice');
});

test('a trial, a credit grant and a cancellation end at their instants, and the workflow with its last invoice', async () => {
  const told = (await wakeUps(time.client, ids.short)).map(({ rang, activity }) => [activity, rang]);
  const [invoice] = await world.invoices(ids.short);
  const jitterMs = jitterMsOf(ids.short, JITTER_MS);
  expect(told.slice(1)).toEqual([
    ['endTrial', alarm(trialEnd)],
    ['endGrants', alarm(grantEnd)],
    ['finalizeInvoice', alarm(invoice?.finalizeAt ?? began, jitterMs)],
  ]);
  expect(told[0]?.[0]).toBe('loadSubscription');
  expect(invoice).toMatchObject({ periodStart: trialEnd, status: 'open', billingReason: 'cancel' });
  expect((await time.client.workflow.getHandle(ids.short).describe()).status.name).toBe('COMPLETED');
  await recordHistory(time.client, { name: 'live-sweep-trial-grant-cancel', workflowId: ids.short });
});
