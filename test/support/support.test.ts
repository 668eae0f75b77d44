import { afterAll, expect, test } from '@jest/globals';
import { sql } from '../../src/storage/sql.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { testTemporal } from './temporal.ts';

const made: TestDatabase[] = [];
afterAll(() => Promise.all(made.map((database) => database.drop())));

test('each test database is migrated, and what one test writes no other sees', async () => {
  const one = await createTestDatabase();
  const other = await createTestDatabase();
  made.push(one, other);
  await one.db.query(sql`insert into schema_migrations (name) values ('only here')`);
  const names = await other.db.query<{ name: string }>(sql`select name from schema_migrations`);
  expect(names.map((row) => row.name)).toContain('001-entities.sql');
  expect(names.map((row) => row.name)).not.toContain('only here');
});

test('every test of a run talks to one Temporal server', async () => {
  expect(await testTemporal()).toEqual(await testTemporal());
});
