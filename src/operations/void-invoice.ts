import { Failure } from '../domain/errors/failure.ts';
import type { Database, Tenant } from '../storage/database.ts';
import { markInvoiceVoid, markInvoiceWaived } from '../storage/invoice-changes.ts';
import { type InvoiceRow, selectInvoice, selectPeriodInvoices } from '../storage/invoices.ts';
import { insertNudges } from '../storage/outbox.ts';
import { undoSettlement } from './billing/balance-ledger.ts';
import { lapseGrants, restoreDraws } from './billing/credit-ledger.ts';
import { type CommandContext, commandOnCustomer } from './billing/due-steps.ts';
import { periodOf } from './billing/finalize-draft.ts';
import { reissueInvoice } from './billing/reissue-invoice.ts';
import { isHeldFor } from './billing/stand-still.ts';
import { noteVoid, voidDraft } from './billing/void-draft.ts';
import { requireNoCreditNotes } from './get-credit-note.ts';
import { getInvoice, type InvoiceWithLines } from './get-invoice.ts';

export interface VoidCommand {
  readonly invoiceId: string;
  readonly reason: string | null;
  /** Bill its content again, on an invoice that replaces it. */
  readonly reissue?: boolean;
}

/**
 * Voids an invoice (billing rules 7): its draws go back to their grants, what the balance paid goes back to the balance.
 * Usage of a period that is still open returns to that period's next invoice, everything else on it is waived, unless
 * `reissue` bills it again in the same transaction. Voiding a closing draft waives its period, and lets a subscription go
 * on that stood still for it. Throws Failure `not_found`, `invoice_already_void`, `invoice_has_payments`,
 * `invoice_has_credit_notes`, `balance_used`, `newer_invoice_exists`, `invoice_is_draft` for the reissue of a draft, and
 * `needs_attention` for any other invoice of such a subscription.
 */
export async function voidInvoice(db: Database, tenant: Tenant, command: VoidCommand): Promise<InvoiceWithLines> {
  const { invoiceId } = command;
  const found = await selectInvoice(db, tenant, invoiceId);
  if (found === null) throw new Failure('not_found', `No invoice ${invoiceId}.`);
  await commandOnCustomer(db, { tenant, customerId: found.customerId }, async (context) => {
    const invoice = await voidable(context, command);
    if (invoice.status === 'draft') await voidDraft(context, invoice, command);
    else await voidFinal(context, invoice, command);
    const { tx, now } = context;
    await lapseGrants(tx, tenant, { customerId: invoice.customerId, asOf: now, at: now });
    await insertNudges(tx, tenant, [invoice.subscriptionId]);
  });
  return getInvoice(db, tenant, invoiceId);
}

async function voidable(context: CommandContext, { invoiceId, reissue = false }: VoidCommand): Promise<InvoiceRow> {
  const { tx, billing } = context;
  const invoice = await selectInvoice(tx, billing.tenant, invoiceId);
  if (invoice === null) throw new Failure('not_found', `No invoice ${invoiceId}.`);
  if (invoice.status === 'void') throw new Failure('invoice_already_void', `Invoice ${invoiceId} is void already.`);
  requireNoAttention(context, invoice);
  if (invoice.status === 'draft') {
    if (reissue) throw new Failure('invoice_is_draft', `Invoice ${invoiceId} was not issued yet.`);
    return invoice;
  }
  if (invoice.paymentStatus === 'paid' || invoice.paymentStatus === 'partially_paid') {
    throw new Failure('invoice_has_payments', `Invoice ${invoiceId} has a payment of ${invoice.amountPaid}.`);
  }
  await requireNoCreditNotes(tx, billing.tenant, invoiceId);
  const newer = await newerInvoice(context, invoice);
  if (newer !== undefined) {
    throw new Failure('newer_invoice_exists', `Invoice ${newer.number} of the same period is newer; void it first.`);
  }
  return invoice;
}

async function newerInvoice({ tx, billing }: CommandContext, than: InvoiceRow): Promise<InvoiceRow | undefined> {
  const key = { tenant: billing.tenant, subscriptionId: than.subscriptionId, number: than.periodNumber };
  return (await selectPeriodInvoices(tx, key)).find(
    ({ status, numberSeq }) => status !== 'void' && (numberSeq ?? 0n) > (than.numberSeq ?? 0n),
  );
}

/** Of a subscription that stands still only the draft that it stands still for can be voided (billing rules 6). */
function requireNoAttention({ billing }: CommandContext, invoice: InvoiceRow): void {
  const subscription = billing.subscriptions.find((each) => each.id === invoice.subscriptionId);
  const attentionCode = subscription?.attentionCode ?? null;
  if (attentionCode === null) return;
  if (isHeldFor(invoice, attentionCode)) return;
  const message = `Subscription ${invoice.subscriptionId} needs attention: ${subscription?.attentionMessage ?? ''}`;
  throw new Failure('needs_attention', message);
}

async function voidFinal(context: CommandContext, invoice: InvoiceRow, command: VoidCommand): Promise<void> {
  const { tx, billing, now } = context;
  const { tenant } = billing;
  const reissue = command.reissue ?? false;
  const returns = await returnsToItsPeriod(context, invoice);
  const waived = !reissue && !returns;
  await markInvoiceVoid(tx, { tenant, id: invoice.id }, { voidedAt: now, reason: command.reason, waived });
  noteVoid(tx, tenant, { invoice, at: now, reason: command.reason });
  await restoreDraws(tx, tenant, { ...invoice, at: now });
  await undoSettlement(tx, tenant, { ...invoice, at: now });
  if (reissue && !(await reissueInvoice(context, invoice)) && !returns) {
    await markInvoiceWaived(tx, { tenant, id: invoice.id });
  }
}

/** An interim of an open period has nothing but usage, and that goes to the period's next invoice. */
async function returnsToItsPeriod({ tx, billing }: CommandContext, invoice: InvoiceRow): Promise<boolean> {
  if (invoice.kind !== 'interim') return false;
  const { subscriptionId, periodNumber } = invoice;
  return (await periodOf(tx, billing, { subscriptionId, number: periodNumber }))?.status === 'open';
}
