import type { Instant } from '../../domain/instant.ts';
import type { Tenant, Transaction } from '../../storage/database.ts';
import { noteHistory } from '../../storage/subscription-history.ts';
import type { PlanVersionRef } from '../../storage/subscriptions.ts';

/** Tells that a subscription is on another plan from here on, or on another version of its own; nothing if it stays. */
export function notePlanChange(
  tx: Transaction,
  key: { readonly tenant: Tenant; readonly id: string },
  change: {
    readonly from: PlanVersionRef;
    readonly to: PlanVersionRef;
    readonly at: Instant;
    /** The first one that is rated on it. */
    readonly periodNumber: number | null;
  },
): void {
  const { from, to, at, periodNumber } = change;
  const isOther = from.planId !== to.planId;
  if (!isOther && from.planVersion === to.planVersion) return;
  const plan = { planId: to.planId, planVersion: to.planVersion };
  noteHistory(tx, key, { kind: isOther ? 'plan_changed' : 'version_moved', at, periodNumber, plan });
}
