import type { Database } from '../../src/storage/database.ts';
import { eventually } from './billing-workers.ts';

/** Until so many connections of the test's database wait for a lock. */
export async function untilWaiting(db: Database, count: number): Promise<void> {
  const waiting = `select count(*)::int as waiting from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`;
  await eventually(
    () => db.pool.query(waiting).then(({ rows }) => rows[0].waiting as number),
    (now) => now === count,
  );
}
