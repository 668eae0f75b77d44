import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { prefix } from '../../src/domain/rating/seq-ranges.ts';
import { EventIntake } from '../../src/operations/event-intake.ts';
import { ingestEvents } from '../../src/operations/ingest-events.ts';
import { listEvents } from '../../src/operations/list-events.ts';
import { storeEvents } from '../../src/operations/store-events.ts';
import { sql } from '../../src/storage/sql.ts';
import { readUsage } from '../../src/storage/usage.ts';
import { readUsageCutoff } from '../../src/storage/usage-cutoff.ts';
import { at, BillingWorld, CALLS, TEST_TENANT } from '../support/billing-world.ts';
import { sent } from '../support/event-inputs.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterAll(() => world.drop());

/** What a finalization sees: its cut-off, and the events it counts up to it. */
async function look(customerRef: string): Promise<{ cutoff: bigint; count: number }> {
  return world.db.transaction(async (tx) => {
    const cutoff = await readUsageCutoff(tx, TEST_TENANT, customerRef);
    const query = {
      chargeId: 'chg',
      eventName: 'call',
      aggregation: null,
      filters: {},
      cuts: [at('2026-01-01'), at('2027-01-01')],
    };
    const usage = await readUsage(tx, { tenant: TEST_TENANT, customerRef, counted: prefix(cutoff) }, [query]);
    return { cutoff, count: usage.get('chg')?.[0]?.eventCount ?? -1 };
  });
}

async function storedUpTo(customerRef: string, cutoff: bigint): Promise<number> {
  const [row] = await world.db.query<{ count: number }>(sql`
    select count(*)::int as count from events where customer_ref = ${customerRef} and seq <= ${cutoff}`);
  return row?.count ?? -1;
}

async function isSomebodyWaitingForABucket(): Promise<boolean> {
  const rows = await world.db.query(sql`select from pg_locks where locktype = 'advisory' and not granted`);
  return rows.length > 0;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition()));
}

const TIME = '2026-06-01T00:00:00Z';

test('a finalization waits for an event that has its number but is not committed, and counts it', async () => {
  const customerRef = 'straddling';
  const { finalization } = await world.db.transaction(async (tx) => {
    await storeEvents(tx, [{ tenant: TEST_TENANT, input: sent({ customer_id: customerRef, timestamp: TIME }) }]);
    const started = { finalization: look(customerRef) };
    await until(isSomebodyWaitingForABucket);
    return started;
  });
  expect(await finalization).toMatchObject({ count: 1 });
});

test('an event that waits behind a finalization gets a number above its cut-off', async () => {
  const customerRef = 'behind';
  const event = () => ({ input: sent({ customer_id: customerRef, timestamp: TIME }) });
  const { finalization, behind } = await world.db.transaction(async (tx) => {
    await storeEvents(tx, [{ tenant: TEST_TENANT, ...event() }]);
    const first = look(customerRef);
    await until(isSomebodyWaitingForABucket);
    return { finalization: first, behind: ingestEvents(world.db, TEST_TENANT, { items: [event()], onError: 'fail' }) };
  });
  const seen = await finalization;
  await behind;
  expect(seen).toMatchObject({ count: 1 });
  expect(await storedUpTo(customerRef, seen?.['cutoff'] ?? 0n)).toBe(1);
  expect(await look(customerRef)).toMatchObject({ count: 2 });
});

test('under load every finalization has counted just the events up to its cut-off, for ever', async () => {
  const intakes = [new EventIntake(world.db), new EventIntake(world.db)];
  const customers = Array.from({ length: 6 }, (_, n) => `busy-${n}`);
  let isOver = false;
  const write = async (n: number) => {
    while (!isOver) {
      const input = () => sent({ customer_id: customers[n % customers.length] ?? '', timestamp: TIME });
      if (n % 3 === 0) {
        const items = Array.from({ length: 20 }, () => ({ input: input() }));
        await ingestEvents(world.db, TEST_TENANT, { items, onError: 'fail' });
      } else await intakes[n % 2]?.ingest(TEST_TENANT, input());
    }
  };
  const writers = Array.from({ length: 12 }, (_, n) => write(n));
  const looks = [];
  for (let round = 0; round < 40; round += 1) {
    const customerRef = customers[round % customers.length] ?? '';
    looks.push({ customerRef, ...(await look(customerRef)) });
  }
  isOver = true;
  await Promise.all(writers);
  for (const { customerRef, cutoff, count } of looks) expect(await storedUpTo(customerRef, cutoff)).toBe(count);
  const last = looks.at(-1);
  expect(last?.count).toBeGreaterThan(0);
});

test('an event that arrives during finalization is on the invoice or late, never both, never neither', async () => {
  const clockId = await world.clock('2026-05-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan([CALLS]));
  const intake = new EventIntake(world.db);
  const arrivals: Promise<unknown>[] = [];
  let isFinal = false;
  const arrive = async () => {
    while (!isFinal) {
      const input = sent({ customer_id: customer.externalId, timestamp: '2026-05-20T00:00:00Z' });
      await intake.ingest(TEST_TENANT, input);
    }
    await intake.ingest(TEST_TENANT, sent({ customer_id: customer.externalId, timestamp: '2026-05-21T00:00:00Z' }));
  };
  for (let n = 0; n < 8; n += 1) arrivals.push(arrive());
  await world.turn(customer, '2026-06-01T01:00:00Z');
  isFinal = true;
  await Promise.all(arrivals);
  const [invoice] = await world.invoices(subscription.id);
  const query = { customerId: customer.externalId, eventName: null, from: null, to: null, after: null, limit: 100_000 };
  const { events } = await listEvents(world.db, TEST_TENANT, { ...query, status: null });
  const count = (status: string) => events.filter((event) => event.status === status).length;
  expect(count('billed')).toBe(Number(invoice?.lines[0]?.eventCount));
  expect(count('late')).toBeGreaterThanOrEqual(8);
  expect(count('billed') + count('late')).toBe(events.length);
});
