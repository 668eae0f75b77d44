import type { Database } from '../../src/storage/database.ts';

/**
 * Does `work` while a table is other than the product left it: triggers and references are off, as for somebody who has
 * the database in hand. Puts the rows back afterwards.
 */
export async function tampered<Result>(
  db: Database,
  change: { readonly table: string; readonly statement: string },
  work: () => Promise<Result>,
): Promise<Result> {
  const { table, statement } = change;
  const kept = `${table}_as_it_was`;
  await withoutTriggers(db, [`create table ${kept} as table ${table}`, statement]);
  try {
    return await work();
  } finally {
    await withoutTriggers(db, [
      `delete from ${table}`,
      `insert into ${table} overriding system value table ${kept}`,
      `drop table ${kept}`,
    ]);
  }
}

async function withoutTriggers(db: Database, statements: readonly string[]): Promise<void> {
  const client = await db.pool.connect();
  try {
    await client.query('begin');
    await client.query('set local session_replication_role = replica');
    for (const statement of statements) await client.query(statement);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}
