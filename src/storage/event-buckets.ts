import { hash } from 'node:crypto';
import { LIMITS } from '../domain/limits.ts';
import type { Tenant, Transaction } from './database.ts';
import { sql } from './sql.ts';

/** The first of the two keys of the advisory locks; any constant, the same in every process. */
export const EVENT_LOCK_CLASS = 1_163_284_052;

/**
 * The bucket of a customer's events, 0..63. One lock a customer would run out of shared memory at batches of 1,000
 * customers. All processes of an installation have to agree, so the hash never changes.
 */
export function eventBucket(tenant: Tenant, customerRef: string): number {
  const text = `${tenant.accountId}/${tenant.livemode}/${customerRef}`;
  return hash('sha256', text, 'buffer').readUInt32BE(0) % LIMITS.eventBuckets;
}

/** Each bucket once, ascending: the order in which everybody takes them, so nobody waits in a circle. */
function inLockOrder(buckets: Iterable<number>): number[] {
  return [...new Set(buckets)].sort((left, right) => left - right);
}

/** Writers of events share their buckets until the transaction ends. Waits for a finalization that holds one. */
export async function lockBucketsShared(tx: Transaction, buckets: Iterable<number>): Promise<void> {
  await tx.query(sql`
    select pg_advisory_xact_lock_shared(${EVENT_LOCK_CLASS}::int, bucket)
    from unnest(${inLockOrder(buckets)}::int[]) as t (bucket)`);
}

/** As `lockBucketsShared`, but waits for nobody: returns the buckets that it got. */
export async function tryLockBucketsShared(tx: Transaction, buckets: Iterable<number>): Promise<Set<number>> {
  const rows = await tx.query<{ bucket: number }>(sql`
    select bucket from unnest(${inLockOrder(buckets)}::int[]) as t (bucket)
    where pg_try_advisory_xact_lock_shared(${EVENT_LOCK_CLASS}::int, bucket)`);
  return new Set(rows.map((row) => row.bucket));
}

/**
 * Excludes writers of the customer's events until the transaction ends: those that were at it have committed or
 * rolled back, later ones wait. In the lock order after the customer and its subscriptions, before grants.
 */
export async function lockBucketExclusive(tx: Transaction, tenant: Tenant, customerRef: string): Promise<void> {
  await tx.query(sql`select pg_advisory_xact_lock(${EVENT_LOCK_CLASS}::int, ${eventBucket(tenant, customerRef)}::int)`);
}

/**
 * The highest sequence number drawn so far: the cut-off of a finalization that holds the customer's bucket.
 *
 * "seq <= cut-off" is right only under the exclusive lock. A sequence is not a commit order: without the lock a writer
 * may have drawn 7 and still be open while 8 is committed; a reader that took 8 as its cut-off would not see 7 now, and
 * every later reader would believe that 7 had been counted. Writers draw under the shared lock and hold it until they
 * have committed, so under the exclusive lock every number up to the cut-off that belongs to this customer is
 * committed and visible to the next statement, and every later event of this customer gets a higher one.
 *
 * Sequences are read as they are now, whatever the snapshot; the count must run in a later statement than the lock.
 */
export async function readCutoffSeq(tx: Transaction): Promise<bigint> {
  const [row] = await tx.query<{ cutoff: bigint }>(sql`
    select case when is_called then last_value else last_value - 1 end as cutoff from event_seq`);
  if (row === undefined) throw new Error('event_seq is missing');
  return row.cutoff;
}
