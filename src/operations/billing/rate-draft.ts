import type { Instant } from '../../domain/instant.ts';
import { UnrateableError } from '../../domain/rating/unrateable.ts';
import type { Transaction } from '../../storage/database.ts';
import type { InvoiceRow, NewInvoice } from '../../storage/invoices.ts';
import type { PeriodRow } from '../../storage/periods.ts';
import type { CustomerBilling } from './customer-billing.ts';
import { emptyDraft, periodsOf } from './finalize-draft.ts';
import { rateInvoice } from './rate-invoice.ts';
import { replaceContent } from './write-draft.ts';

/** A draft, and what its content is computed from. */
export interface DraftToRate {
  readonly billing: CustomerBilling;
  readonly draft: NewInvoice;
  readonly period: PeriodRow;
  /** The period whose advance flats it bills. */
  readonly next: PeriodRow | null;
  readonly stampedAt: Instant;
}

/**
 * Gives a draft the content it comes to now. If it cannot be rated, the subscription needs attention, and the draft says
 * why.
 */
export async function rateDraft(tx: Transaction, turn: DraftToRate): Promise<void> {
  const { billing, draft, period, next } = turn;
  try {
    const task = { kind: draft.kind, period, endAt: draft.periodEnd, next, cutoffSeq: null, replaces: null };
    const { document } = await rateInvoice(tx, { billing, ...task });
    await replaceContent(tx, billing.tenant, { draft, document });
  } catch (error) {
    if (!(error instanceof UnrateableError)) throw error;
    await emptyDraft(tx, turn, error);
  }
}

/** The same for a draft that could not be rated before: if it still cannot, the subscription needs attention again. */
export async function rateDraftAgain(
  tx: Transaction,
  turn: { readonly billing: CustomerBilling; readonly draft: InvoiceRow; readonly stampedAt: Instant },
): Promise<void> {
  await rateDraft(tx, { ...turn, ...(await periodsOf(tx, turn.billing, turn.draft)) });
}
