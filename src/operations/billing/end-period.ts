import { addSeconds, type Instant, maxInstant } from '../../domain/instant.ts';
import { UnrateableError } from '../../domain/rating/unrateable.ts';
import { newId } from '../../platform/new-id.ts';
import type { Transaction } from '../../storage/database.ts';
import { insertInvoiceLines } from '../../storage/invoice-lines.ts';
import { type BillingReason, insertInvoice } from '../../storage/invoices.ts';
import { cutPeriod, type PeriodRow } from '../../storage/periods.ts';
import { type SubscriptionRow, updateSubscription } from '../../storage/subscriptions.ts';
import { type CustomerBilling, currentPeriodOf } from './customer-billing.ts';
import { amountsOf, lineRows } from './invoice-content.ts';
import { emptyContent } from './invoice-row.ts';
import { openPeriod } from './open-period.ts';
import { rateTask } from './rate-period.ts';
import { standStill } from './stand-still.ts';

/** One turn of a subscription's life at the instant `at`; `stampedAt` is its created_at for what it writes. */
export interface Turn {
  readonly billing: CustomerBilling;
  readonly subscription: SubscriptionRow;
  readonly at: Instant;
  readonly stampedAt: Instant;
}

/**
 * The running period ends at `turn.at` (its boundary, or the cut of a cancel): a closing draft is made, which waits
 * for its finalization, and the next period opens unless the subscription is canceled by then.
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
  await draftClosingInvoice(tx, turn, { period, reason: canceled ? 'cancel' : 'period_end' });
  if (canceled) {
    await updateSubscription(tx, { tenant, id: subscription.id }, { status: 'canceled', endedAt: at });
    return;
  }
  await openPeriod(tx, {
    tenant,
    subscription,
    timezone: billing.customer.timezone,
    zoneBefore: running.timezone,
    number: running.number + 1,
    startAt: at,
    openedAt: turn.stampedAt,
    grants: billing.grants,
  });
}

async function draftClosingInvoice(
  tx: Transaction,
  turn: Turn,
  closing: { readonly period: PeriodRow; readonly reason: BillingReason },
): Promise<void> {
  const { billing, subscription } = turn;
  const { tenant, customer } = billing;
  const { period } = closing;
  const draft = {
    ...emptyContent(customer.currency),
    id: newId('invoice'),
    customerId: customer.id,
    subscriptionId: subscription.id,
    periodNumber: period.number,
    kind: 'closing' as const,
    sequence: 0,
    billingReason: closing.reason,
    planId: period.planId,
    planVersion: period.planVersion,
    periodStart: period.startAt,
    periodEnd: period.endAt,
    // Fixed here: a later change of the account's delay does not move it.
    finalizeAt: addSeconds(maxInstant(period.endAt, subscription.createdAt), customer.finalizationDelaySeconds),
    createdAt: turn.stampedAt,
  };
  try {
    const task = { billing, period, kind: 'closing' as const, endAt: period.endAt, cutoffSeq: null };
    const { rated } = await rateTask(tx, task);
    await insertInvoice(tx, tenant, { ...draft, ...amountsOf(rated, customer.currency) });
    await insertInvoiceLines(
      tx,
      tenant,
      lineRows(rated, { id: draft.id, currency: customer.currency, period, endAt: period.endAt }),
    );
  } catch (error) {
    if (!(error instanceof UnrateableError)) throw error;
    const issues = await standStill(tx, { tenant, id: subscription.id }, { error, at: turn.stampedAt });
    await insertInvoice(tx, tenant, { ...draft, issues });
  }
}
