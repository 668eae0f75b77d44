import { type Decimal, isNegative, isPositive, maxDecimal, minDecimal, ZERO } from '../decimal.ts';

/** What finalization does with an invoice's total and the customer's balance; rounded amounts of one currency. */
export interface Settlement {
  /** What the balance pays of the invoice; not negative. */
  readonly balanceApplied: Decimal;
  readonly amountDue: Decimal;
  /** What the customer's balance gains, negative where it pays. */
  readonly balanceChange: Decimal;
  /** Nothing is due: the invoice is paid at once. */
  readonly settled: boolean;
}

/**
 * Settles an invoice against the customer's balance, after tax (billing rules 7): the balance pays as much as it holds,
 * and an invoice below zero adds its amount to the balance instead.
 *
 * @param facts `balance` is what the customer has to its credit, never negative.
 * @throws RangeError for a negative balance, which is a defect
 */
export function settle(facts: { readonly total: Decimal; readonly balance: Decimal }): Settlement {
  const { total, balance } = facts;
  if (isNegative(balance)) throw new RangeError(`a customer balance of ${balance.toFixed()}`);
  if (!isPositive(total)) {
    return {
      balanceApplied: ZERO,
      amountDue: ZERO,
      balanceChange: total.isZero() ? ZERO : total.negated(),
      settled: true,
    };
  }
  const balanceApplied = minDecimal(balance, total);
  const due = total.minus(balanceApplied);
  return {
    balanceApplied,
    amountDue: due,
    balanceChange: balanceApplied.isZero() ? ZERO : balanceApplied.negated(),
    settled: due.isZero(),
  };
}

/**
 * What is still to be paid of an invoice (billing rules 7).
 *
 * @throws RangeError if more was applied, credited and paid than was due, which is a defect
 */
export function amountDue(invoice: {
  readonly total: Decimal;
  readonly balanceApplied: Decimal;
  readonly amountCredited: Decimal;
  readonly amountPaid: Decimal;
}): Decimal {
  const { total, balanceApplied, amountCredited, amountPaid } = invoice;
  const due = maxDecimal(total, ZERO).minus(balanceApplied).minus(amountCredited).minus(amountPaid);
  if (isNegative(due)) throw new RangeError(`an amount due of ${due.toFixed()}`);
  return due;
}

/** The states of a finalized invoice that is not void. */
export interface Standing {
  readonly status: 'open' | 'paid';
  readonly paymentStatus: 'unpaid' | 'partially_paid' | 'paid' | 'not_required';
}

/** Where an invoice stands with what is due and what was paid: at 0 due it is paid, without a payment `not_required`. */
export function standingOf(invoice: { readonly amountDue: Decimal; readonly amountPaid: Decimal }): Standing {
  const hasPayment = isPositive(invoice.amountPaid);
  return isPositive(invoice.amountDue)
    ? { status: 'open', paymentStatus: hasPayment ? 'partially_paid' : 'unpaid' }
    : { status: 'paid', paymentStatus: hasPayment ? 'paid' : 'not_required' };
}
