import { Failure } from '../domain/errors/failure.ts';
import { explainDocument, type AmountStep } from '../domain/invoicing/explain/explain-document.ts';
import type { LineExplanation } from '../domain/invoicing/explain/explain-line.ts';
import { UnrateableError } from '../domain/rating/unrateable.ts';
import { selectBillingCustomer } from '../storage/billing-customers.ts';
import { selectUsageDigest } from '../storage/counted-events.ts';
import type { Database, Queryable, Tenant } from '../storage/database.ts';
import { type InvoiceRow, selectInvoice } from '../storage/invoices.ts';
import { selectInvoiceLines } from '../storage/invoice-lines.ts';
import { loadCustomerBilling } from './billing/customer-billing.ts';
import { periodsOf } from './billing/finalize-draft.ts';
import { rateInvoice, type RatedInvoice } from './billing/rate-invoice.ts';
import { countedBy } from './counted-events.ts';
import { recomputeInvoice } from './verification/recompute-invoice.ts';

export interface ExplainedLine extends LineExplanation {
  /** null for a line of a draft that is not stored so. */
  readonly lineId: string | null;
  /** sha256 of the events that the line counts; null where it counts none. */
  readonly digest: string | null;
}

export interface InvoiceExplanation {
  readonly invoice: InvoiceRow;
  readonly lines: readonly ExplainedLine[];
  readonly amounts: readonly AmountStep[];
}

/**
 * How an invoice came about: of a finalized one from what was recorded then and the events as they are stored, of a
 * draft as it would be now. From one snapshot; writes nothing. Throws Failure `not_found`, `invoice_without_basis`,
 * `needs_attention` for a draft that can't be rated.
 */
export async function explainInvoice(db: Database, tenant: Tenant, id: string): Promise<InvoiceExplanation> {
  return db.snapshot(async (snapshot) => {
    const invoice = await selectInvoice(snapshot, tenant, id);
    if (invoice === null) throw new Failure('not_found', `No invoice ${id}.`);
    const { basis, document } =
      invoice.finalizedAt === null
        ? await ratedDraft(snapshot, tenant, invoice)
        : await recomputeInvoice(snapshot, tenant, invoice);
    const explanation = explainDocument(basis, document);
    const stored = await selectInvoiceLines(snapshot, tenant, [id]);
    const lines: ExplainedLine[] = [];
    for (const [position, line] of explanation.lines.entries()) {
      const row = stored.find((each) => each.position === position);
      const isSame = row?.chargeId === line.line.chargeId && row.kind === line.line.kind;
      const digest = await digestOf(snapshot, tenant, { invoice, line });
      lines.push({ ...line, lineId: isSame ? row.id : null, digest });
    }
    return { invoice, lines, amounts: explanation.amounts };
  });
}

async function ratedDraft(db: Queryable, tenant: Tenant, draft: InvoiceRow): Promise<RatedInvoice> {
  const customer = await selectBillingCustomer(db, tenant, draft.customerId);
  if (customer === null) throw new Error(`invoice ${draft.id} has no customer`);
  const billing = await loadCustomerBilling(db, tenant, customer);
  const periods = await periodsOf(db, billing, draft);
  const task = { billing, kind: draft.kind, ...periods, endAt: draft.periodEnd, cutoffSeq: null, replaces: null };
  try {
    return await rateInvoice(db, task);
  } catch (error) {
    if (error instanceof UnrateableError) throw new Failure('needs_attention', error.message, { cause: error });
    throw error;
  }
}

async function digestOf(
  db: Queryable,
  tenant: Tenant,
  { invoice, line }: { readonly invoice: InvoiceRow; readonly line: LineExplanation },
): Promise<string | null> {
  const { charge } = line;
  if (charge === null || charge.eventName === null || line.line.eventCount === null) return null;
  return selectUsageDigest(db, tenant, {
    customerRef: invoice.customerExternalId,
    eventName: charge.eventName,
    from: line.line.period.start,
    to: line.line.period.end,
    counted: countedBy(charge, invoice.usageCutoffSeq),
  });
}
