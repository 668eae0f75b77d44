import type { Database } from '../storage/database.ts';
import { createEventPartition, selectMissingEventMonths } from '../storage/event-partitions.ts';

const MONTHS_AHEAD = 3;

/** Makes the partitions of this month and the next three; run at start and by the reconciler. Repeatable. */
export async function ensureEventPartitions(db: Database): Promise<void> {
  for (const { ahead } of await selectMissingEventMonths(db, MONTHS_AHEAD)) {
    await db.transaction((tx) => createEventPartition(tx, ahead));
  }
}
