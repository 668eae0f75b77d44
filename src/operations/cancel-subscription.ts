import { Failure } from '../domain/errors/failure.ts';
import type { Instant } from '../domain/instant.ts';
import type { Database, Tenant } from '../storage/database.ts';
import { insertNudges } from '../storage/outbox.ts';
import { noteHistory } from '../storage/subscription-history.ts';
import { type SubscriptionRow, updateSubscription } from '../storage/subscriptions.ts';
import { type CommandContext, commandOnCustomer } from './billing/due-steps.ts';
import { endIdle } from './billing/bill-late-usage.ts';
import { endPeriod } from './billing/end-period.ts';
import { fixGrantEnds } from './billing/open-period.ts';
import { type CommandAt, commandable, notPast, runningPeriod } from './commandable.ts';
import { getSubscription } from './get-subscription.ts';

export type CancelAt = CommandAt;

/**
 * Cancels now (the running period is cut and its closing invoice drafted), at the end of the running period, or at
 * an instant. Scheduled, trialing and paused subscriptions end without an invoice. Throws Failure: `not_found`,
 * `subscription_ended`, `needs_attention`, `invalid_body` for an instant that is past.
 */
export async function cancelSubscription(
  db: Database,
  tenant: Tenant,
  command: { readonly subscriptionId: string; readonly at: CancelAt },
): Promise<SubscriptionRow> {
  const { customerId } = await getSubscription(db, tenant, command.subscriptionId);
  await commandOnCustomer(db, { tenant, customerId }, async (context) => {
    const subscription = commandable(context, command.subscriptionId);
    const cancelAt = instantOf(context, subscription, command.at);
    const key = { tenant, id: subscription.id };
    await updateSubscription(context.tx, key, { cancelAt });
    if (cancelAt <= context.now) await cancelNow(context, { ...subscription, cancelAt });
    else if (cancelAt !== subscription.cancelAt) {
      noteHistory(context.tx, key, { kind: 'cancellation_scheduled', at: context.now, effectiveAt: cancelAt });
    }
    // A grant may have waited for a period that now never opens.
    await fixGrantEnds(context.tx, tenant, context.billing.grants);
    await insertNudges(context.tx, tenant, [subscription.id]);
  });
  return getSubscription(db, tenant, command.subscriptionId);
}

/**
 * Takes a planned cancellation back. Throws Failure `not_found`, `subscription_ended`, `needs_attention`,
 * `not_canceling` when none is planned.
 */
export async function uncancelSubscription(db: Database, tenant: Tenant, id: string): Promise<SubscriptionRow> {
  const { customerId } = await getSubscription(db, tenant, id);
  await commandOnCustomer(db, { tenant, customerId }, async (context) => {
    const subscription = commandable(context, id);
    if (subscription.cancelAt === null) {
      throw new Failure('not_canceling', `Subscription ${id} has no planned cancellation.`);
    }
    await updateSubscription(context.tx, { tenant, id }, { cancelAt: null });
    noteHistory(context.tx, { tenant, id }, { kind: 'cancellation_withdrawn', at: context.now });
    await insertNudges(context.tx, tenant, [id]);
  });
  return getSubscription(db, tenant, id);
}

function instantOf(context: CommandContext, subscription: SubscriptionRow, at: CancelAt): Instant {
  if (at === 'now') return context.now;
  if (at !== 'period_end') return notPast(at.instant, context);
  switch (subscription.status) {
    case 'scheduled':
      return subscription.startAt;
    case 'trialing':
      return subscription.anchorAt;
    default:
      return runningPeriod(context, subscription)?.endAt ?? context.now;
  }
}

async function cancelNow(context: CommandContext, subscription: SubscriptionRow): Promise<void> {
  const { tx, billing, now } = context;
  if (subscription.status === 'active') {
    await endPeriod(tx, { billing, subscription, at: now, stampedAt: now });
    return;
  }
  await endIdle(tx, { billing, subscription }, now);
}
