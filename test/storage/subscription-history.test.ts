import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { ACTOR_TYPES, HISTORY_CAUSES, HISTORY_KINDS } from '../../src/domain/subscription/history.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test.each([
  ['kind', HISTORY_KINDS],
  ['cause', HISTORY_CAUSES],
  ['actor_type', ACTOR_TYPES],
] as const)('the database takes as %s what the domain knows, and nothing else', async (column, known) => {
  const { rows } = await database.db.pool.query(
    'select pg_get_constraintdef(oid) as definition from pg_constraint where conname = $1',
    [`subscription_history_${column}_check`],
  );
  const taken = [...String(rows[0]?.definition).matchAll(/'([a-z_]+)'::text/g)].map(([, value]) => value);
  expect(taken).toEqual([...known]);
});

test('the documentation explains each kind, cause and actor of a history, and no other', async () => {
  const text = await readFile(new URL('../../docs/one-subscription.md', import.meta.url), 'utf8');
  const tables = text.matchAll(/^\| (?:kind|cause|actor) .*\n\| --- .*\n((?:\|.*\n)+)/gm);
  const explained = [...tables].map(([, rows = '']) =>
    rows.split('\n').flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([a-z_]+)`/g)].map(([, name]) => name)),
  );
  expect(explained.map((names) => names.toSorted())).toEqual(
    [HISTORY_KINDS, HISTORY_CAUSES, ACTOR_TYPES].map((names) => names.toSorted()),
  );
});
