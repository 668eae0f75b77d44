import type { InvoiceDocument } from '../../domain/invoicing/document.ts';
import { addSeconds, type Instant, maxInstant } from '../../domain/instant.ts';
import { newId } from '../../platform/new-id.ts';
import type { Tenant, Transaction } from '../../storage/database.ts';
import { deleteDraftContent, updateDraftAmounts } from '../../storage/invoice-changes.ts';
import { type InvoiceLineRow, insertInvoiceLines } from '../../storage/invoice-lines.ts';
import { insertInvoiceTaxes } from '../../storage/invoice-taxes.ts';
import { type BillingReason, insertInvoice, type NewInvoice } from '../../storage/invoices.ts';
import type { PeriodRow } from '../../storage/periods.ts';
import { noteHistory } from '../../storage/subscription-history.ts';
import type { SubscriptionRow } from '../../storage/subscriptions.ts';
import type { CustomerBilling } from './customer-billing.ts';
import { amountsOf, lineRows } from './invoice-content.ts';
import { emptyContent } from './invoice-row.ts';
import { taxRows } from './tax-rows.ts';

/** What a draft is of; its amounts come with its content. */
export interface DraftTerms {
  readonly kind: NewInvoice['kind'];
  readonly sequence: number;
  readonly reason: BillingReason;
  readonly period: PeriodRow;
  /** Where its usage ends. */
  readonly periodEnd: Instant;
  readonly finalizeAt: Instant;
  readonly createdAt: Instant;
  readonly triggerId?: string | null;
  readonly replaces?: string | null;
}

/** A draft without lines. */
export function draftOf(billing: CustomerBilling, terms: DraftTerms): NewInvoice {
  const { customer } = billing;
  const { period } = terms;
  return {
    ...emptyContent(customer.currency),
    id: newId('invoice'),
    customerId: customer.id,
    subscriptionId: period.subscriptionId,
    periodNumber: period.number,
    kind: terms.kind,
    sequence: terms.sequence,
    billingReason: terms.reason,
    triggerId: terms.triggerId ?? null,
    planId: period.planId,
    planVersion: period.planVersion,
    periodStart: period.startAt,
    periodEnd: terms.periodEnd,
    finalizeAt: terms.finalizeAt,
    replaces: terms.replaces ?? null,
    createdAt: terms.createdAt,
  };
}

/** When a closing draft becomes final; fixed on it, so that a later change of the account's delay does not move it. */
export function closingFinalizeAt(
  { customer }: Pick<CustomerBilling, 'customer'>,
  {
    period,
    subscription,
  }: { readonly period: Pick<PeriodRow, 'endAt'>; readonly subscription: Pick<SubscriptionRow, 'createdAt'> },
): Instant {
  return addSeconds(maxInstant(period.endAt, subscription.createdAt), customer.finalizationDelaySeconds);
}

/** Inserts a draft with what it comes to now. */
export async function insertDraft(
  tx: Transaction,
  tenant: Tenant,
  { draft, document }: { readonly draft: NewInvoice; readonly document: InvoiceDocument },
): Promise<void> {
  await insertInvoice(tx, tenant, { ...draft, ...amountsOf(document, draft.currency) });
  await insertInvoiceLines(tx, tenant, lineRows(document, draft));
  await insertInvoiceTaxes(tx, tenant, taxRows(document.taxes, draft));
}

/** Tells that a draft was made that waits for its finalization. */
export function noteDraft(
  tx: Transaction,
  tenant: Tenant,
  { draft, at }: { readonly draft: NewInvoice; readonly at: Instant },
): void {
  noteHistory(
    tx,
    { tenant, id: draft.subscriptionId },
    {
      kind: 'invoice_drafted',
      at,
      periodNumber: draft.periodNumber,
      invoice: { id: draft.id, number: null },
      effectiveAt: draft.finalizeAt,
    },
  );
}

/** Replaces a draft's content by a newer computation; returns its lines. */
export async function replaceContent(
  tx: Transaction,
  tenant: Tenant,
  content: { readonly draft: NewInvoice; readonly document: InvoiceDocument },
): Promise<InvoiceLineRow[]> {
  const { draft, document } = content;
  const lines = await replaceLines(tx, tenant, content);
  await updateDraftAmounts(tx, { tenant, id: draft.id }, amountsOf(document, draft.currency));
  return lines;
}

/** Replaces a draft's lines and taxes alone, for who writes its amounts; returns the lines. */
export async function replaceLines(
  tx: Transaction,
  tenant: Tenant,
  { draft, document }: { readonly draft: NewInvoice; readonly document: InvoiceDocument },
): Promise<InvoiceLineRow[]> {
  await deleteDraftContent(tx, { tenant, id: draft.id });
  const lines = lineRows(document, draft);
  await insertInvoiceLines(tx, tenant, lines);
  await insertInvoiceTaxes(tx, tenant, taxRows(document.taxes, draft));
  return lines;
}
