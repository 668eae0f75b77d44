import type { Instant } from '../../domain/instant.ts';
import type { ProrationMode } from '../../domain/rating/model.ts';
import type { Transaction } from '../../storage/database.ts';
import { type BillingReason, insertInvoice, type NewInvoice } from '../../storage/invoices.ts';
import { cutPeriod, type PeriodRow } from '../../storage/periods.ts';
import { noteHistory } from '../../storage/subscription-history.ts';
import { type PlanVersionRef, type SubscriptionRow, updateSubscription } from '../../storage/subscriptions.ts';
import { afterPeriod, pendingChange } from './after-period.ts';
import { type CustomerBilling, currentPeriodOf } from './customer-billing.ts';
import { notePlanChange } from './note-plan-change.ts';
import { openPeriod } from './open-period.ts';
import { rateDraft } from './rate-draft.ts';
import { closingFinalizeAt, draftOf, noteDraft } from './write-draft.ts';

/** One turn of a subscription's life at the instant `at`; `stampedAt` is its created_at for what it writes. */
export interface Turn {
  readonly billing: CustomerBilling;
  readonly subscription: SubscriptionRow;
  readonly at: Instant;
  readonly stampedAt: Instant;
}

/** A change of plan that cuts the running period. */
export interface PlanChange extends PlanVersionRef {
  readonly proration: 'by_time' | 'none';
}

/** A closing draft that stands without its content, which whoever ended the period gives it in the same transaction. */
export interface UnratedDraft {
  readonly draft: NewInvoice;
  /** Gives it what it comes to now; where it is final at once, its finalization does so instead. */
  readonly rateIt: () => Promise<void>;
}

/**
 * The running period ends at `turn.at`: at its boundary, or cut by a cancel, a pause or a change of plan. The next period
 * opens unless the subscription is canceled or paused by then, on the plan that it holds from here on; and a closing draft
 * is made, which waits for its finalization (billing rules 6).
 */
export async function endPeriod(tx: Transaction, turn: Turn, change: PlanChange | null = null): Promise<void> {
  const { rateIt } = await endPeriodUnrated(tx, turn, change);
  await rateIt();
}

/** All of that but the draft's content. */
export async function endPeriodUnrated(
  tx: Transaction,
  turn: Turn,
  change: PlanChange | null = null,
): Promise<UnratedDraft> {
  const { billing, subscription, at } = turn;
  const { tenant } = billing;
  const key = { tenant, id: subscription.id };
  const running = currentPeriodOf(billing, subscription);
  if (running === null) throw new Error(`subscription ${subscription.id} has no period to end`);
  const period: PeriodRow = { ...running, endAt: at, proration: modeOfCut(running, at, change) };
  if (at < running.endAt) {
    const cut = { endAt: at, proration: period.proration };
    await cutPeriod(tx, { tenant, subscriptionId: subscription.id, number: running.number }, cut);
  }
  if (subscription.cancelAt !== null && subscription.cancelAt <= at) {
    const unrated = await draftClosing(tx, turn, { period, next: null, reason: 'cancel' });
    await updateSubscription(tx, key, { status: 'canceled', endedAt: at });
    noteHistory(tx, key, { kind: 'canceled', at, periodNumber: period.number });
    return unrated;
  }
  if (subscription.pauseAt !== null && subscription.pauseAt <= at) {
    const unrated = await draftClosing(tx, turn, { period, next: null, reason: 'pause' });
    const plan = pendingChange(subscription);
    await updateSubscription(tx, key, { status: 'paused', ...(plan === null ? {} : { plan, pendingPlan: null }) });
    noteHistory(tx, key, { kind: 'paused', at, periodNumber: period.number });
    if (plan !== null) notePlanChange(tx, key, { from: subscription, to: plan, at, periodNumber: null });
    return unrated;
  }
  const next = await openNext(tx, turn, { running, change });
  const reason = change === null ? 'period_end' : 'plan_change';
  return draftClosing(tx, turn, { period, next: next.continues ? next : null, reason });
}

/**
 * How flats and minimums of a cut period are prorated. A part that follows a change without proration bills none of them,
 * however it ends. A period cut at the instant it opened has nothing that could be billed whole.
 */
function modeOfCut(running: PeriodRow, at: Instant, change: PlanChange | null): ProrationMode {
  if (running.proration !== 'by_time') return running.proration;
  return change?.proration === 'none' && at > running.startAt ? 'whole' : 'by_time';
}

async function openNext(
  tx: Transaction,
  turn: Turn,
  { running, change }: { readonly running: PeriodRow; readonly change: PlanChange | null },
): Promise<PeriodRow> {
  const { billing, at } = turn;
  const { subscription, isReanchored } = await afterPeriod(tx, billing.tenant, { ...turn, change });
  const { planId, planVersion, anchorAt } = subscription;
  const key = { tenant: billing.tenant, id: subscription.id };
  const number = running.number + 1;
  if (change !== null || pendingChange(turn.subscription) !== null) {
    await updateSubscription(tx, key, { plan: { planId, planVersion }, anchorAt, pendingPlan: null });
  }
  notePlanChange(tx, key, { from: turn.subscription, to: subscription, at, periodNumber: number });
  return openPeriod(tx, {
    billing,
    subscription,
    zoneBefore: running.timezone,
    number,
    startAt: at,
    openedAt: turn.stampedAt,
    reason: isReanchored ? 'plan_change' : null,
    ...(change === null || isReanchored ? {} : { within: restOf(running, at, change) }),
  });
}

/** The part of a period behind a change of plan: its boundary stays, and it is prorated over the same full period. */
function restOf(running: PeriodRow, at: Instant, change: PlanChange) {
  const { endAt, fullStartAt, fullEndAt } = running;
  const proration: ProrationMode = change.proration === 'none' && at > running.startAt ? 'none' : 'by_time';
  return { endAt, fullStartAt, fullEndAt, proration };
}

async function draftClosing(
  tx: Transaction,
  { billing, subscription, at, stampedAt }: Turn,
  {
    period,
    next,
    reason,
  }: { readonly period: PeriodRow; readonly next: PeriodRow | null; readonly reason: BillingReason },
): Promise<UnratedDraft> {
  const { tenant } = billing;
  const draft = draftOf(billing, {
    kind: 'closing',
    sequence: 0,
    reason,
    period,
    periodEnd: period.endAt,
    finalizeAt: closingFinalizeAt(billing, { period, subscription }),
    createdAt: stampedAt,
  });
  await insertInvoice(tx, tenant, draft);
  noteDraft(tx, tenant, { draft, at });
  return { draft, rateIt: () => rateDraft(tx, { billing, draft, period, next, stampedAt }) };
}
