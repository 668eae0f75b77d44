import {
  type AccountRow,
  type AccountSettings,
  lockAccount,
  selectAccount,
  updateAccount,
} from '../storage/accounts.ts';
import type { Database, Tenant } from '../storage/database.ts';
import { mergeChanges, type Changes } from './merge-changes.ts';

/** Changes the settings given; what exists already keeps what it was made with (drafts their delay, customers their currency). */
export async function changeAccount(
  db: Database,
  tenant: Tenant,
  changes: Changes<AccountSettings>,
): Promise<AccountRow> {
  return db.transaction(async (tx) => {
    const account = await lockAccount(tx, tenant);
    await updateAccount(tx, tenant, mergeChanges(account, changes));
    return selectAccount(tx, tenant);
  });
}
