import type { Instant } from '../../domain/instant.ts';
import { UnrateableError } from '../../domain/rating/unrateable.ts';
import type { Transaction } from '../../storage/database.ts';
import { type BillingReason, insertInvoice } from '../../storage/invoices.ts';
import { cutPeriod, type PeriodRow } from '../../storage/periods.ts';
import { type SubscriptionRow, updateSubscription } from '../../storage/subscriptions.ts';
import { type CustomerBilling, currentPeriodOf } from './customer-billing.ts';
import { openPeriod } from './open-period.ts';
import { rateInvoice } from './rate-invoice.ts';
import { standStill } from './stand-still.ts';
import { closingFinalizeAt, draftOf, insertDraft } from './write-draft.ts';

/** One turn of a subscription's life at the instant `at`; `stampedAt` is its created_at for what it writes. */
export interface Turn {
  readonly billing: CustomerBilling;
  readonly subscription: SubscriptionRow;
  readonly at: Instant;
  readonly stampedAt: Instant;
}

/**
 * The running period ends at `turn.at` (its boundary, or the cut of a cancel): the next period opens unless the
 * subscription is canceled by then, and a closing draft is made, which waits for its finalization.
 */
export async function endPeriod(tx: Transaction, turn: Turn): Promise<void> {
  const { billing, subscription, at } = turn;
  const { tenant } = billing;
  const running = currentPeriodOf(billing, subscription);
  if (running === null) throw new Error(`subscription ${subscription.id} has no period to end`);
  const period: PeriodRow = { ...running, endAt: at };
  const canceled = subscription.cancelAt !== null && subscription.cancelAt <= at;
  if (at < running.endAt) {
    await cutPeriod(tx, { tenant, subscriptionId: subscription.id, number: running.number }, at);
  }
  const next = canceled ? null : await openNext(tx, turn, running);
  await draftClosing(tx, turn, { period, next, reason: canceled ? 'cancel' : 'period_end' });
  if (canceled) {
    await updateSubscription(tx, { tenant, id: subscription.id }, { status: 'canceled', endedAt: at });
  }
}

async function openNext(tx: Transaction, turn: Turn, running: PeriodRow): Promise<PeriodRow> {
  return openPeriod(tx, {
    billing: turn.billing,
    subscription: turn.subscription,
    zoneBefore: running.timezone,
    number: running.number + 1,
    startAt: turn.at,
    openedAt: turn.stampedAt,
    reason: null,
  });
}

async function draftClosing(
  tx: Transaction,
  { billing, subscription, stampedAt }: Turn,
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
