import { Failure } from '../domain/errors/failure.ts';
import type { BillingCustomer } from '../storage/billing-customers.ts';
import type { Queryable, Tenant } from '../storage/database.ts';
import { type SubscribablePlan, selectPlanForSubscription } from '../storage/plan-versions.ts';

/**
 * The plan version that a customer may be subscribed to (billing rules 6). Throws Failure `not_found` for the plan or the
 * version, `plan_archived`, `currency_mismatch`.
 */
export async function subscribablePlan(
  db: Queryable,
  tenant: Tenant,
  wanted: {
    readonly planId: string;
    /** null: the newest. */
    readonly planVersion: number | null;
    readonly customer: BillingCustomer;
    readonly mayBeArchived?: boolean;
  },
): Promise<SubscribablePlan> {
  const { planId, customer } = wanted;
  const plan = await selectPlanForSubscription(db, tenant, { planId, version: wanted.planVersion });
  if (plan === null) {
    const isKnown = (await selectPlanForSubscription(db, tenant, { planId, version: null })) !== null;
    throw new Failure('not_found', 'No such plan or version.', { param: isKnown ? 'plan_version' : 'plan_id' });
  }
  if (plan.archivedAt !== null && wanted.mayBeArchived !== true) {
    throw new Failure('plan_archived', `Plan ${planId} is archived.`, { param: 'plan_id' });
  }
  if (plan.currency !== customer.currency) {
    const message = `The plan is in ${plan.currency}, the customer in ${customer.currency}.`;
    throw new Failure('currency_mismatch', message, { param: 'plan_id' });
  }
  return plan;
}
