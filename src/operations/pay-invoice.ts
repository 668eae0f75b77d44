import { decimal, type DecimalText } from '../domain/decimal.ts';
import { Failure, invalidField } from '../domain/errors/failure.ts';
import type { Id } from '../domain/ids.ts';
import { addSeconds, type Instant, maxInstant } from '../domain/instant.ts';
import { computePayment, type PaidInvoice, type PaymentFault } from '../domain/invoicing/payment.ts';
import { LIMITS } from '../domain/limits.ts';
import { formatMoney } from '../domain/money.ts';
import type { Database, Tenant } from '../storage/database.ts';
import { updateInvoiceSettlement } from '../storage/invoice-settlement.ts';
import { type InvoiceRow, selectInvoice } from '../storage/invoices.ts';
import { insertPayment, type PaymentRow, selectPayments } from '../storage/payments.ts';
import { type CommandContext, commandOnCustomer } from './billing/due-steps.ts';
import { getInvoice, type InvoiceWithLines } from './get-invoice.ts';

export interface NewPayment {
  /** Of the caller's making: a repeat with the same one finds what the first attempt recorded. */
  readonly id: Id<'payment'>;
  readonly invoiceId: string;
  /** In the invoice's currency; null: all that is due. */
  readonly amount: DecimalText | null;
  readonly method: string | null;
  readonly reference: string | null;
  /** null: now. */
  readonly paidAt: Instant | null;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Records money that was received for an open invoice, partly or in full. Throws Failure `not_found`,
 * `invoice_is_draft`, `invoice_is_void`, `invoice_is_paid`, `payment_exceeds_due`, `invalid_body` for an amount of 0 or
 * with more decimals than its currency, and for a `paid_at` more than an hour ahead.
 */
export async function payInvoice(db: Database, tenant: Tenant, payment: NewPayment): Promise<InvoiceWithLines> {
  const found = await selectInvoice(db, tenant, payment.invoiceId);
  if (found === null) throw new Failure('not_found', `No invoice ${payment.invoiceId}.`);
  await commandOnCustomer(db, { tenant, customerId: found.customerId }, async (context) => {
    const earlier = await selectPayments(context.tx, tenant, [payment.invoiceId]);
    if (!earlier.some(({ id }) => id === payment.id)) await recordPayment(context, payment, earlier);
  });
  return getInvoice(db, tenant, payment.invoiceId);
}

async function recordPayment(
  { tx, billing, now }: CommandContext,
  payment: NewPayment,
  earlier: readonly PaymentRow[],
): Promise<void> {
  const { tenant } = billing;
  const invoice = await selectInvoice(tx, tenant, payment.invoiceId);
  if (invoice === null) throw new Failure('not_found', `No invoice ${payment.invoiceId}.`);
  requirePayable(invoice);
  const paid = paidInvoice(invoice, payment.amount);
  const paidAt = payment.paidAt ?? now;
  if (paidAt > addSeconds(now, LIMITS.paymentAheadSeconds)) {
    throw invalidField('paid_at', 'May be at most one hour ahead.');
  }
  const { currency } = invoice;
  await insertPayment(tx, tenant, {
    ...payment,
    amount: formatMoney(paid.amount, currency),
    currency,
    paidAt,
    metadata: JSON.stringify(payment.metadata),
    createdAt: now,
  });
  await updateInvoiceSettlement(
    tx,
    { tenant, id: invoice.id },
    {
      amountCredited: invoice.amountCredited,
      amountPaid: formatMoney(paid.amountPaid, currency),
      amountDue: formatMoney(paid.amountDue, currency),
      status: paid.status,
      paymentStatus: paid.paymentStatus,
      // Paid in full once the last of its payments had come, in whatever order they are recorded.
      paidAt: paid.status === 'paid' ? maxInstant(paidAt, ...earlier.map((each) => each.paidAt)) : null,
    },
  );
}

function requirePayable(invoice: InvoiceRow): void {
  switch (invoice.status) {
    case 'open':
      return;
    case 'draft':
      throw new Failure('invoice_is_draft', `Invoice ${invoice.id} is a draft.`);
    case 'void':
      throw new Failure('invoice_is_void', `Invoice ${invoice.id} is void.`);
    case 'paid':
      throw new Failure('invoice_is_paid', `Nothing is due of invoice ${invoice.id}.`);
  }
}

/** Throws Failure for an amount that the invoice cannot take. */
function paidInvoice(invoice: InvoiceRow, amount: DecimalText | null): PaidInvoice {
  const amounts = {
    currency: invoice.currency,
    total: decimal(invoice.total),
    balanceApplied: decimal(invoice.balanceApplied),
    amountCredited: decimal(invoice.amountCredited),
    amountPaid: decimal(invoice.amountPaid),
  };
  const computed = computePayment(amounts, amount === null ? null : decimal(amount));
  if ('kind' in computed) throw refusal(computed, invoice.currency);
  return computed;
}

function refusal(fault: PaymentFault, currency: string): Failure {
  switch (fault.kind) {
    case 'not_positive':
      return invalidField('amount', 'Has to be more than 0.');
    case 'too_precise':
      return invalidField('amount', `Has more decimals than ${currency} has.`);
    case 'exceeds_due': {
      const message = `Only ${formatMoney(fault.due, currency)} ${currency} is due.`;
      return new Failure('payment_exceeds_due', message, { param: 'amount' });
    }
  }
}
