import type { Instant } from '../../domain/instant.ts';
import type { Queryable, Tenant } from '../../storage/database.ts';
import type { PlanVersionRef, SubscriptionRow } from '../../storage/subscriptions.ts';
import { planVersionOf } from './plan-of-period.ts';

/**
 * The subscription as it is behind the running period's end: on the plan version that it moves to, and where that has
 * another interval, counted from there. Writes nothing.
 */
export async function afterPeriod(
  db: Queryable,
  tenant: Tenant,
  end: {
    readonly subscription: SubscriptionRow;
    readonly at: Instant;
    /** A change of plan that takes effect right there. */
    readonly change?: PlanVersionRef | null;
  },
): Promise<{ readonly subscription: SubscriptionRow; readonly isReanchored: boolean }> {
  const { subscription, at } = end;
  const moved = end.change ?? pendingChange(subscription);
  if (moved === null) return { subscription, isReanchored: false };
  const { planId, planVersion } = moved;
  const before = await planVersionOf(db, tenant, subscription);
  const after = await planVersionOf(db, tenant, moved);
  const isReanchored = before.billingPeriod !== after.billingPeriod || before.intervalCount !== after.intervalCount;
  const anchorAt = isReanchored ? at : subscription.anchorAt;
  return { subscription: { ...subscription, planId, planVersion, anchorAt }, isReanchored };
}

/** The plan version that the subscription moves to when its running period ends. */
export function pendingChange({ pendingPlanId, pendingPlanVersion }: SubscriptionRow): PlanVersionRef | null {
  if (pendingPlanId === null || pendingPlanVersion === null) return null;
  return { planId: pendingPlanId, planVersion: pendingPlanVersion };
}
