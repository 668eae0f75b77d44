import type { Instant } from '../domain/instant.ts';
import { type Queryable, type Tenant, timestamptz } from './database.ts';
import { sql } from './sql.ts';

/** Longer than any request runs; a process that died in the middle holds the key no longer than this. */
const LOCK_SECONDS = 40;

export interface IdempotencyRow {
  readonly requestHash: Buffer;
  /** null while the request runs, or after it failed and may be tried again. */
  readonly responseStatus: number | null;
  readonly responseBody: string | null;
  readonly lockedUntil: Instant;
  /** Whole seconds until the lock ends, at least 1 while it holds, else 0. */
  readonly lockedForSeconds: number;
}

/** What one attempt at a request holds: `createdAt` is that of the first attempt, `lockedUntil` is this attempt's own. */
export interface IdempotencyLock {
  readonly createdAt: Instant;
  readonly lockedUntil: Instant;
}

interface KeyedRequest {
  readonly key: string;
  readonly requestHash: Buffer;
}

/** Takes a key that nobody has used; null when a row exists. Primary key idempotency_keys_pkey. */
export async function insertIdempotencyKey(
  db: Queryable,
  tenant: Tenant,
  request: KeyedRequest,
): Promise<IdempotencyLock | null> {
  const [row] = await db.query<IdempotencyLock>(sql`
    insert into idempotency_keys (account_id, livemode, key, request_hash, locked_until)
    values (${tenant.accountId}, ${tenant.livemode}, ${request.key}, ${request.requestHash},
      clock_timestamp() + make_interval(secs => ${LOCK_SECONDS}))
    on conflict (account_id, livemode, key) do nothing
    returning created_at as "createdAt", locked_until as "lockedUntil"`);
  return row ?? null;
}

export async function selectIdempotencyKey(db: Queryable, tenant: Tenant, key: string): Promise<IdempotencyRow | null> {
  const [row] = await db.query<IdempotencyRow>(sql`
    select request_hash as "requestHash", response_status as "responseStatus", response_body as "responseBody",
      locked_until as "lockedUntil",
      greatest(ceil(extract(epoch from locked_until - clock_timestamp())), 0)::int as "lockedForSeconds"
    from idempotency_keys
    where account_id = ${tenant.accountId} and livemode = ${tenant.livemode} and key = ${key}`);
  return row ?? null;
}

/**
 * Takes over a request without an answer whose lock has ended, or is the one that this process gave up; null when
 * another attempt was faster. The row is locked by the update itself.
 */
export async function takeOverIdempotencyKey(
  db: Queryable,
  tenant: Tenant,
  request: KeyedRequest & { readonly givenUp: Instant | null },
): Promise<IdempotencyLock | null> {
  const [row] = await db.query<IdempotencyLock>(sql`
    update idempotency_keys set locked_until = clock_timestamp() + make_interval(secs => ${LOCK_SECONDS})
    where account_id = ${tenant.accountId} and livemode = ${tenant.livemode} and key = ${request.key}
      and request_hash = ${request.requestHash} and response_status is null
      and (locked_until <= clock_timestamp() or locked_until = ${timestamptz(request.givenUp)}::timestamptz)
    returning created_at as "createdAt", locked_until as "lockedUntil"`);
  return row ?? null;
}

/** Stores the answer, unless another attempt has taken over. */
export async function updateIdempotencyAnswer(
  db: Queryable,
  tenant: Tenant,
  answer: { readonly key: string; readonly lockedUntil: Instant; readonly status: number; readonly body: string },
): Promise<void> {
  await db.query(sql`
    update idempotency_keys set response_status = ${answer.status}, response_body = ${answer.body}
    where account_id = ${tenant.accountId} and livemode = ${tenant.livemode} and key = ${answer.key}
      and locked_until = ${timestamptz(answer.lockedUntil)}::timestamptz and response_status is null`);
}

/** Ends this attempt's lock; the row stays, so that the next attempt makes the same ids. */
export async function unlockIdempotencyKey(
  db: Queryable,
  tenant: Tenant,
  lock: { readonly key: string; readonly lockedUntil: Instant },
): Promise<void> {
  await db.query(sql`
    update idempotency_keys set locked_until = clock_timestamp()
    where account_id = ${tenant.accountId} and livemode = ${tenant.livemode} and key = ${lock.key}
      and locked_until = ${timestamptz(lock.lockedUntil)}::timestamptz and response_status is null`);
}

/** Forgets a request that did nothing. */
export async function deleteIdempotencyKey(
  db: Queryable,
  tenant: Tenant,
  lock: { readonly key: string; readonly lockedUntil: Instant },
): Promise<void> {
  await db.query(sql`
    delete from idempotency_keys
    where account_id = ${tenant.accountId} and livemode = ${tenant.livemode} and key = ${lock.key}
      and locked_until = ${timestamptz(lock.lockedUntil)}::timestamptz and response_status is null`);
}

/** Removes keys of requests older than the hours given; returns how many. Index idempotency_keys_created. */
export async function deleteOldIdempotencyKeys(db: Queryable, hours: number): Promise<number> {
  const rows = await db.query(sql`
    delete from idempotency_keys
    where (account_id, livemode, key) in (
      select account_id, livemode, key from idempotency_keys
      where created_at < now() - make_interval(hours => ${hours})
      limit 10000
    ) returning 1`);
  return rows.length;
}
