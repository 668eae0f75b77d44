import { newId } from '../platform/new-id.ts';
import { insertAccount } from '../storage/accounts.ts';
import { insertGivenKey } from '../storage/api-keys.ts';
import type { Database, Tenant, Transaction } from '../storage/database.ts';
import { hashApiKey, hintOf, newApiKeySecret } from './api-key-secret.ts';

/** Keys that the environment fixes, or that an operator asks for. */
export interface GivenKeys {
  readonly testKey?: string | null;
  readonly liveKey?: string | null;
}

/** Of an account that this call made, the keys in plain text; of an older one those that were given. */
export type BootstrapResult =
  | { readonly created: true; readonly testKey: string; readonly liveKey: string }
  | { readonly created: false; readonly testKey: string | null; readonly liveKey: string | null };

const ACCOUNT_ID = 1;
const TEST: Tenant = { accountId: ACCOUNT_ID, livemode: false };
const LIVE: Tenant = { accountId: ACCOUNT_ID, livemode: true };

/** One admin key of each mode, for `bootstrapAccount` to store. */
export function newAdminKeys(): { readonly testKey: string; readonly liveKey: string } {
  return { testKey: newApiKeySecret(false), liveKey: newApiKeySecret(true) };
}

/**
 * Makes account 1 in both modes with an admin key each, once, and adds given keys that are new each time. Safe to run
 * from many processes at once.
 */
export async function bootstrapAccount(db: Database, given: GivenKeys = {}): Promise<BootstrapResult> {
  return db.transaction(async (tx) => {
    const account = { publicId: newId('account'), name: 'My account' };
    const isNew = await insertAccount(tx, TEST, account);
    if (isNew) await insertAccount(tx, LIVE, account);
    const testKey = given.testKey ?? (isNew ? newApiKeySecret(false) : null);
    const liveKey = given.liveKey ?? (isNew ? newApiKeySecret(true) : null);
    const name = isNew ? 'first key' : "the operator's key";
    if (testKey !== null) await addKey(tx, TEST, { key: testKey, name });
    if (liveKey !== null) await addKey(tx, LIVE, { key: liveKey, name });
    const isComplete = isNew && testKey !== null && liveKey !== null;
    return isComplete ? { created: true, testKey, liveKey } : { created: false, testKey, liveKey };
  });
}

async function addKey(tx: Transaction, tenant: Tenant, { key, name }: { key: string; name: string }): Promise<void> {
  const row = { id: newId('apiKey'), name, hint: hintOf(key), keyHash: hashApiKey(key) };
  await insertGivenKey(tx, tenant, row);
}
