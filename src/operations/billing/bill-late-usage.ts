import { boundaryAfter } from '../../domain/calendar.ts';
import { addDays24h, type Instant, minInstant } from '../../domain/instant.ts';
import { LIMITS } from '../../domain/limits.ts';
import { UnrateableError } from '../../domain/rating/unrateable.ts';
import type { Transaction } from '../../storage/database.ts';
import { insertInvoice, selectPeriodInvoices } from '../../storage/invoices.ts';
import { insertNudges } from '../../storage/outbox.ts';
import type { PeriodRow } from '../../storage/periods.ts';
import { noteHistory } from '../../storage/subscription-history.ts';
import { type SubscriptionRow, updateSubscription } from '../../storage/subscriptions.ts';
import { readUsageCutoffToCommit } from '../../storage/usage-cutoff.ts';
import type { CustomerBilling } from './customer-billing.ts';
import { periodOf } from './finalize-draft.ts';
import { issueInvoice } from './issue-invoice.ts';
import { planVersionOf } from './plan-of-period.ts';
import { type InvoiceTask, rateInvoice, type RatedInvoice } from './rate-invoice.ts';
import { standStill } from './stand-still.ts';
import { draftOf, insertDraft, noteDraft } from './write-draft.ts';

interface LateTurn {
  readonly billing: CustomerBilling;
  /** One that has ended and has no drafts. */
  readonly subscription: SubscriptionRow;
  readonly asOf: Instant;
  readonly stampedAt: Instant;
  /** The manual trigger that asks for it before its time. */
  readonly triggerId?: string | null;
}

/**
 * One invoice of the events that came after an ended subscription was billed (billing rules 7); of its last period.
 * Returns its id, or null when no charge counts them. If it cannot be rated, it stays a draft that says why.
 */
export async function billLateUsage(tx: Transaction, turn: LateTurn): Promise<string | null> {
  const { billing, subscription, stampedAt } = turn;
  const { tenant, customer } = billing;
  const period = await lastPeriod(tx, billing, subscription);
  await updateSubscription(tx, { tenant, id: subscription.id }, { lateDueAt: null });
  if (period === null) return null;
  const cutoffSeq = await readUsageCutoffToCommit(tx, tenant, customer.externalId);
  const earlier = await selectPeriodInvoices(tx, { tenant, subscriptionId: subscription.id, number: period.number });
  const draft = draftOf(billing, {
    kind: 'late',
    sequence: earlier.filter(({ kind }) => kind === 'late').length,
    reason: 'late_usage',
    period,
    periodEnd: period.endAt,
    finalizeAt: turn.asOf,
    createdAt: stampedAt,
    triggerId: turn.triggerId ?? null,
  });
  try {
    const rated = await rateLate(tx, billing, { period, cutoffSeq });
    if (rated === null) return null;
    await insertDraft(tx, tenant, { draft, document: rated.document });
    await issueInvoice(tx, { billing, draft, rated, cutoffSeq, asOf: turn.asOf, stampedAt });
  } catch (error) {
    if (!(error instanceof UnrateableError)) throw error;
    const issues = await standStill(tx, { tenant, id: subscription.id }, { error, at: stampedAt });
    await insertInvoice(tx, tenant, { ...draft, issues });
    noteDraft(tx, tenant, { draft, at: turn.asOf });
  }
  return draft.id;
}

/**
 * Fixes when the late usage of a subscription that has just ended, or was looked at anew, is billed. A draft that still
 * waits takes it with it. Returns the instant, or null when nothing waits for one.
 */
export async function scheduleLateUsage(
  tx: Transaction,
  { billing, subscription }: Pick<LateTurn, 'billing' | 'subscription'>,
  now: Instant,
): Promise<Instant | null> {
  if (billing.drafts.some((draft) => draft.subscriptionId === subscription.id)) return null;
  const lateDueAt = await lateUsageDueAt(tx, { billing, subscription }, now);
  if (lateDueAt !== null) await updateSubscription(tx, { tenant: billing.tenant, id: subscription.id }, { lateDueAt });
  return lateDueAt;
}

/**
 * Ends a subscription that has no running period, without a closing invoice. What came late for the periods before a
 * pause has an invoice to come; writers of events are held off until then, so that each sees that the subscription is over.
 */
export async function endIdle(
  tx: Transaction,
  { billing, subscription }: Pick<LateTurn, 'billing' | 'subscription'>,
  at: Instant,
): Promise<void> {
  const { tenant, customer } = billing;
  const key = { tenant, id: subscription.id };
  await updateSubscription(tx, key, { status: 'canceled', endedAt: at });
  noteHistory(tx, key, { kind: 'canceled', at });
  if (subscription.status !== 'paused') return;
  await readUsageCutoffToCommit(tx, tenant, customer.externalId);
  await scheduleLateUsage(tx, { billing, subscription }, at);
  await insertNudges(tx, tenant, [subscription.id]);
}

/**
 * When the late usage of an ended subscription is to be billed: at the boundary that would come next, at most 31 days
 * from now; null when there is nothing that a charge counts.
 */
async function lateUsageDueAt(
  tx: Transaction,
  { billing, subscription }: Pick<LateTurn, 'billing' | 'subscription'>,
  now: Instant,
): Promise<Instant | null> {
  const period = await lastPeriod(tx, billing, subscription);
  if (period === null || !(await hasLateUsage(tx, billing, period))) return null;
  const plan = await planVersionOf(tx, billing.tenant, subscription);
  const rule = {
    anchorAt: subscription.anchorAt,
    timezone: billing.customer.timezone,
    billingPeriod: plan.billingPeriod,
    intervalCount: plan.intervalCount,
    zoneBefore: period.timezone,
  };
  return minInstant(boundaryAfter(rule, now), addDays24h(now, LIMITS.sweepDays));
}

/** Also where it cannot be rated: its turn then says why. */
async function hasLateUsage(tx: Transaction, billing: CustomerBilling, period: PeriodRow): Promise<boolean> {
  try {
    return (await rateLate(tx, billing, { period, cutoffSeq: null })) !== null;
  } catch (error) {
    if (error instanceof UnrateableError) return true;
    throw error;
  }
}

/** What the late usage of an ended subscription comes to; null where no charge counts any. */
async function rateLate(
  tx: Transaction,
  billing: CustomerBilling,
  { period, cutoffSeq }: Pick<InvoiceTask, 'period' | 'cutoffSeq'>,
): Promise<RatedInvoice | null> {
  const endAt = period.endAt;
  const rated = await rateInvoice(tx, { billing, kind: 'late', period, endAt, next: null, cutoffSeq, replaces: null });
  return rated.document.lines.length === 0 ? null : rated;
}

async function lastPeriod(
  tx: Transaction,
  billing: CustomerBilling,
  subscription: SubscriptionRow,
): Promise<PeriodRow | null> {
  const number = subscription.currentPeriodNumber;
  if (number === null) return null;
  return periodOf(tx, billing, { subscriptionId: subscription.id, number });
}
