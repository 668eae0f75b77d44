import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { addSeconds, formatInstant, type Instant } from '../../src/domain/instant.ts';
import { changeAccount } from '../../src/operations/change-account.ts';
import { advanceTestClock, getTestClock } from '../../src/operations/test-clocks.ts';
import { selectDatabaseTime } from '../../src/storage/billing-customers.ts';
import { sql } from '../../src/storage/sql.ts';
import { BillingWorkers, eventually } from '../support/billing-workers.ts';
import { at, BillingWorld, CALLS, FEE, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';

const DAY_SECONDS = 86_400;
const FINISHED_WITHIN_MS = 150_000;
const TIMEOUT_MS = 240_000;

/** The namespaces of all workers here; it stops polling before the first test. */
let home: BillingWorkers;
let world: BillingWorld;
beforeAll(async () => {
  const first = await BillingWorld.create();
  home = await BillingWorkers.start(first);
  await home.stop();
  await first.drop();
}, TIMEOUT_MS);
beforeEach(async () => {
  world = await BillingWorld.create();
}, TIMEOUT_MS);
afterEach(() => world.drop());

interface Closing {
  readonly subscriptionId: string;
  readonly periodNumber: number;
  readonly numberSeq: bigint | null;
  readonly total: string;
}

/** Every invoice there is, in the order in which they became final. */
async function invoices(): Promise<Closing[]> {
  return world.db.query<Closing>(sql`
    select subscription_id as "subscriptionId", period_number as "periodNumber", number_seq as "numberSeq", total
    from invoices order by number_seq nulls last`);
}

async function subscribed(
  size: number,
  facts: { readonly clockId: string | null; readonly start: string; readonly billingPeriod?: string },
) {
  const { clockId, start, billingPeriod = 'monthly' } = facts;
  const planId = await world.plan([FEE, CALLS], { billingPeriod });
  const fleet: { readonly externalId: string; readonly subscriptionId: string }[] = [];
  for (let index = 0; index < size; index += 1) {
    const customer = await world.customer({ clockId });
    const { id } = await world.subscribe(customer, planId, { start });
    fleet.push({ ...customer, subscriptionId: id });
  }
  return fleet;
}

/** Each subscription has closed the periods 0 to `periods` − 1, each once and in order, and the numbers have no gap. */
async function expectClosedOnceInOrder(subscriptionIds: readonly string[], periods: number): Promise<void> {
  const all = await invoices();
  expect(all.map(({ numberSeq }) => numberSeq)).toEqual(all.map((_, index) => BigInt(index + 1)));
  const wanted = Array.from({ length: periods }, (_, number) => number);
  const closed = Map.groupBy(all, ({ subscriptionId }) => subscriptionId);
  expect(new Set(closed.keys())).toEqual(new Set(subscriptionIds));
  for (const own of closed.values()) expect(own.map(({ periodNumber }) => periodNumber)).toEqual(wanted);
  await expectInvariants(world.db);
}

test(
  'a worker that was down while a clock went on by three months closes each missed period once, in order',
  async () => {
    const clockId = await world.clock('2027-01-31');
    const fleet = await subscribed(4, { clockId, start: '2027-01-31' });
    for (const month of ['2027-02-10', '2027-03-10', '2027-04-10']) {
      for (const customer of fleet) await world.events(customer, { time: month, count: 2 });
    }
    await advanceTestClock(world.db, TEST_TENANT, { id: clockId, frozenAt: at('2027-04-30T02:00:00Z') });
    expect(await getTestClock(world.db, TEST_TENANT, clockId)).toMatchObject({
      status: 'advancing',
      done: 0,
      total: 4,
    });
    expect(await invoices()).toEqual([]);

    const workers = await BillingWorkers.start(world, { beside: home });
    try {
      const clock = await eventually(
        () => getTestClock(world.db, TEST_TENANT, clockId),
        ({ status }) => status === 'ready',
        FINISHED_WITHIN_MS,
      );
      expect(clock).toMatchObject({ done: 4, total: 4, needsAttention: 0 });
    } finally {
      await workers.stop();
    }
    const ids = fleet.map(({ subscriptionId }) => subscriptionId);
    await expectClosedOnceInOrder(ids, 3);
    expect(new Set((await invoices()).map(({ total }) => total))).toEqual(new Set(['20.20']));
  },
  TIMEOUT_MS,
);

test(
  'subscriptions that began three months ago, while no worker ran, close each missed period once, in order',
  async () => {
    await changeAccount(world.db, TEST_TENANT, { finalizationDelaySeconds: 0 });
    const now = formatInstant(await selectDatabaseTime(world.db));
    const start = new Date(Date.UTC(Number(now.slice(0, 4)), Number(now.slice(5, 7)) - 1 - 3, 1)).toISOString();
    const fleet = await subscribed(4, { clockId: null, start });
    expect(await invoices()).toEqual([]);

    const workers = await BillingWorkers.start(world, { beside: home });
    try {
      await nothingDueAt(await selectDatabaseTime(world.db));
    } finally {
      await workers.stop();
    }
    await expectClosedOnceInOrder(
      fleet.map(({ subscriptionId }) => subscriptionId),
      3,
    );
  },
  TIMEOUT_MS,
);

test(
  'many subscriptions whose periods end at one instant of real time close once each, by two workers',
  async () => {
    await changeAccount(world.db, TEST_TENANT, { finalizationDelaySeconds: 0 });
    const workers = [
      await BillingWorkers.start(world, { beside: home }),
      await BillingWorkers.start(world, { beside: home }),
    ];
    try {
      // Most are asleep by then; who is not closes its period when it wakes for the first time.
      const end = addSeconds(await selectDatabaseTime(world.db), 15);
      const start = formatInstant(addSeconds(end, -DAY_SECONDS));
      const fleet = await subscribed(100, { clockId: null, start, billingPeriod: 'daily' });
      await nothingDueAt(end);
      await expectClosedOnceInOrder(
        fleet.map(({ subscriptionId }) => subscriptionId),
        1,
      );
    } finally {
      for (const each of workers) await each.stop();
    }
  },
  TIMEOUT_MS,
);

/** Waits until no subscription has anything left that was due at that instant. */
async function nothingDueAt(instant: Instant): Promise<void> {
  await eventually(
    async () => {
      const rows = await world.db.query<{ nextDueAt: Instant | null }>(
        sql`select next_due_at as "nextDueAt" from subscriptions where next_due_at is not null`,
      );
      return rows.filter(({ nextDueAt }) => nextDueAt !== null && nextDueAt <= instant).length;
    },
    (left) => left === 0,
    FINISHED_WITHIN_MS,
  );
}
