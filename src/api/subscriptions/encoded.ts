import { withCurrentPeriods } from '../../operations/get-subscription.ts';
import type { SubscriptionRow } from '../../storage/subscriptions.ts';
import type { CallContext } from '../route.ts';
import { encodeSubscription } from './codec.ts';

/** A subscription as it is answered, with the period that runs. */
export async function encoded({ deps, tenant }: CallContext, row: SubscriptionRow) {
  const [current] = await withCurrentPeriods(deps.db, tenant, [row]);
  return encodeSubscription(deps.settings, tenant, current ?? { subscription: row, currentPeriod: null });
}
