import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from '../../src/storage/sql.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

async function valuesOf(json: string): Promise<{ text: string | null; number: string | null }> {
  const [row] = await database.db.query<{ text: string | null; number: string | null }>(sql`
    select canonical_text(value) as text, trim_scale(metered_number(value))::text as number
    from (select ${json}::jsonb as value) t`);
  if (row === undefined) throw new Error('no row');
  return row;
}

const NINES = '9'.repeat(30);

test.each<[string, string | null, string | null]>([
  ['1', '1', '1'],
  ['1.50', '1.5', '1.5'],
  ['-0', '0', '0'],
  ['1e3', '1000', '1000'],
  ['-2.5e-3', '-0.0025', '-0.0025'],
  [`${NINES}.${NINES}`, `${NINES}.${NINES}`, `${NINES}.${NINES}`],
  ['1e30', `1${'0'.repeat(30)}`, null],
  [`-1${'0'.repeat(30)}`, `-1${'0'.repeat(30)}`, null],
  ['1e-30', `0.${'0'.repeat(29)}1`, `0.${'0'.repeat(29)}1`],
  ['1e-31', `0.${'0'.repeat(30)}1`, null],
  ['"1"', '1', '1'],
  ['"1.50"', '1.50', '1.5'],
  ['"-12.5"', '-12.5', '-12.5'],
  [`"${NINES}.${NINES}"`, `${NINES}.${NINES}`, `${NINES}.${NINES}`],
  [`"1${NINES}"`, `1${NINES}`, null],
  [`"0.1${NINES}"`, `0.1${NINES}`, null],
  [`"1.5${'0'.repeat(40)}"`, `1.5${'0'.repeat(40)}`, '1.5'],
  ['"007"', '007', null],
  ['"+1"', '+1', null],
  ['" 1"', ' 1', null],
  ['"1\\n"', '1\n', null],
  ['"1e3"', '1e3', null],
  ['".5"', '.5', null],
  ['"5."', '5.', null],
  ['"NaN"', 'NaN', null],
  ['"Infinity"', 'Infinity', null],
  ['"0x1f"', '0x1f', null],
  ['"1_000"', '1_000', null],
  ['"١"', '١', null],
  ['""', '', null],
  ['true', 'true', null],
  ['false', 'false', null],
  ['null', 'null', null],
  ['{}', null, null],
  ['[1]', null, null],
])('the property value %s filters as %p and sums as %p', async (json, text, number) => {
  expect(await valuesOf(json)).toEqual({ text, number });
});
