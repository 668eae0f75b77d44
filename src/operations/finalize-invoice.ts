import { Failure } from '../domain/errors/failure.ts';
import type { Database, Tenant } from '../storage/database.ts';
import { insertNudges } from '../storage/outbox.ts';
import { selectInvoice } from '../storage/invoices.ts';
import { commandOnCustomer } from './billing/due-steps.ts';
import { finalizeDraft } from './billing/finalize-draft.ts';
import { getInvoice, type InvoiceWithLines } from './get-invoice.ts';

/**
 * Finalizes a draft before its time, with the usage known now. Throws Failure `not_found`, `invoice_not_draft`,
 * `earlier_invoice_is_draft`, `needs_attention` (also when this very rating fails; the draft then says why),
 * `customer_archived` for a draft that a deleted test clock left behind.
 */
export async function finalizeInvoice(db: Database, tenant: Tenant, invoiceId: string): Promise<InvoiceWithLines> {
  const found = await selectInvoice(db, tenant, invoiceId);
  if (found === null) throw new Failure('not_found', `No invoice ${invoiceId}.`);
  await commandOnCustomer(db, { tenant, customerId: found.customerId }, async ({ tx, billing, customer, now }) => {
    if (customer.clockDeleted) throw new Failure('customer_archived', 'The test clock of this customer was deleted.');
    // Under the lock: it may have become final since it was found.
    const invoice = await selectInvoice(tx, tenant, invoiceId);
    if (invoice?.status !== 'draft') {
      throw new Failure('invoice_not_draft', `Invoice ${invoiceId} is not a draft.`);
    }
    const subscription = billing.subscriptions.find((each) => each.id === invoice.subscriptionId);
    if (subscription !== undefined && subscription.attentionCode !== null) {
      throw new Failure('needs_attention', subscription.attentionMessage ?? 'The subscription needs attention.');
    }
    const draft = billing.drafts.find((each) => each.subscriptionId === invoice.subscriptionId) ?? invoice;
    if (draft.id !== invoiceId) {
      throw new Failure(
        'earlier_invoice_is_draft',
        `Invoice ${draft.id} of period ${draft.periodNumber} is still a draft.`,
      );
    }
    await finalizeDraft(tx, { billing, draft, asOf: now, stampedAt: now });
    await insertNudges(tx, tenant, [draft.subscriptionId]);
  });
  const invoice = await getInvoice(db, tenant, invoiceId);
  if (invoice.status === 'draft') {
    throw new Failure('needs_attention', `Invoice ${invoiceId} cannot be rated; its issues say why.`);
  }
  return invoice;
}
