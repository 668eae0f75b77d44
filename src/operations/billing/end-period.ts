import type { Instant } from '../../domain/instant.ts';
import type { ProrationMode } from '../../domain/rating/model.ts';
import { UnrateableError } from '../../domain/rating/unrateable.ts';
import type { Transaction } from '../../storage/database.ts';
import { type BillingReason, insertInvoice } from '../../storage/invoices.ts';
import { cutPeriod, type PeriodRow } from '../../storage/periods.ts';
import { noteHistory } from '../../storage/subscription-history.ts';
import { type PlanVersionRef, type SubscriptionRow, updateSubscription } from '../../storage/subscriptions.ts';
import { afterPeriod, pendingChange } from './after-period.ts';
import { type CustomerBilling, currentPeriodOf } from './customer-billing.ts';
import { notePlanChange } from './note-plan-change.ts';
import { openPeriod } from './open-period.ts';
import { rateInvoice } from './rate-invoice.ts';
import { standStill } from './stand-still.ts';
import { closingFinalizeAt, draftOf, insertDraft, noteDraft } from './write-draft.ts';

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

/**
 * The running period ends at `turn.at`: at its boundary, or cut by a cancel, a pause or a change of plan. The next period
 * opens unless the subscription is canceled or paused by then, on the plan that it holds from here on; and a closing draft
 * is made, which waits for its finalization (billing rules 6).
 */
export async function endPeriod(tx: Transaction, turn: Turn, change: PlanChange | null = null): Promise<void> {
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
    await draftClosing(tx, turn, { period, next: null, reason: 'cancel' });
    await updateSubscription(tx, key, { status: 'canceled', endedAt: at });
    noteHistory(tx, key, { kind: 'canceled', at, periodNumber: period.number });
    return;
  }
  if (subscription.pauseAt !== null && subscription.pauseAt <= at) {
    await draftClosing(tx, turn, { period, next: null, reason: 'pause' });
    const plan = pendingChange(subscription);
    await updateSubscription(tx, key, { status: 'paused', ...(plan === null ? {} : { plan, pendingPlan: null }) });
    noteHistory(tx, key, { kind: 'paused', at, periodNumber: period.number });
    if (plan !== null) notePlanChange(tx, key, { from: subscription, to: plan, at, periodNumber: null });
    return;
  }
  const next = await openNext(tx, turn, { running, change });
  const reason = change === null ? 'period_end' : 'plan_change';
  await draftClosing(tx, turn, { period, next: next.continues ? next : null, reason });
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
  closing: { readonly period: PeriodRow; readonly next: PeriodRow | null; readonly reason: BillingReason },
): Promise<void> {
  const { tenant } = billing;
  const { period, next } = closing;
  const draft = draftOf(billing, {
    kind: 'closing',
    sequence: 0,
    reason: closing.reason,
    period,
    periodEnd: period.endAt,
    finalizeAt: closingFinalizeAt(billing, { period, subscription }),
    createdAt: stampedAt,
  });
  noteDraft(tx, tenant, { draft, at });
  try {
    const { document } = await rateInvoice(tx, {
      billing,
      kind: 'closing',
      period,
      endAt: period.endAt,
      next,
      cutoffSeq: null,
      replaces: null,
    });
    await insertDraft(tx, tenant, { draft, document });
  } catch (error) {
    if (!(error instanceof UnrateableError)) throw error;
    const issues = await standStill(tx, { tenant, id: subscription.id }, { error, at: stampedAt });
    await insertInvoice(tx, tenant, { ...draft, issues });
  }
}
