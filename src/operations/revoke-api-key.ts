import { Failure } from '../domain/errors/failure.ts';
import { type ApiKeyRow, lockAdminKeys, markApiKeyRevoked, selectApiKey } from '../storage/api-keys.ts';
import type { Database, Tenant } from '../storage/database.ts';

/**
 * Ends a key; repeated, it changes nothing. Another process may accept the key for two seconds more.
 *
 * @throws Failure `not_found`, `last_admin_key`
 */
export async function revokeApiKey(db: Database, tenant: Tenant, id: string): Promise<ApiKeyRow> {
  return db.transaction(async (tx) => {
    const admins = await lockAdminKeys(tx, tenant);
    if ((await selectApiKey(tx, tenant, id)) === null)
      throw new Failure('not_found', 'No API key with this id exists.');
    if (admins.length === 1 && admins[0] === id) {
      throw new Failure('last_admin_key', 'This is the last admin key of its mode; nobody could make another.');
    }
    await markApiKeyRevoked(tx, tenant, id);
    const row = await selectApiKey(tx, tenant, id);
    if (row === null) throw new Error('an API key vanished under its lock');
    return row;
  });
}
