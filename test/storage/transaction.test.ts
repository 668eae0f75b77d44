import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from '../../src/storage/sql.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('a transaction in which a statement failed is not reported as committed', async () => {
  const work = database.db.transaction(async (tx) => {
    await tx.query(sql`insert into installation (name, value) values ('lost', '1')`);
    await tx.query(sql`select 1 / 0`).catch(() => undefined);
  });
  await expect(work).rejects.toThrow('ROLLBACK');
  expect(await database.db.query(sql`select from installation where name = 'lost'`)).toEqual([]);
});
