import type { InvoiceKind } from '../../domain/invoicing/basis.ts';
import { UnrateableError } from '../../domain/rating/unrateable.ts';
import { seqRangesText } from '../../domain/rating/seq-ranges.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Tenant, Transaction } from '../../storage/database.ts';
import { markDraftCounted, markInvoiceVoid } from '../../storage/invoice-changes.ts';
import type { InvoiceRow } from '../../storage/invoices.ts';
import { markPeriodClosed, type PeriodRow } from '../../storage/periods.ts';
import { noteHistory } from '../../storage/subscription-history.ts';
import { markAttention } from '../../storage/subscriptions.ts';
import { readUsageCutoff } from '../../storage/usage-cutoff.ts';
import { scheduleLateUsage } from './bill-late-usage.ts';
import { restoreDraws, writeDraws } from './credit-ledger.ts';
import type { CommandContext } from './due-steps.ts';
import { continuationOf, periodOf, releaseLaterDrafts } from './finalize-draft.ts';
import { rateInvoice, type RatedInvoice } from './rate-invoice.ts';
import { replaceContent } from './write-draft.ts';

interface VoidedDraft {
  readonly draft: InvoiceRow;
  readonly period: PeriodRow;
  readonly cutoffSeq: bigint;
}

/**
 * Voids a draft: what it would have billed now is waived, of a closing one its period with all usage that ever comes, and
 * late usage of earlier periods up to now (billing rules 7). A subscription that stood still for it goes on.
 */
export async function voidDraft(
  context: CommandContext,
  draft: InvoiceRow,
  { reason }: { readonly reason: string | null },
): Promise<void> {
  const { tx, billing, customer, now } = context;
  const { tenant } = billing;
  const { subscriptionId, periodNumber: number } = draft;
  const period = await periodOf(tx, billing, { subscriptionId, number });
  if (period === null) throw new Error(`draft ${draft.id} has no period`);
  const cutoffSeq = await readUsageCutoff(tx, tenant, customer.externalId);
  await waiveContent(context, { draft, period, cutoffSeq });
  await markInvoiceVoid(tx, { tenant, id: draft.id }, { voidedAt: now, reason, waived: true });
  await restoreDraws(tx, tenant, { id: draft.id, subscriptionId, at: now });
  if (draft.kind === 'closing') {
    await markPeriodClosed(tx, { tenant, subscriptionId, number }, now);
    await releaseLaterDrafts(tx, billing, { draft, at: now });
  }
  noteVoid(tx, tenant, { invoice: draft, at: now, reason });
  if (draft.kind === 'closing') {
    const key = { tenant, id: subscriptionId };
    for (const kind of ['waived', 'period_closed'] as const)
      noteHistory(tx, key, { kind, at: now, periodNumber: number });
  }
  await markAttention(tx, { tenant, id: subscriptionId }, null);
  await noteWhatIsLeft(context, draft);
}

/** Tells that an invoice is void, and the reason that was given. */
export function noteVoid(
  tx: Transaction,
  tenant: Tenant,
  { invoice, at, reason }: { readonly invoice: InvoiceRow; readonly at: Instant; readonly reason: string | null },
): void {
  const { id, number, subscriptionId, periodNumber } = invoice;
  const facts = { at, periodNumber, invoice: { id, number }, message: reason };
  noteHistory(tx, { tenant, id: subscriptionId }, { kind: 'invoice_voided', ...facts });
}

/**
 * What is waived is what the draft would be if it became final now, down to the credits that it would have drawn: they
 * are in the ledger, and go back with the void. One that can't be rated waives no late usage, unless that is why.
 */
async function waiveContent(context: CommandContext, voided: VoidedDraft): Promise<void> {
  const { tx, billing, now } = context;
  const { tenant } = billing;
  const { draft, cutoffSeq: usageCutoffSeq } = voided;
  const rated = await ratedAs(draft.kind, context, voided);
  if (rated !== null) {
    const { basis, document } = rated;
    const lines = await replaceContent(tx, tenant, { draft, document });
    const previousDraws = basis.own?.draws ?? [];
    // What the own period has drawn by interims stays, and it draws no more.
    const drawn = { ...document, draws: previousDraws };
    await writeDraws(tx, tenant, { draft, lines, document: drawn, previousDraws, at: now });
    const lateSeqs = basis.lateSeqs.length === 0 ? null : seqRangesText(basis.lateSeqs);
    await markDraftCounted(tx, { tenant, id: draft.id }, { usageCutoffSeq, lateSeqs });
  } else if (draft.kind === 'late' || (await ratedAs('late', context, voided)) === null) {
    await markDraftCounted(tx, { tenant, id: draft.id }, { usageCutoffSeq, lateSeqs: null });
  }
}

/** null where it can't be rated. */
async function ratedAs(
  kind: InvoiceKind,
  { tx, billing }: CommandContext,
  { draft, period, cutoffSeq }: VoidedDraft,
): Promise<RatedInvoice | null> {
  const next = kind === 'closing' ? await continuationOf(tx, billing, period) : null;
  try {
    return await rateInvoice(tx, { billing, kind, period, endAt: draft.periodEnd, next, cutoffSeq, replaces: null });
  } catch (error) {
    if (error instanceof UnrateableError) return null;
    throw error;
  }
}

/** Late usage that the last draft of an ended subscription would have billed, and did not waive, has an invoice to come. */
async function noteWhatIsLeft({ tx, billing, customer, now }: CommandContext, draft: InvoiceRow): Promise<void> {
  const subscription = billing.subscriptions.find(({ id }) => id === draft.subscriptionId);
  if (subscription?.status !== 'canceled' || customer.clockDeleted) return;
  const drafts = billing.drafts.filter(({ id }) => id !== draft.id);
  await scheduleLateUsage(tx, { billing: { ...billing, drafts }, subscription }, now);
}
