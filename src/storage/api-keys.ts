import type { Instant } from '../domain/instant.ts';
import type { Queryable, Tenant, Transaction } from './database.ts';
import { type KeysetPage, keysetStart } from './keyset.ts';
import { fragment, sql } from './sql.ts';

export type KeyRole = 'admin' | 'ingest' | 'read';

export interface ApiKeyRow {
  readonly id: string;
  readonly name: string | null;
  readonly role: KeyRole;
  /** The last characters of the key, for a person to tell keys apart. */
  readonly hint: string;
  readonly createdAt: Instant;
  readonly revokedAt: Instant | null;
  /** JSON text. */
  readonly metadata: string;
}

/** A key that signs requests. */
export interface SigningKey {
  readonly id: string;
  readonly role: KeyRole;
  readonly accountId: number;
  readonly livemode: boolean;
}

const COLUMNS = fragment`
  k.id, k.name, k.role, k.hint, k.created_at as "createdAt", k.revoked_at as "revokedAt", k.metadata`;

/** By the SHA-256 of the whole key; null when unknown or revoked. Index api_keys_key_hash. */
export async function selectSigningKey(db: Queryable, keyHash: Buffer): Promise<SigningKey | null> {
  const [row] = await db.query<SigningKey>(sql`
    select id, role, account_id as "accountId", livemode from api_keys
    where key_hash = ${keyHash} and revoked_at is null`);
  return row ?? null;
}

/** Inserts the key once; false when a key with this id exists. */
export async function insertApiKey(
  db: Queryable,
  tenant: Tenant,
  row: Pick<ApiKeyRow, 'id' | 'name' | 'role' | 'hint' | 'metadata'> & { readonly keyHash: Buffer },
): Promise<boolean> {
  const rows = await db.query(sql`
    insert into api_keys (account_id, livemode, id, name, role, key_hash, hint, metadata)
    values (${tenant.accountId}, ${tenant.livemode}, ${row.id}, ${row.name}, ${row.role}, ${row.keyHash}, ${row.hint},
      ${row.metadata})
    on conflict (account_id, livemode, id) do nothing
    returning id`);
  return rows.length > 0;
}

/** Inserts an admin key whose text was given. One that exists stays as it is: a revoked key stays revoked. */
export async function insertGivenKey(
  tx: Transaction,
  tenant: Tenant,
  row: { readonly id: string; readonly name: string; readonly hint: string; readonly keyHash: Buffer },
): Promise<void> {
  await tx.query(sql`
    insert into api_keys (account_id, livemode, id, name, role, key_hash, hint)
    values (${tenant.accountId}, ${tenant.livemode}, ${row.id}, ${row.name}, 'admin', ${row.keyHash}, ${row.hint})
    on conflict (key_hash) do nothing`);
}

export async function selectApiKey(db: Queryable, tenant: Tenant, id: string): Promise<ApiKeyRow | null> {
  const [row] = await db.query<ApiKeyRow>(sql`
    select ${COLUMNS} from api_keys k
    where k.account_id = ${tenant.accountId} and k.livemode = ${tenant.livemode} and k.id = ${id}`);
  return row ?? null;
}

/** Index api_keys_list. */
export async function selectApiKeyPage(db: Queryable, tenant: Tenant, page: KeysetPage): Promise<ApiKeyRow[]> {
  const start = keysetStart(page);
  return db.query<ApiKeyRow>(sql`
    select ${COLUMNS} from api_keys k
    where k.account_id = ${tenant.accountId} and k.livemode = ${tenant.livemode}
      and (k.created_at, k.id) < (${start.createdAt}::timestamptz, ${start.id})
    order by k.created_at desc, k.id desc
    limit ${page.limit}`);
}

/** Locks the tenant's valid admin keys, so that two revocations at once cannot remove the last one. */
export async function lockAdminKeys(tx: Transaction, tenant: Tenant): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(sql`
    select id from api_keys
    where account_id = ${tenant.accountId} and livemode = ${tenant.livemode} and role = 'admin' and revoked_at is null
    order by id for update`);
  return rows.map(({ id }) => id);
}

export async function markApiKeyRevoked(tx: Transaction, tenant: Tenant, id: string): Promise<void> {
  await tx.query(sql`
    update api_keys set revoked_at = now()
    where account_id = ${tenant.accountId} and livemode = ${tenant.livemode} and id = ${id} and revoked_at is null`);
}
