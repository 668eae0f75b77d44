import { Failure, invalidField } from '../domain/errors/failure.ts';
import type { Instant } from '../domain/instant.ts';
import type { PeriodRow } from '../storage/periods.ts';
import type { SubscriptionRow } from '../storage/subscriptions.ts';
import { currentPeriodOf } from './billing/customer-billing.ts';
import type { CommandContext } from './billing/due-steps.ts';

/** When a command takes effect. */
export type CommandAt = 'now' | 'period_end' | { readonly instant: Instant };

/**
 * The subscription inside the command's transaction, if commands may act on it. Throws Failure `not_found`,
 * `needs_attention`, `subscription_ended`.
 */
export function commandable(context: CommandContext, id: string): SubscriptionRow {
  const subscription = context.billing.subscriptions.find((each) => each.id === id);
  if (subscription === undefined) throw new Failure('not_found', `No subscription ${id}.`);
  if (subscription.attentionCode !== null) {
    throw new Failure('needs_attention', `Subscription ${id} needs attention: ${subscription.attentionMessage ?? ''}`);
  }
  if (subscription.status === 'canceled') throw new Failure('subscription_ended', `Subscription ${id} has ended.`);
  return subscription;
}

/** The period that runs, or null while the subscription is scheduled, trialing or paused. */
export function runningPeriod({ billing }: CommandContext, subscription: SubscriptionRow): PeriodRow | null {
  return subscription.status === 'active' ? currentPeriodOf(billing, subscription) : null;
}

/** An instant that a command names has to lie ahead. Throws Failure `invalid_body` with param `at`. */
export function notPast(instant: Instant, { now }: CommandContext): Instant {
  if (instant < now) throw invalidField('at', 'at must not be in the past.');
  return instant;
}
