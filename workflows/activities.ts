import { type ActivityOptions, proxyActivities } from '@temporalio/workflow';
import type { ReconcileActivities, SubscriptionActivities } from '../src/orchestration/messages.ts';

/**
 * Retried for ever: what no retry can mend is marked non-retryable by the activity. A killed worker is noticed by
 * the missing heartbeat; a statement on the worker's connection times out well before startToClose, so a zombie
 * attempt is dead before its successor has waited long.
 */
const options: ActivityOptions = {
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
};

type TurnName = Exclude<keyof SubscriptionActivities, 'triggerInvoice' | 'advanceClock' | 'loadSubscription'>;
export type { TurnName };

/** The activities, each call with the sentence that the UI shows beside it. */
export function subscriptionActivities(summary: string): SubscriptionActivities {
  return proxyActivities<SubscriptionActivities>({ ...options, summary });
}

export const reconcileActivities = proxyActivities<ReconcileActivities>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { maximumAttempts: 3 },
});
