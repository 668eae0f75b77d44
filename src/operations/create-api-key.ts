import type { Id } from '../domain/ids.ts';
import { type ApiKeyRow, insertApiKey, type KeyRole, selectApiKey } from '../storage/api-keys.ts';
import type { Queryable, Tenant } from '../storage/database.ts';
import { hashApiKey, hintOf, newApiKeySecret } from './api-key-secret.ts';

export interface NewApiKey {
  readonly id: Id<'apiKey'>;
  readonly name: string | null;
  readonly role: KeyRole;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Makes a key of the tenant's mode. `secret` is shown this once; null when an earlier attempt at the same request made
 * the key, because only its hash was kept.
 */
export async function createApiKey(
  db: Queryable,
  tenant: Tenant,
  key: NewApiKey,
): Promise<{ row: ApiKeyRow; secret: string | null }> {
  const secret = newApiKeySecret(tenant.livemode);
  const isNew = await insertApiKey(db, tenant, {
    ...key,
    metadata: JSON.stringify(key.metadata),
    keyHash: hashApiKey(secret),
    hint: hintOf(secret),
  });
  const row = await selectApiKey(db, tenant, key.id);
  if (row === null) throw new Error('an inserted API key is gone');
  return { row, secret: isNew ? secret : null };
}
