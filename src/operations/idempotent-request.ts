import { Failure } from '../domain/errors/failure.ts';
import type { Instant } from '../domain/instant.ts';
import type { Queryable, Tenant } from '../storage/database.ts';
import {
  deleteIdempotencyKey,
  deleteOldIdempotencyKeys,
  type IdempotencyLock,
  insertIdempotencyKey,
  selectIdempotencyKey,
  takeOverIdempotencyKey,
  unlockIdempotencyKey,
  updateIdempotencyAnswer,
} from '../storage/idempotency-keys.ts';

/** A request that carries an Idempotency-Key; the hash is of everything that it asks for. */
export interface KeyedRequest {
  readonly tenant: Tenant;
  readonly key: string;
  readonly requestHash: Buffer;
}

/** Either the stored answer of an earlier attempt, or the right to run the request now. */
export type Claim =
  | { readonly kind: 'replay'; readonly status: number; readonly body: string }
  | { readonly kind: 'run'; readonly lock: IdempotencyLock };

const KEPT_HOURS = 48;

/**
 * Decides what a request with an Idempotency-Key does. At most one attempt runs at a time; an attempt whose process
 * died is taken over when its lock ends.
 *
 * @param givenUp the lock of an attempt that is known to have ended without being able to say so
 * @throws Failure `idempotency_key_reused`, `idempotency_key_in_flight`
 */
export async function claimRequest(db: Queryable, request: KeyedRequest, givenUp: Instant | null): Promise<Claim> {
  const { tenant, key, requestHash } = request;
  const fresh = await insertIdempotencyKey(db, tenant, { key, requestHash });
  if (fresh !== null) return { kind: 'run', lock: fresh };
  const row = await selectIdempotencyKey(db, tenant, key);
  if (row === null) throw inFlight(1);
  if (!row.requestHash.equals(requestHash)) {
    throw new Failure('idempotency_key_reused', 'This Idempotency-Key was used with another request.');
  }
  if (row.responseStatus !== null) return { kind: 'replay', status: row.responseStatus, body: row.responseBody ?? '' };
  const lock = await takeOverIdempotencyKey(db, tenant, { key, requestHash, givenUp });
  if (lock === null) throw inFlight(row.lockedForSeconds);
  return { kind: 'run', lock };
}

/** Most requests end within a second, so the client is asked to look soon, whatever the lock's end. */
function inFlight(lockedForSeconds: number): Failure {
  const retryAfterSeconds = Math.max(1, Math.min(lockedForSeconds, 2));
  const message = 'The first request with this Idempotency-Key is still running.';
  return new Failure('idempotency_key_in_flight', message, { retryAfterSeconds });
}

interface AttemptEnd {
  readonly request: KeyedRequest;
  readonly lock: IdempotencyLock;
}

/** The attempt succeeded: its answer is given to every repetition. */
export async function storeAnswer(
  db: Queryable,
  { request, lock }: AttemptEnd,
  answer: { readonly status: number; readonly body: string },
): Promise<void> {
  await updateIdempotencyAnswer(db, request.tenant, { key: request.key, lockedUntil: lock.lockedUntil, ...answer });
}

/** The attempt was refused and did nothing: the key is free again, also for a corrected request. */
export async function forgetRequest(db: Queryable, { request, lock }: AttemptEnd): Promise<void> {
  await deleteIdempotencyKey(db, request.tenant, { key: request.key, lockedUntil: lock.lockedUntil });
}

/** The attempt failed with an outcome that nobody knows: the next one may run at once and makes the same ids. */
export async function releaseRequest(db: Queryable, { request, lock }: AttemptEnd): Promise<void> {
  await unlockIdempotencyKey(db, request.tenant, { key: request.key, lockedUntil: lock.lockedUntil });
}

/** Removes what is older than two days, in portions; returns how many. Safe to run anywhere, any time. */
export async function purgeIdempotencyKeys(db: Queryable): Promise<number> {
  let total = 0;
  for (;;) {
    const removed = await deleteOldIdempotencyKeys(db, KEPT_HOURS);
    total += removed;
    if (removed === 0) return total;
  }
}
