import { Failure } from '../domain/errors/failure.ts';
import { findBillingCustomer } from '../storage/billing-customers.ts';
import {
  type CreditNoteLineRow,
  type CreditNotePage,
  type CreditNoteRow,
  type CreditNoteTaxRow,
  existsCreditNote,
  selectCreditNote,
  selectCreditNoteLines,
  selectCreditNotePage,
  selectCreditNoteTaxes,
} from '../storage/credit-notes.ts';
import type { Queryable, Tenant } from '../storage/database.ts';

export interface CreditNote extends CreditNoteRow {
  readonly lines: readonly CreditNoteLineRow[];
  readonly taxes: readonly CreditNoteTaxRow[];
}

/** Throws Failure `not_found`. */
export async function getCreditNote(db: Queryable, tenant: Tenant, id: string): Promise<CreditNote> {
  const row = await selectCreditNote(db, tenant, id);
  const [note] = row === null ? [] : await withParts(db, tenant, [row]);
  if (note === undefined) throw new Failure('not_found', `No credit note ${id}.`);
  return note;
}

/** A page, newest first; `customerRef` is an external id or `cus_…`; one that does not exist has no notes. */
export async function listCreditNotes(
  db: Queryable,
  tenant: Tenant,
  query: Omit<CreditNotePage, 'customerId'> & { readonly customerRef: string | null },
): Promise<CreditNote[]> {
  const { customerRef, ...page } = query;
  const customer = customerRef === null ? null : await findBillingCustomer(db, tenant, customerRef);
  if (customerRef !== null && customer === null) return [];
  const rows = await selectCreditNotePage(db, tenant, { ...page, customerId: customer?.id ?? null });
  return withParts(db, tenant, rows);
}

/** Throws Failure `invoice_has_credit_notes`: such an invoice can't be voided (billing rules 7). */
export async function requireNoCreditNotes(db: Queryable, tenant: Tenant, invoiceId: string): Promise<void> {
  if (await existsCreditNote(db, tenant, invoiceId)) {
    throw new Failure('invoice_has_credit_notes', `A credit note was issued for invoice ${invoiceId}.`);
  }
}

/** Notes never change, so their parts need not be read at the same instant. */
async function withParts(db: Queryable, tenant: Tenant, rows: readonly CreditNoteRow[]): Promise<CreditNote[]> {
  const ids = rows.map((row) => row.id);
  const lines = Map.groupBy(await selectCreditNoteLines(db, tenant, ids), (line) => line.creditNoteId);
  const taxes = Map.groupBy(await selectCreditNoteTaxes(db, tenant, ids), (tax) => tax.creditNoteId);
  return rows.map((row) => ({ ...row, lines: lines.get(row.id) ?? [], taxes: taxes.get(row.id) ?? [] }));
}
