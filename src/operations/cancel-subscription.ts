import { Failure, invalidField } from '../domain/errors/failure.ts';
import type { Instant } from '../domain/instant.ts';
import type { Database, Tenant } from '../storage/database.ts';
import { insertNudges } from '../storage/outbox.ts';
import { type SubscriptionRow, updateSubscription } from '../storage/subscriptions.ts';
import { currentPeriodOf } from './billing/customer-billing.ts';
import { type CommandContext, commandOnCustomer } from './billing/due-steps.ts';
import { endPeriod } from './billing/end-period.ts';
import { fixGrantEnds } from './billing/open-period.ts';
import { getSubscription } from './get-subscription.ts';

export type CancelAt = 'now' | 'period_end' | { readonly instant: Instant };

/**
 * Cancels now (the running period is cut and its closing invoice drafted), at the end of the running period, or at
 * an instant. Scheduled and trialing subscriptions end without an invoice. Throws Failure: `not_found`,
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
    // A grant may have waited for a period that now never opens.
    await fixGrantEnds(context.tx, tenant, context.billing.grants);
    await insertNudges(context.tx, tenant, [subscription.id]);
  });
  return getSubscription(db, tenant, command.subscriptionId);
}

/** The subscription inside the command's transaction, if commands may act on it. */
export function commandable(context: CommandContext, id: string): SubscriptionRow {
  const subscription = context.billing.subscriptions.find((each) => each.id === id);
  if (subscription === undefined) throw new Failure('not_found', `No subscription ${id}.`);
  if (subscription.attentionCode !== null) {
    throw new Failure('needs_attention', `Subscription ${id} needs attention: ${subscription.attentionMessage ?? ''}`);
  }
  if (subscription.status === 'canceled') throw new Failure('subscription_ended', `Subscription ${id} has ended.`);
  return subscription;
}

function instantOf(context: CommandContext, subscription: SubscriptionRow, at: CancelAt): Instant {
  if (at === 'now') return context.now;
  if (at === 'period_end') {
    const period = currentPeriodOf(context.billing, subscription);
    if (subscription.status === 'active' && period !== null) return period.endAt;
    return subscription.status === 'scheduled' ? subscription.startAt : subscription.anchorAt;
  }
  if (at.instant < context.now) {
    throw invalidField('at', 'at must not be in the past.');
  }
  return at.instant;
}

async function cancelNow(context: CommandContext, subscription: SubscriptionRow): Promise<void> {
  const { tx, billing, now } = context;
  if (subscription.status === 'active') {
    await endPeriod(tx, { billing, subscription, at: now, stampedAt: now });
    return;
  }
  await updateSubscription(tx, { tenant: billing.tenant, id: subscription.id }, { status: 'canceled', endedAt: now });
}
