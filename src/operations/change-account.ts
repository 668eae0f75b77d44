import {
  type AccountRow,
  type AccountSettings,
  lockAccount,
  selectAccount,
  updateAccount,
} from '../storage/accounts.ts';
import type { Database, Tenant } from '../storage/database.ts';
import { replaceAccountTaxRates } from '../storage/tax-rate-holders.ts';
import { requireHoldableTaxRates } from './holdable-tax-rates.ts';
import { mergeChanges, type Changes } from './merge-changes.ts';

/**
 * Changes the settings given; what exists already keeps what it was made with (drafts their delay, customers their
 * currency).
 *
 * @throws Failure, those of `requireHoldableTaxRates`
 */
export async function changeAccount(
  db: Database,
  tenant: Tenant,
  changes: Changes<AccountSettings>,
): Promise<AccountRow> {
  return db.transaction(async (tx) => {
    const account = await lockAccount(tx, tenant);
    const after = mergeChanges<AccountSettings>(account, changes);
    if (changes.taxRateIds !== undefined) {
      await requireHoldableTaxRates(tx, tenant, after.taxRateIds);
      await replaceAccountTaxRates(tx, tenant, after.taxRateIds);
    }
    await updateAccount(tx, tenant, after);
    return selectAccount(tx, tenant);
  });
}
