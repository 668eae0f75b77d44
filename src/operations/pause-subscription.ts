import { Failure } from '../domain/errors/failure.ts';
import type { Instant } from '../domain/instant.ts';
import type { Database, Tenant } from '../storage/database.ts';
import { insertNudges } from '../storage/outbox.ts';
import { noteHistory } from '../storage/subscription-history.ts';
import { type SubscriptionRow, updateSubscription } from '../storage/subscriptions.ts';
import { commandOnCustomer } from './billing/due-steps.ts';
import { endPeriod } from './billing/end-period.ts';
import { finalizeDueDrafts } from './billing/finalize-due-drafts.ts';
import { resumePeriods } from './billing/resume-periods.ts';
import { type CommandAt, commandable, notPast, runningPeriod } from './commandable.ts';
import { getSubscription } from './get-subscription.ts';

/**
 * Pauses now, which cuts the running period and drafts its closing invoice, at the end of the running period, or at an
 * instant. Usage while paused is free (billing rules 6). Throws Failure `not_found`, `subscription_ended`,
 * `needs_attention`, `no_running_period` while scheduled, trialing or paused, `invalid_body` for an instant that is past.
 */
export async function pauseSubscription(
  db: Database,
  tenant: Tenant,
  command: { readonly subscriptionId: string; readonly at: CommandAt },
): Promise<SubscriptionRow> {
  const { subscriptionId, at } = command;
  const { customerId } = await getSubscription(db, tenant, subscriptionId);
  await commandOnCustomer(db, { tenant, customerId }, async (context) => {
    const { tx, billing, now } = context;
    const subscription = commandable(context, subscriptionId);
    const period = runningPeriod(context, subscription);
    if (period === null) {
      const message = `Subscription ${subscriptionId} is ${subscription.status} and has no running period.`;
      throw new Failure('no_running_period', message);
    }
    const pauseAt = at === 'now' ? now : at === 'period_end' ? period.endAt : notPast(at.instant, context);
    const key = { tenant, id: subscriptionId };
    await updateSubscription(tx, key, { pauseAt, resumeAt: null });
    if (pauseAt <= now) {
      await endPeriod(tx, { billing, subscription: { ...subscription, pauseAt }, at: now, stampedAt: now });
    } else if (pauseAt !== subscription.pauseAt) {
      noteHistory(tx, key, { kind: 'pause_scheduled', at: now, effectiveAt: pauseAt });
    }
    await insertNudges(tx, tenant, [subscriptionId]);
  });
  return getSubscription(db, tenant, subscriptionId);
}

/**
 * Goes on now or at an instant: a new period opens with a new anchor. Before a planned pause has begun, it takes that
 * back. Throws Failure `not_found`, `subscription_ended`, `needs_attention`, `not_paused`, `invalid_body` for an instant
 * that is past.
 */
export async function resumeSubscription(
  db: Database,
  tenant: Tenant,
  command: { readonly subscriptionId: string; readonly at: 'now' | { readonly instant: Instant } },
): Promise<SubscriptionRow> {
  const { subscriptionId, at } = command;
  const { customerId } = await getSubscription(db, tenant, subscriptionId);
  await commandOnCustomer(db, { tenant, customerId }, async (context) => {
    const { tx, billing, now } = context;
    const subscription = commandable(context, subscriptionId);
    const key = { tenant, id: subscriptionId };
    const resumeAt = at === 'now' ? now : notPast(at.instant, context);
    if (subscription.status === 'paused') {
      await updateSubscription(tx, key, { resumeAt });
      if (resumeAt <= now) {
        await resumePeriods(tx, { billing, subscription, at: now, stampedAt: now });
        await finalizeDueDrafts(context, subscriptionId);
      } else if (resumeAt !== subscription.resumeAt) {
        noteHistory(tx, key, { kind: 'resume_scheduled', at: now, effectiveAt: resumeAt });
      }
    } else if (subscription.status === 'active' && subscription.pauseAt !== null && at === 'now') {
      await updateSubscription(tx, key, { pauseAt: null, resumeAt: null });
      noteHistory(tx, key, { kind: 'pause_withdrawn', at: now });
    } else {
      throw new Failure('not_paused', `Subscription ${subscriptionId} is ${subscription.status}, not paused.`);
    }
    await insertNudges(tx, tenant, [subscriptionId]);
  });
  return getSubscription(db, tenant, subscriptionId);
}
