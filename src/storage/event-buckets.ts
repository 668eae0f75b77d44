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

/**
 * Writers of events take their buckets before they draw sequence numbers, and share them until the transaction ends.
 * `readUsageCutoff`, which takes one exclusively for an instant, tells why. Nothing else of ingestion is locked before.
 */
export async function lockBucketsShared(tx: Transaction, buckets: Iterable<number>): Promise<void> {
  await tx.query(sql`
    select pg_advisory_xact_lock_shared(${EVENT_LOCK_CLASS}::int, bucket)
    from unnest(${inLockOrder(buckets)}::int[]) as t (bucket)`);
}
