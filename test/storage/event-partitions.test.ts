import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ensureEventPartitions } from '../../src/operations/ensure-event-partitions.ts';
import { sql } from '../../src/storage/sql.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

async function partitions(): Promise<string[]> {
  const rows = await database.db.query<{ name: string }>(sql`
    select inhrelid::regclass::text as name from pg_inherits where inhparent = 'events'::regclass order by name`);
  return rows.map((row) => row.name);
}

async function insertReceived(key: string, at: string): Promise<void> {
  await database.db.query(sql`
    insert into events (account_id, livemode, id, seq, customer_ref, event_name, idempotency_key, event_at, received_at, properties)
    values (1, false, gen_random_uuid(), nextval('event_seq'), 'acme', 'call', ${key}, ${at}, ${at}, '{}')`);
}

async function monthName(ahead: number): Promise<string> {
  const [row] = await database.db.query<{ name: string }>(sql`
    select 'events_' || to_char((now() at time zone 'UTC') + make_interval(months => ${ahead}), 'YYYY_MM') as name`);
  return row?.name ?? '';
}

test('this month and the next three have partitions, and making them again changes nothing', async () => {
  const expected = [...(await Promise.all([0, 1, 2, 3].map(monthName))), 'events_default'].sort();
  expect(await partitions()).toEqual(expected);
  await ensureEventPartitions(database.db);
  expect(await partitions()).toEqual(expected);
});

test('a missing partition is made, by many processes at once', async () => {
  const name = await monthName(2);
  await database.db.query({ name: '', text: `drop table ${name}`, values: [] });
  await Promise.all(Array.from({ length: 4 }, () => ensureEventPartitions(database.db)));
  expect(await partitions()).toContain(name);
});

test('events of a month without a partition are kept in the default one and moved when theirs is made', async () => {
  await insertReceived('before', '2019-12-31T23:59:59.999999Z');
  await insertReceived('first', '2020-01-01T00:00:00Z');
  await insertReceived('last', '2020-01-31T23:59:59.999999Z');
  await insertReceived('next', '2020-02-01T00:00:00Z');
  const where = async () =>
    database.db.query(sql`
      select idempotency_key as key, tableoid::regclass::text as part from events
      where received_at < '2021-01-01' order by received_at`);
  expect(await where()).toEqual(['before', 'first', 'last', 'next'].map((key) => ({ key, part: 'events_default' })));
  await database.db.query(sql`select ensure_event_partition('2020-01-15T12:00:00Z')`);
  expect(await where()).toEqual([
    { key: 'before', part: 'events_default' },
    { key: 'first', part: 'events_2020_01' },
    { key: 'last', part: 'events_2020_01' },
    { key: 'next', part: 'events_default' },
  ]);
});

test('events and their keys are never changed or deleted', async () => {
  await insertReceived('kept', '2020-01-02T00:00:00Z');
  await insertReceived('kept too', '2018-01-02T00:00:00Z');
  await database.db.query(sql`
    insert into event_keys (account_id, livemode, idempotency_key, event_id, received_at, body_hash)
    values (1, false, 'kept', gen_random_uuid(), now(), sha256('kept'))`);
  for (const text of [
    `update events set event_name = 'other' where idempotency_key like 'kept%'`,
    `delete from events where idempotency_key = 'kept'`,
    `delete from events where idempotency_key = 'kept too'`,
    `update event_keys set body_hash = sha256('other')`,
    `delete from event_keys`,
  ]) {
    await expect(database.db.query({ name: '', text, values: [] })).rejects.toThrow('never changed');
  }
});
