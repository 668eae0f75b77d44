import type { Queryable } from './database.ts';
import { sql } from './sql.ts';

/** Rejects when PostgreSQL does not answer. */
export async function selectOne(db: Queryable): Promise<void> {
  await db.query(sql`select 1`);
}
