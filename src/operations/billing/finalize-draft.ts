import type { Instant } from '../../domain/instant.ts';
import { UnrateableError } from '../../domain/rating/unrateable.ts';
import type { Queryable, Transaction } from '../../storage/database.ts';
import { deleteDraftContent, postponeDrafts, updateDraftAmounts } from '../../storage/invoice-changes.ts';
import type { InvoiceRow, NewInvoice } from '../../storage/invoices.ts';
import { type PeriodRow, selectPeriodsByNumber } from '../../storage/periods.ts';
import { readUsageCutoff, readUsageCutoffToCommit } from '../../storage/usage-cutoff.ts';
import type { CustomerBilling } from './customer-billing.ts';
import { emptyContent } from './invoice-row.ts';
import { prepareIssue } from './issue-invoice.ts';
import { rateInvoice } from './rate-invoice.ts';
import { standStill } from './stand-still.ts';

interface Finalizing {
  readonly billing: CustomerBilling;
  readonly draft: InvoiceRow;
  readonly asOf: Instant;
  readonly stampedAt: Instant;
  /** Since when it needs attention where it can't be rated; `stampedAt` where it is not given. */
  readonly stuckAt?: Instant;
}

/**
 * Recomputes a draft with what arrived since it was made, up to a cut-off that no event can straddle, and freezes it. If
 * it cannot be rated, the subscription needs attention and the draft says why.
 */
export async function finalizeDraft(tx: Transaction, turn: Finalizing): Promise<void> {
  const numberIt = await prepareFinalization(tx, turn);
  await numberIt?.();
}

/** All of that but the number, which what is returned gives it; null where it can't be rated. See `prepareIssue`. */
export async function prepareFinalization(tx: Transaction, turn: Finalizing): Promise<(() => Promise<void>) | null> {
  const { billing, draft } = turn;
  const { period, next } = await periodsOf(tx, billing, draft);
  const cutoffSeq = await cutoffOf(tx, billing, draft);
  try {
    const rated = await rateInvoice(tx, {
      billing,
      kind: draft.kind,
      period,
      endAt: draft.periodEnd,
      next,
      cutoffSeq,
      replaces: null,
    });
    const issue = { billing, draft, rated, cutoffSeq, asOf: turn.asOf, stampedAt: turn.stampedAt };
    const numberIt = await prepareIssue(tx, issue);
    if (draft.kind === 'closing') await releaseLaterDrafts(tx, billing, { draft, at: turn.asOf });
    return numberIt;
  } catch (error) {
    if (!(error instanceof UnrateableError)) throw error;
    await emptyDraft(tx, { billing, draft, stampedAt: turn.stuckAt ?? turn.stampedAt }, error);
    return null;
  }
}

/** What cannot be rated bills nothing: the draft loses its content and says why, the subscription needs attention. */
export async function emptyDraft(
  tx: Transaction,
  turn: { readonly billing: CustomerBilling; readonly draft: NewInvoice; readonly stampedAt: Instant },
  error: UnrateableError,
): Promise<void> {
  const { billing, draft } = turn;
  const { tenant } = billing;
  const { subtotal, taxTotal, total, amountDue } = emptyContent(draft.currency);
  const issues = await standStill(tx, { tenant, id: draft.subscriptionId }, { error, at: turn.stampedAt });
  await deleteDraftContent(tx, { tenant, id: draft.id });
  await updateDraftAmounts(tx, { tenant, id: draft.id }, { subtotal, taxTotal, total, amountDue, issues });
}

/**
 * The last invoice of a subscription that has ended holds writers of events off until it is committed: each event is
 * either on it, or its writer sees that the subscription is over and tells the late-usage workflow.
 */
async function cutoffOf(tx: Transaction, billing: CustomerBilling, draft: InvoiceRow): Promise<bigint> {
  const { tenant, customer } = billing;
  const ended = billing.subscriptions.some(
    (subscription) => subscription.id === draft.subscriptionId && subscription.status === 'canceled',
  );
  const read = ended ? readUsageCutoffToCommit : readUsageCutoff;
  return read(tx, tenant, customer.externalId);
}

/** The period that a draft is of, and the one whose advance flats it bills. */
export async function periodsOf(
  db: Queryable,
  billing: CustomerBilling,
  draft: InvoiceRow,
): Promise<{ readonly period: PeriodRow; readonly next: PeriodRow | null }> {
  const { id, kind, subscriptionId, periodNumber: number } = draft;
  const period = await periodOf(db, billing, { subscriptionId, number });
  if (period === null) throw new Error(`draft ${id} has no period`);
  return { period, next: kind === 'closing' ? await continuationOf(db, billing, period) : null };
}

/** A period of the customer: one in work, or from the database. */
export async function periodOf(
  db: Queryable,
  billing: CustomerBilling,
  key: { readonly subscriptionId: string; readonly number: number },
): Promise<PeriodRow | null> {
  const inWork = billing.periods.find(
    (period) => period.subscriptionId === key.subscriptionId && period.number === key.number,
  );
  if (inWork !== undefined) return inWork;
  const { subscriptionId, number } = key;
  const [period] = await selectPeriodsByNumber(db, { tenant: billing.tenant, subscriptionId, numbers: [number] });
  return period ?? null;
}

/** The period after, if its advance flats stand on this one's closing invoice. */
export async function continuationOf(
  db: Queryable,
  billing: CustomerBilling,
  period: PeriodRow,
): Promise<PeriodRow | null> {
  const next = await periodOf(db, billing, { subscriptionId: period.subscriptionId, number: period.number + 1 });
  return next !== null && next.continues ? next : null;
}

/**
 * Closing invoices finalize in the order of their periods, so one whose own time came first, after a change of the
 * account's delay, has waited for this draft: it is due now, and not in the past.
 */
export async function releaseLaterDrafts(
  tx: Transaction,
  { tenant, drafts }: CustomerBilling,
  { draft, at }: { readonly draft: Pick<InvoiceRow, 'subscriptionId' | 'periodNumber'>; readonly at: Instant },
): Promise<void> {
  const ids = drafts
    .filter((each) => each.kind === 'closing' && each.subscriptionId === draft.subscriptionId)
    .filter((each) => each.periodNumber > draft.periodNumber && each.finalizeAt < at)
    .map((each) => each.id);
  if (ids.length > 0) await postponeDrafts(tx, tenant, { ids, finalizeAt: at });
}
