import { Failure } from '../domain/errors/failure.ts';
import { findBillingCustomer } from '../storage/billing-customers.ts';
import type { Database, Queryable, Tenant } from '../storage/database.ts';
import { type InvoiceLineRow, selectInvoiceLines } from '../storage/invoice-lines.ts';
import { type InvoiceTaxRow, selectInvoiceTaxes } from '../storage/invoice-taxes.ts';
import { type InvoicePage, type InvoiceRow, selectInvoice, selectInvoicePage } from '../storage/invoices.ts';
import { type PaymentRow, selectPayments } from '../storage/payments.ts';

export interface InvoiceWithLines extends InvoiceRow {
  readonly lines: readonly InvoiceLineRow[];
  readonly taxes: readonly InvoiceTaxRow[];
  /** In the order they were recorded. */
  readonly payments: readonly PaymentRow[];
}

/** With its lines and payments as of one instant. Throws Failure `not_found`. */
export async function getInvoice(db: Database, tenant: Tenant, id: string): Promise<InvoiceWithLines> {
  return db.snapshot(async (snapshot) => {
    const row = await selectInvoice(snapshot, tenant, id);
    if (row === null) throw new Failure('not_found', `No invoice ${id}.`);
    const [invoice] = await withParts(snapshot, tenant, [row]);
    if (invoice === undefined) throw new Error(`invoice ${id} vanished`);
    return invoice;
  });
}

/** A page, newest first; `customerRef` is an external id or `cus_…`; one that does not exist has no invoices. */
export async function listInvoices(
  db: Database,
  tenant: Tenant,
  query: Omit<InvoicePage, 'customerId'> & { readonly customerRef: string | null },
): Promise<InvoiceWithLines[]> {
  const { customerRef, ...page } = query;
  return db.snapshot(async (snapshot) => {
    const customer = customerRef === null ? null : await findBillingCustomer(snapshot, tenant, customerRef);
    if (customerRef !== null && customer === null) return [];
    const rows = await selectInvoicePage(snapshot, tenant, { ...page, customerId: customer?.id ?? null });
    return withParts(snapshot, tenant, rows);
  });
}

async function withParts(db: Queryable, tenant: Tenant, rows: readonly InvoiceRow[]): Promise<InvoiceWithLines[]> {
  const ids = rows.map((row) => row.id);
  const lines = Map.groupBy(await selectInvoiceLines(db, tenant, ids), (line) => line.invoiceId);
  const taxes = Map.groupBy(await selectInvoiceTaxes(db, tenant, ids), (tax) => tax.invoiceId);
  const payments = Map.groupBy(await selectPayments(db, tenant, ids), (payment) => payment.invoiceId);
  return rows.map((row) => ({
    ...row,
    lines: lines.get(row.id) ?? [],
    taxes: taxes.get(row.id) ?? [],
    payments: payments.get(row.id) ?? [],
  }));
}
