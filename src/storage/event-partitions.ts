import type { Queryable, Transaction } from './database.ts';
import { sql } from './sql.ts';

/** Of the current month (0) and those after it by the database's clock, which have no partition yet. */
export async function selectMissingEventMonths(db: Queryable, monthsAhead: number): Promise<{ ahead: number }[]> {
  return db.query<{ ahead: number }>(sql`
    select ahead from generate_series(0, ${monthsAhead}::int) as t (ahead)
    where to_regclass('events_' || to_char((now() at time zone 'UTC') + make_interval(months => ahead), 'YYYY_MM')) is null
    order by ahead`);
}

/**
 * Makes the partition of the month `ahead` months from now. Locks the default partition for an instant, and gives up
 * with SQLSTATE 55P03 after two seconds rather than holding up every reader that queues behind it.
 */
export async function createEventPartition(tx: Transaction, ahead: number): Promise<void> {
  await tx.query(sql`select set_config('lock_timeout', '2s', true)`);
  await tx.query(sql`select ensure_event_partition(now() + make_interval(months => ${ahead}::int))`);
}
