import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { EventIntake } from '../../src/operations/event-intake.ts';
import { bootstrapAccount } from '../../src/operations/bootstrap-account.ts';
import { sql } from '../../src/storage/sql.ts';
import { TEST_TENANT } from '../support/billing-world.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { sent } from '../support/event-inputs.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await bootstrapAccount(database.db);
});
afterAll(() => database.drop());

/** The transactions that stored the events, oldest first. */
async function transactionsOf(keys: readonly string[]): Promise<string[]> {
  const rows = await database.db.query<{ xmin: string }>(sql`
    select xmin::text as xmin from events where idempotency_key = any(${[...keys]}) order by seq`);
  return rows.map((row) => row.xmin);
}

test('events that arrive while a transaction runs are committed together, each with its own answer', async () => {
  const intake = new EventIntake(database.db);
  const inputs = Array.from({ length: 100 }, (_, n) => sent({ customer_id: `shared-${n}`, properties: { n } }));
  const answers = await Promise.all(inputs.map((input) => intake.ingest(TEST_TENANT, input)));
  for (const [n, { event, isReplay }] of answers.entries()) {
    expect([event.idempotencyKey, event.customerRef, isReplay]).toEqual([
      inputs[n]?.idempotencyKey,
      `shared-${n}`,
      false,
    ]);
    expect(JSON.parse(event.properties)).toEqual({ n });
  }
  const transactions = new Set(await transactionsOf(inputs.map((input) => input.idempotencyKey)));
  expect(transactions.size).toBe(2);
});

test('one shared commit takes events of several tenants, and keeps them apart', async () => {
  const intake = new EventIntake(database.db);
  const input = sent();
  const live = { ...TEST_TENANT, livemode: true };
  const answers = await Promise.all([
    intake.ingest(TEST_TENANT, sent()),
    intake.ingest(TEST_TENANT, input),
    intake.ingest(live, input),
    intake.ingest(live, input),
  ]);
  expect(answers.map(({ isReplay }) => isReplay)).toEqual([false, false, false, true]);
  expect(answers[1]?.event.id).not.toBe(answers[2]?.event.id);
  expect(new Set(await transactionsOf([input.idempotencyKey]))).toHaveProperty('size', 1);
});

test('invalid and conflicting events are refused alone', async () => {
  const intake = new EventIntake(database.db);
  const known = sent();
  const conflicting = sent({ idempotency_key: known.idempotencyKey, event_name: 'other' });
  const settled = await Promise.allSettled(
    [sent(), known, sent({ customer_id: 'cus_nobody' }), conflicting, known, sent()].map((input) =>
      intake.ingest(TEST_TENANT, input),
    ),
  );
  expect(settled.map((each) => (each.status === 'fulfilled' ? each.value.isReplay : each.reason.code))).toEqual([
    false,
    false,
    'invalid_body',
    'idempotency_conflict',
    true,
    false,
  ]);
});

test('an event that the database refuses fails alone; the others of its shared commit are stored', async () => {
  await database.db.query({
    name: '',
    values: [],
    text: `
      create function refuse_poison() returns trigger language plpgsql as $$
      begin
        if new.event_name = 'poison' then raise exception 'poison' using errcode = 'check_violation'; end if;
        return new;
      end $$;
      create trigger refuse_poison before insert on events for each row execute function refuse_poison();`,
  });
  const intake = new EventIntake(database.db);
  const names = Array.from({ length: 20 }, (_, n) => (n % 5 === 3 ? 'poison' : 'call'));
  const inputs = names.map((name) => sent({ event_name: name }));
  const settled = await Promise.allSettled(inputs.map((input) => intake.ingest(TEST_TENANT, input)));
  expect(settled.map((each) => each.status)).toEqual(
    names.map((name) => (name === 'poison' ? 'rejected' : 'fulfilled')),
  );
  const [row] = await database.db.query<{ events: number; keys: number }>(sql`
    select (select count(*)::int from events where idempotency_key = any(${inputs.map((each) => each.idempotencyKey)})) as events,
      (select count(*)::int from event_keys where idempotency_key = any(${inputs.map((each) => each.idempotencyKey)})) as keys`);
  expect(row).toEqual({ events: 16, keys: 16 });
});

test('a group that the server fails, not its data, is given up after a few tries, and nothing of it is stored', async () => {
  await database.db.query({ name: '', values: [], text: 'alter table event_keys rename to event_keys_away' });
  const intake = new EventIntake(database.db);
  const inputs = Array.from({ length: 50 }, () => sent());
  const settled = await Promise.allSettled(inputs.map((input) => intake.ingest(TEST_TENANT, input)));
  await database.db.query({ name: '', values: [], text: 'alter table event_keys_away rename to event_keys' });
  expect(settled.every((each) => each.status === 'rejected')).toBe(true);
  const again = await Promise.all(inputs.map((input) => intake.ingest(TEST_TENANT, input)));
  expect(again.every(({ isReplay }) => !isReplay)).toBe(true);
});
