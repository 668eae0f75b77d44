import type { Queryable, Tenant } from '../storage/database.ts';
import { type HistoryRow, selectHistoryPage } from '../storage/subscription-history.ts';
import { getSubscription } from './get-subscription.ts';

/** A page of what happened to a subscription, newest first, below the row `before`. Throws Failure `not_found`. */
export async function listSubscriptionHistory(
  db: Queryable,
  tenant: Tenant,
  page: { readonly subscriptionId: string; readonly before: number | null; readonly limit: number },
): Promise<HistoryRow[]> {
  await getSubscription(db, tenant, page.subscriptionId);
  return selectHistoryPage(db, tenant, page);
}
