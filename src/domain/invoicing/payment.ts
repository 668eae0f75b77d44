import { type Decimal, isPositive } from '../decimal.ts';
import { roundMoney } from '../money.ts';
import { amountDue, type Standing, standingOf } from './settlement.ts';

/** The amounts of a finalized invoice that decide what is due. */
export interface InvoiceAmounts {
  readonly currency: string;
  readonly total: Decimal;
  readonly balanceApplied: Decimal;
  readonly amountCredited: Decimal;
  readonly amountPaid: Decimal;
}

/** What a payment makes of an invoice. */
export interface PaidInvoice extends Standing {
  /** What is recorded. */
  readonly amount: Decimal;
  readonly amountPaid: Decimal;
  readonly amountDue: Decimal;
}

/** Why a payment cannot be recorded; `due` is what is still to be paid. */
export type PaymentFault =
  | { readonly kind: 'not_positive' }
  | { readonly kind: 'too_precise' }
  | { readonly kind: 'exceeds_due'; readonly due: Decimal };

/**
 * Records money for an invoice: partly or in full, never more than is due (API reference, `/pay`).
 *
 * @param amount null: all that is due.
 */
export function computePayment(invoice: InvoiceAmounts, amount: Decimal | null): PaidInvoice | PaymentFault {
  const due = amountDue(invoice);
  const paid = amount ?? due;
  if (!isPositive(paid)) return { kind: 'not_positive' };
  if (!roundMoney(paid, invoice.currency).equals(paid)) return { kind: 'too_precise' };
  if (paid.greaterThan(due)) return { kind: 'exceeds_due', due };
  const amountPaid = invoice.amountPaid.plus(paid);
  const left = due.minus(paid);
  return { amount: paid, amountPaid, amountDue: left, ...standingOf({ amountDue: left, amountPaid }) };
}
