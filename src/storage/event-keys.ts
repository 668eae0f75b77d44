import type { Instant } from '../domain/instant.ts';
import type { Tenant, Transaction } from './database.ts';
import { sql } from './sql.ts';

/** An idempotency key and the event that it names for ever. */
export interface EventKey {
  readonly tenant: Tenant;
  readonly idempotencyKey: string;
  readonly eventId: string;
  /** sha256 of the canonical JSON of what was sent. */
  readonly bodyHash: Buffer;
}

export interface StoredEventKey {
  readonly accountId: number;
  readonly livemode: boolean;
  readonly idempotencyKey: string;
  readonly eventId: string;
  readonly receivedAt: Instant;
  readonly bodyHash: Buffer;
}

/**
 * Claims keys that nobody has; returns the claimed ones, with the instant of receipt. Waits for a transaction that is
 * just claiming one of them, so `keys` must be sorted by (account, mode, key) in every caller: then nobody waits in a
 * circle. A key that is not returned is committed and readable by the next statement.
 */
export async function insertEventKeys(
  tx: Transaction,
  keys: readonly EventKey[],
): Promise<{ eventId: string; receivedAt: Instant }[]> {
  return tx.query<{ eventId: string; receivedAt: Instant }>(sql`
    insert into event_keys (account_id, livemode, idempotency_key, event_id, received_at, body_hash)
    select account_id, livemode, idempotency_key, event_id, statement_timestamp(), body_hash
    from unnest(${keys.map((key) => key.tenant.accountId)}::int[], ${keys.map((key) => key.tenant.livemode)}::boolean[],
      ${keys.map((key) => key.idempotencyKey)}::text[], ${keys.map((key) => key.eventId)}::uuid[],
      ${keys.map((key) => key.bodyHash)}::bytea[])
      as t (account_id, livemode, idempotency_key, event_id, body_hash)
    on conflict (account_id, livemode, idempotency_key) do nothing
    returning event_id as "eventId", received_at as "receivedAt"`);
}

export async function selectEventKeys(
  tx: Transaction,
  keys: readonly Pick<EventKey, 'tenant' | 'idempotencyKey'>[],
): Promise<StoredEventKey[]> {
  return tx.query<StoredEventKey>(sql`
    select k.account_id as "accountId", k.livemode, k.idempotency_key as "idempotencyKey", k.event_id as "eventId",
      k.received_at as "receivedAt", k.body_hash as "bodyHash"
    from unnest(${keys.map((key) => key.tenant.accountId)}::int[], ${keys.map((key) => key.tenant.livemode)}::boolean[],
      ${keys.map((key) => key.idempotencyKey)}::text[])
      as t (account_id, livemode, idempotency_key)
    join event_keys k using (account_id, livemode, idempotency_key)`);
}
