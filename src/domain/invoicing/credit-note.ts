import { type Decimal, isPositive, minDecimal, quotient, sumOf, ZERO } from '../decimal.ts';
import type { Fault } from '../errors/failure.ts';
import { formatMoney, roundMoney } from '../money.ts';
import { type Standing, standingOf } from './settlement.ts';

/** A line of the invoice, with what earlier notes took back of it. */
export interface CreditableLine {
  readonly id: string;
  readonly description: string;
  readonly amount: Decimal;
  readonly credited: Decimal;
}

/** A tax row of the invoice, with what earlier notes took back of it. */
export interface CreditableTax {
  readonly taxRateId: string;
  readonly inclusive: boolean;
  readonly amount: Decimal;
  readonly credited: Decimal;
}

/** An open or paid invoice; all amounts are rounded and of one currency. */
export interface CreditableInvoice<Tax extends CreditableTax> {
  readonly currency: string;
  readonly subtotal: Decimal;
  readonly amountCredited: Decimal;
  readonly amountPaid: Decimal;
  readonly amountDue: Decimal;
  readonly lines: readonly CreditableLine[];
  readonly taxes: readonly Tax[];
}

/** `amount` null: what is left of the line. */
export interface LineRequest {
  readonly lineId: string;
  readonly amount: Decimal | null;
}

export interface NoteLine {
  readonly lineId: string;
  readonly description: string;
  readonly amount: Decimal;
}

export interface NoteTax<Tax extends CreditableTax> {
  readonly tax: Tax;
  readonly taxable: Decimal;
  readonly amount: Decimal;
}

/** A note, and what it makes of its invoice. */
export interface ComputedNote<Tax extends CreditableTax> {
  readonly lines: readonly NoteLine[];
  readonly taxes: readonly NoteTax<Tax>[];
  readonly subtotal: Decimal;
  readonly taxTotal: Decimal;
  /** More than 0. */
  readonly total: Decimal;
  /** What lowers the amount due. */
  readonly appliedToInvoice: Decimal;
  /** The rest, which the customer gets as balance. */
  readonly toBalance: Decimal;
  readonly invoice: Standing & { readonly amountCredited: Decimal; readonly amountDue: Decimal };
}

export type NoteOutcome<Tax extends CreditableTax> =
  | { readonly kind: 'note'; readonly note: ComputedNote<Tax> }
  | { readonly kind: 'nothing_left' }
  | { readonly kind: 'refused'; readonly faults: readonly Fault[] };

/**
 * Computes the credit note of some lines, or of all that is left of the invoice (billing rules 7): it first lowers what
 * is due, the rest becomes the customer's balance. Taxes follow the lines: after each note the taxes taken back so far
 * are their share of the invoice's, rounded, so that notes over the whole add up to its tax rows exactly.
 *
 * @param requests null: all that is left, negative lines included.
 */
export function computeCreditNote<Tax extends CreditableTax>(
  invoice: CreditableInvoice<Tax>,
  requests: readonly LineRequest[] | null,
): NoteOutcome<Tax> {
  const creditedBefore = sumOf(invoice.lines.map((line) => line.credited));
  const left = invoice.subtotal.minus(creditedBefore);
  if (!isPositive(left)) return { kind: 'nothing_left' };
  const faults = requests === null ? [] : lineFaults(invoice, requests);
  if (faults.length > 0) return { kind: 'refused', faults };
  const lines = requests === null ? allThatIsLeft(invoice.lines) : chosenLines(invoice.lines, requests);
  const subtotal = sumOf(lines.map((line) => line.amount));
  if (subtotal.greaterThan(left)) return { kind: 'refused', faults: [exceedsInvoice(left, invoice.currency)] };
  const taxes = taxesOf(invoice, { subtotal, creditedAfter: creditedBefore.plus(subtotal) });
  return { kind: 'note', note: noteOf(invoice, { lines, taxes, subtotal }) };
}

function leftOf(line: CreditableLine): Decimal {
  return line.amount.minus(line.credited);
}

function toLine(line: CreditableLine, amount: Decimal): NoteLine {
  return { lineId: line.id, description: line.description, amount };
}

function allThatIsLeft(lines: readonly CreditableLine[]): NoteLine[] {
  return lines.filter((line) => !leftOf(line).isZero()).map((line) => toLine(line, leftOf(line)));
}

/** In the order of the invoice. */
function chosenLines(lines: readonly CreditableLine[], requests: readonly LineRequest[]): NoteLine[] {
  const byId = new Map(requests.map((request) => [request.lineId, request]));
  return lines.flatMap((line) => {
    const request = byId.get(line.id);
    return request === undefined ? [] : [toLine(line, request.amount ?? leftOf(line))];
  });
}

function lineFaults(invoice: CreditableInvoice<CreditableTax>, requests: readonly LineRequest[]): Fault[] {
  const byId = new Map(invoice.lines.map((line) => [line.id, line]));
  const seen = new Set<string>();
  return requests.flatMap((request, index): Fault[] => {
    const param = `lines[${index}].line_id`;
    const line = byId.get(request.lineId);
    if (line === undefined) {
      return [{ param, code: 'unknown_name', message: `The invoice has no line ${request.lineId}.` }];
    }
    if (seen.has(line.id)) return [{ param, code: 'duplicate', message: `Line ${line.id} is named twice.` }];
    seen.add(line.id);
    if (!isPositive(line.amount)) {
      return [{ param, code: 'line_not_creditable', message: `Line ${line.id} takes nothing from the customer.` }];
    }
    return amountFaults(invoice.currency, line, { index, amount: request.amount });
  });
}

function amountFaults(
  currency: string,
  line: CreditableLine,
  request: { readonly index: number; readonly amount: Decimal | null },
): Fault[] {
  const left = leftOf(line);
  const amount = request.amount ?? left;
  const param = `lines[${request.index}].amount`;
  if (!roundMoney(amount, currency).equals(amount)) {
    return [{ param, code: 'invalid_value', message: `Has more decimals than ${currency} has.` }];
  }
  if (isPositive(amount) && amount.lessThanOrEqualTo(left)) return [];
  const message = `Of line ${line.id} only ${formatMoney(left, currency)} ${currency} is left.`;
  return [{ param, code: 'credit_exceeds_line', message }];
}

/** Where negative lines make the invoice less than its positive ones. */
function exceedsInvoice(left: Decimal, currency: string): Fault {
  const message = `Of the invoice only ${formatMoney(left, currency)} ${currency} of its lines is left.`;
  return { param: 'lines', code: 'credit_exceeds_invoice', message };
}

/**
 * The share is kept to 40 decimals before it is rounded: exact for subtotals up to 10^30. Rounding the running sum, not
 * each note, is what gives the last unit to the note that completes it.
 */
function taxesOf<Tax extends CreditableTax>(
  invoice: CreditableInvoice<Tax>,
  note: { readonly subtotal: Decimal; readonly creditedAfter: Decimal },
): NoteTax<Tax>[] {
  const amounts = invoice.taxes.map((tax) => {
    const share = quotient(tax.amount.times(note.creditedAfter), invoice.subtotal);
    return { tax, amount: roundMoney(share, invoice.currency).minus(tax.credited) };
  });
  const isInclusive = invoice.taxes.some((tax) => tax.inclusive);
  const taxable = isInclusive ? note.subtotal.minus(sumOf(amounts.map(({ amount }) => amount))) : note.subtotal;
  return amounts.map(({ tax, amount }) => ({ tax, taxable, amount }));
}

function noteOf<Tax extends CreditableTax>(
  invoice: CreditableInvoice<Tax>,
  parts: Pick<ComputedNote<Tax>, 'lines' | 'taxes' | 'subtotal'>,
): ComputedNote<Tax> {
  const taxTotal = sumOf(parts.taxes.map(({ amount }) => amount));
  const onTop = parts.taxes.some(({ tax }) => tax.inclusive) ? ZERO : taxTotal;
  const total = parts.subtotal.plus(onTop);
  const appliedToInvoice = minDecimal(total, invoice.amountDue);
  const amountDue = invoice.amountDue.minus(appliedToInvoice);
  return {
    ...parts,
    taxTotal,
    total,
    appliedToInvoice,
    toBalance: total.minus(appliedToInvoice),
    invoice: {
      amountCredited: invoice.amountCredited.plus(appliedToInvoice),
      amountDue,
      ...standingOf({ amountDue, amountPaid: invoice.amountPaid }),
    },
  };
}
