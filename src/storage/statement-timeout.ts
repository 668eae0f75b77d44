import type { Queryable } from './database.ts';
import { sql } from './sql.ts';

/** Lets each further statement of this transaction take that long, whatever the pool's own limit is. */
export async function setStatementTimeout(db: Queryable, timeoutMs: number): Promise<void> {
  await db.query(sql`select set_config('statement_timeout', ${String(timeoutMs)}, true)`);
}
