import type { Instant } from '../../domain/instant.ts';
import { UnrateableError } from '../../domain/rating/unrateable.ts';
import type { Transaction } from '../../storage/database.ts';
import type { InvoiceRow } from '../../storage/invoices.ts';
import type { CustomerBilling } from './customer-billing.ts';
import { continuationOf, emptyDraft, periodOf } from './finalize-draft.ts';
import { rateInvoice } from './rate-invoice.ts';
import { replaceContent } from './write-draft.ts';

/**
 * Gives a draft that could not be rated the content it comes to now. If it still cannot be rated, the subscription needs
 * attention again, and the draft says why.
 */
export async function rateDraftAgain(
  tx: Transaction,
  turn: { readonly billing: CustomerBilling; readonly draft: InvoiceRow; readonly stampedAt: Instant },
): Promise<void> {
  const { billing, draft } = turn;
  const period = await periodOf(tx, billing, { subscriptionId: draft.subscriptionId, number: draft.periodNumber });
  if (period === null) throw new Error(`draft ${draft.id} has no period`);
  try {
    const { document } = await rateInvoice(tx, {
      billing,
      kind: draft.kind,
      period,
      endAt: draft.periodEnd,
      next: draft.kind === 'closing' ? await continuationOf(tx, billing, period) : null,
      cutoffSeq: null,
      replaces: null,
    });
    await replaceContent(tx, billing.tenant, { draft, document });
  } catch (error) {
    if (!(error instanceof UnrateableError)) throw error;
    await emptyDraft(tx, turn, error);
  }
}
