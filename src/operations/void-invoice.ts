import { Failure } from '../domain/errors/failure.ts';
import type { Database, Tenant } from '../storage/database.ts';
import { type InvoiceRow, markInvoiceVoid, selectInvoice, selectPeriodInvoices } from '../storage/invoices.ts';
import { insertNudges } from '../storage/outbox.ts';
import { markPeriodClosed } from '../storage/periods.ts';
import { markAttention } from '../storage/subscriptions.ts';
import { lapseGrants, restoreDraws } from './billing/credit-ledger.ts';
import { type CommandContext, commandOnCustomer } from './billing/due-steps.ts';
import { releaseLaterDrafts } from './billing/finalize-draft.ts';
import { requireNoCreditNotes } from './get-credit-note.ts';
import { getInvoice, type InvoiceWithLines } from './get-invoice.ts';

/**
 * Voids an invoice (billing rules 7): its draws go back to their grants; usage of a period that is still open returns
 * to that period's next invoice, everything else on it is waived. Voiding a closing draft waives its period, and
 * lets a subscription go on that stood still for it. Throws Failure `not_found`, `invoice_already_void`,
 * `invoice_has_payments`, `invoice_has_credit_notes`, `newer_invoice_exists`, and `needs_attention` for any other
 * invoice of such a subscription.
 */
export async function voidInvoice(
  db: Database,
  tenant: Tenant,
  command: { readonly invoiceId: string; readonly reason: string | null },
): Promise<InvoiceWithLines> {
  const { invoiceId } = command;
  const found = await selectInvoice(db, tenant, invoiceId);
  if (found === null) throw new Failure('not_found', `No invoice ${invoiceId}.`);
  await commandOnCustomer(db, { tenant, customerId: found.customerId }, async (context) => {
    const invoice = await voidable(context, invoiceId);
    await voidUnderLock(context, invoice, command.reason);
    await insertNudges(context.tx, tenant, [invoice.subscriptionId]);
  });
  return getInvoice(db, tenant, invoiceId);
}

async function voidable(context: CommandContext, invoiceId: string): Promise<InvoiceRow> {
  const { tx, billing } = context;
  const invoice = await selectInvoice(tx, billing.tenant, invoiceId);
  if (invoice === null) throw new Failure('not_found', `No invoice ${invoiceId}.`);
  if (invoice.status === 'void') throw new Failure('invoice_already_void', `Invoice ${invoiceId} is void already.`);
  requireNoAttention(context, invoice);
  if (invoice.paymentStatus === 'paid' || invoice.paymentStatus === 'partially_paid') {
    throw new Failure('invoice_has_payments', `Invoice ${invoiceId} has a payment of ${invoice.amountPaid}.`);
  }
  await requireNoCreditNotes(tx, billing.tenant, invoiceId);
  if (invoice.status === 'draft') return invoice;
  const key = { tenant: billing.tenant, subscriptionId: invoice.subscriptionId, number: invoice.periodNumber };
  const live = (await selectPeriodInvoices(tx, key)).filter(
    (each) => each.finalizedAt !== null && each.status !== 'void',
  );
  const newer = live.find((each) => each.number !== null && isNewer(each, invoice));
  if (newer !== undefined) {
    throw new Failure('newer_invoice_exists', `Invoice ${newer.number} of the same period is newer; void it first.`);
  }
  return invoice;
}

/** Of a subscription that stands still only the draft that it stands still for can be voided (billing rules 6). */
function requireNoAttention({ billing }: CommandContext, invoice: InvoiceRow): void {
  const subscription = billing.subscriptions.find((each) => each.id === invoice.subscriptionId);
  const attentionCode = subscription?.attentionCode ?? null;
  if (attentionCode === null) return;
  const issues: readonly { readonly code: string }[] = JSON.parse(invoice.issues);
  if (invoice.status === 'draft' && issues.some(({ code }) => code === attentionCode)) return;
  const message = `Subscription ${invoice.subscriptionId} needs attention: ${subscription?.attentionMessage ?? ''}`;
  throw new Failure('needs_attention', message);
}

/** A closing invoice is the newest of its period; interims follow each other by their sequence. */
function isNewer(other: InvoiceRow, than: InvoiceRow): boolean {
  if (other.id === than.id) return false;
  if (other.kind !== than.kind) return other.kind === 'closing';
  return other.sequence > than.sequence;
}

async function voidUnderLock(context: CommandContext, invoice: InvoiceRow, reason: string | null): Promise<void> {
  const { tx, billing, now } = context;
  const { tenant } = billing;
  await markInvoiceVoid(tx, { tenant, id: invoice.id }, { voidedAt: now, reason });
  if (invoice.status === 'draft') {
    const key = { tenant, subscriptionId: invoice.subscriptionId, number: invoice.periodNumber };
    await markPeriodClosed(tx, key, now);
    await markAttention(tx, { tenant, id: invoice.subscriptionId }, null);
    await releaseLaterDrafts(tx, billing, { draft: invoice, at: now });
  } else {
    await restoreDraws(tx, tenant, { ...invoice, at: now });
  }
  await lapseGrants(tx, tenant, { customerId: invoice.customerId, asOf: now, at: now });
}
