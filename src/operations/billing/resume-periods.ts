import type { Transaction } from '../../storage/database.ts';
import { noteHistory } from '../../storage/subscription-history.ts';
import { updateSubscription } from '../../storage/subscriptions.ts';
import type { Turn } from './end-period.ts';
import { openPeriod } from './open-period.ts';

/** A paused subscription goes on at `turn.at`: the next period opens there, and all boundaries are counted from it. */
export async function resumePeriods(tx: Transaction, turn: Turn): Promise<void> {
  const { billing, at, stampedAt } = turn;
  const key = { tenant: billing.tenant, id: turn.subscription.id };
  const subscription = { ...turn.subscription, anchorAt: at };
  await updateSubscription(tx, key, { anchorAt: at, pauseAt: null, resumeAt: null });
  noteHistory(tx, key, { kind: 'resumed', at });
  await openPeriod(tx, {
    billing,
    subscription,
    zoneBefore: billing.customer.timezone,
    number: (subscription.currentPeriodNumber ?? -1) + 1,
    startAt: at,
    openedAt: stampedAt,
    reason: 'subscription_start',
  });
}
