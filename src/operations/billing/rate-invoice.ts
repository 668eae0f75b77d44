import type { InvoiceBasis, InvoiceKind } from '../../domain/invoicing/basis.ts';
import { computeDocument, type InvoiceDocument } from '../../domain/invoicing/document.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Queryable } from '../../storage/database.ts';
import type { InvoiceRow } from '../../storage/invoices.ts';
import type { PeriodRow } from '../../storage/periods.ts';
import type { CustomerBilling } from './customer-billing.ts';
import { loadBasis } from './load-basis.ts';
import { readInvoiceUsage } from './read-invoice-usage.ts';

/** What invoice to compute. */
export interface InvoiceTask {
  readonly billing: CustomerBilling;
  readonly kind: InvoiceKind;
  /** The period that it is of; of a late invoice the subscription's last. */
  readonly period: PeriodRow;
  /** Where its usage ends: the period's end, or an interim's trigger. */
  readonly endAt: Instant;
  /** The period whose advance flats it bills. */
  readonly next: PeriodRow | null;
  /** Events up to this sequence number count; null: all that are stored. */
  readonly cutoffSeq: bigint | null;
  /** The void invoice that it replaces. */
  readonly replaces: InvoiceRow | null;
}

export interface RatedInvoice {
  readonly basis: InvoiceBasis;
  readonly document: InvoiceDocument;
}

/**
 * Loads what an invoice depends on and computes it; writes nothing. Closing, opening, interim and late invoices, their
 * preview, and the recomputation at finalization all pass through here. Throws UnrateableError.
 */
export async function rateInvoice(db: Queryable, task: InvoiceTask): Promise<RatedInvoice> {
  const { tenant, customer } = task.billing;
  const basis = await loadBasis(db, task);
  const usage = await readInvoiceUsage(db, { tenant, customerRef: customer.externalId }, basis);
  return { basis, document: computeDocument(basis, usage) };
}
