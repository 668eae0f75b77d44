import type { Database, Tenant } from '../storage/database.ts';
import { insertNudges } from '../storage/outbox.ts';
import { noteHistory } from '../storage/subscription-history.ts';
import { type PlanVersionRef, type SubscriptionRow, updateSubscription } from '../storage/subscriptions.ts';
import { type CommandContext, commandOnCustomer } from './billing/due-steps.ts';
import { endPeriod, type PlanChange } from './billing/end-period.ts';
import { finalizeDueDrafts } from './billing/finalize-due-drafts.ts';
import { notePlanChange } from './billing/note-plan-change.ts';
import { fixGrantEnds } from './billing/open-period.ts';
import { commandable, runningPeriod } from './commandable.ts';
import { getSubscription } from './get-subscription.ts';
import { subscribablePlan } from './subscribable-plan.ts';

export interface ChangePlanCommand {
  readonly subscriptionId: string;
  readonly planId: string;
  /** null: the newest. */
  readonly planVersion: number | null;
  readonly at: 'now' | 'period_end';
  readonly proration: PlanChange['proration'];
}

/**
 * Moves a subscription to another plan, or to another version of its own (billing rules 6). `now` cuts the running period:
 * with the same billing period and interval its boundary stays and both parts are prorated over the full period around
 * them, else a full first period of the new plan starts. `period_end` takes effect with the next period. Without a running
 * period the plan is replaced at once. The plan that it has already takes back a planned change. Throws Failure
 * `not_found`, `plan_archived`, `currency_mismatch`, `subscription_ended`, `needs_attention`.
 */
export async function changePlan(db: Database, tenant: Tenant, command: ChangePlanCommand): Promise<SubscriptionRow> {
  const { subscriptionId } = command;
  const { customerId } = await getSubscription(db, tenant, subscriptionId);
  await commandOnCustomer(db, { tenant, customerId }, async (context) => {
    const subscription = commandable(context, subscriptionId);
    const plan = await planToMoveTo(context, subscription, command);
    await moveTo(context, subscription, { ...plan, at: command.at, proration: command.proration });
    await fixGrantEnds(context.tx, tenant, context.billing.grants);
    await insertNudges(context.tx, tenant, [subscriptionId]);
  });
  return getSubscription(db, tenant, subscriptionId);
}

/** The plan that it has may be archived: that only keeps new subscriptions away. */
async function planToMoveTo(
  { tx, billing, customer }: CommandContext,
  subscription: SubscriptionRow,
  { planId, planVersion }: ChangePlanCommand,
): Promise<PlanVersionRef> {
  const mayBeArchived = planId === subscription.planId;
  const plan = await subscribablePlan(tx, billing.tenant, { planId, planVersion, customer, mayBeArchived });
  return { planId, planVersion: plan.version };
}

async function moveTo(
  context: CommandContext,
  subscription: SubscriptionRow,
  move: PlanChange & { readonly at: 'now' | 'period_end' },
): Promise<void> {
  const { tx, billing, now } = context;
  const key = { tenant: billing.tenant, id: subscription.id };
  const { planId, planVersion } = move;
  const plan = { planId, planVersion };
  const { pendingPlanId, pendingPlanVersion } = subscription;
  const period = runningPeriod(context, subscription);
  if (planId === subscription.planId && planVersion === subscription.planVersion) {
    await updateSubscription(tx, key, { pendingPlan: null });
    if (pendingPlanId !== null) noteHistory(tx, key, { kind: 'plan_change_withdrawn', at: now, plan });
  } else if (period === null) {
    await updateSubscription(tx, key, { plan, pendingPlan: null });
    notePlanChange(tx, key, { from: subscription, to: plan, at: now, periodNumber: null });
  } else if (move.at === 'period_end') {
    await updateSubscription(tx, key, { pendingPlan: plan });
    if (planId === pendingPlanId && planVersion === pendingPlanVersion) return;
    noteHistory(tx, key, { kind: 'plan_change_scheduled', at: now, plan, effectiveAt: period.endAt });
  } else {
    await endPeriod(tx, { billing, subscription, at: now, stampedAt: now }, move);
    await finalizeDueDrafts(context, subscription.id);
  }
}
