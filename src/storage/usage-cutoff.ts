import type { Tenant, Transaction } from './database.ts';
import { EVENT_LOCK_CLASS, eventBucket } from './event-buckets.ts';
import { sql } from './sql.ts';

/**
 * The sequence number up to which a finalization counts a customer's events.
 *
 * Writers draw their numbers under the bucket's shared lock and hold it until they have committed. So at the moment
 * this holds it exclusively, every event of the customer up to the cut-off is committed and seen by the next
 * statement, and every later one gets a higher number, whenever it commits. That stays true after the lock is given
 * back, so ingestion waits only for this look and not for the rating: an event is on the invoice or late, never both,
 * never neither.
 */
export async function readUsageCutoff(tx: Transaction, tenant: Tenant, customerRef: string): Promise<bigint> {
  const bucket = eventBucket(tenant, customerRef);
  const [row] = await tx.query<{ cutoff: bigint }>(sql`
    select read_usage_cutoff(${EVENT_LOCK_CLASS}::int, ${bucket}::int) as cutoff`);
  if (row === undefined) throw new Error('read_usage_cutoff returned nothing');
  return row.cutoff;
}

/**
 * The same, with the bucket held until the transaction ends: for a last invoice, after which writers have to look at the
 * subscription anew. Rare, so that ingestion waits for it does not matter.
 */
export async function readUsageCutoffToCommit(tx: Transaction, tenant: Tenant, customerRef: string): Promise<bigint> {
  const bucket = eventBucket(tenant, customerRef);
  await tx.query(sql`select pg_advisory_xact_lock(${EVENT_LOCK_CLASS}::int, ${bucket}::int)`);
  return readUsageCutoff(tx, tenant, customerRef);
}
