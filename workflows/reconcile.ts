import type { ReconcileResult } from '../src/orchestration/messages.ts';
import { reconcileActivities } from './activities.ts';

/** Run by a schedule, one a namespace: starts or nudges what is overdue, and never bills. */
export async function reconcile(input: { readonly livemode: boolean }): Promise<ReconcileResult> {
  return reconcileActivities.reconcile(input);
}
