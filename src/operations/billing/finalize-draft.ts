import type { Instant } from '../../domain/instant.ts';
import { UnrateableError } from '../../domain/rating/unrateable.ts';
import type { Transaction } from '../../storage/database.ts';
import { deleteInvoiceLines } from '../../storage/invoice-lines.ts';
import { type InvoiceRow, postponeDrafts, updateDraftAmounts } from '../../storage/invoices.ts';
import { readUsageCutoff } from '../../storage/usage-cutoff.ts';
import type { CustomerBilling } from './customer-billing.ts';
import { emptyContent } from './invoice-row.ts';
import { issueInvoice } from './issue-invoice.ts';
import { rateTask } from './rate-period.ts';
import { standStill } from './stand-still.ts';

/**
 * Recomputes a closing draft with what arrived since the period's end, up to a cut-off that no event can straddle,
 * and freezes it. If it cannot be rated, the subscription needs attention and the draft says why.
 */
export async function finalizeDraft(
  tx: Transaction,
  turn: {
    readonly billing: CustomerBilling;
    readonly draft: InvoiceRow;
    readonly asOf: Instant;
    readonly stampedAt: Instant;
  },
): Promise<void> {
  const { billing, draft } = turn;
  const { tenant, customer } = billing;
  const period = billing.periods.find(
    (each) => each.subscriptionId === draft.subscriptionId && each.number === draft.periodNumber,
  );
  if (period === undefined) throw new Error(`draft ${draft.id} has no open period`);
  const cutoffSeq = await readUsageCutoff(tx, tenant, customer.externalId);
  try {
    const task = await rateTask(tx, { billing, period, kind: 'closing', endAt: period.endAt, cutoffSeq });
    const cutoff = { seq: cutoffSeq, at: turn.stampedAt };
    await issueInvoice(tx, { billing, draft, period, task, cutoff, asOf: turn.asOf, stampedAt: turn.stampedAt });
    await releaseLaterDrafts(tx, billing, { draft, at: turn.asOf });
  } catch (error) {
    if (!(error instanceof UnrateableError)) throw error;
    const { subtotal, total, amountDue } = emptyContent(draft.currency);
    const issues = await standStill(tx, { tenant, id: draft.subscriptionId }, { error, at: turn.stampedAt });
    await deleteInvoiceLines(tx, tenant, draft.id);
    await updateDraftAmounts(tx, { tenant, id: draft.id }, { subtotal, total, amountDue, issues });
  }
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
    .filter((each) => each.subscriptionId === draft.subscriptionId && each.periodNumber > draft.periodNumber)
    .filter((each) => each.finalizeAt < at)
    .map((each) => each.id);
  if (ids.length > 0) await postponeDrafts(tx, tenant, { ids, finalizeAt: at });
}
