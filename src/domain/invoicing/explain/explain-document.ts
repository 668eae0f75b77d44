import { type Decimal, decimal, decimalText, sumOf } from '../../decimal.ts';
import { formatMoney } from '../../money.ts';
import type { RatedLine } from '../../rating/model.ts';
import type { InvoiceBasis, PeriodBasis } from '../basis.ts';
import type { InvoiceDocument } from '../document.ts';
import type { TaxRow } from '../tax.ts';
import { explainLine, type LineExplanation } from './explain-line.ts';

/** How one amount of the header came about, as `18.00 + 2.00`. */
export interface AmountStep {
  readonly name: 'subtotal' | 'tax' | 'total' | 'balance_applied' | 'amount_due';
  readonly formula: string;
  readonly result: string;
}

export interface DocumentExplanation {
  readonly lines: readonly LineExplanation[];
  readonly amounts: readonly AmountStep[];
}

/** Explains a computed invoice, line by line and then its amounts; the same values, told (billing rules 7). */
export function explainDocument(basis: InvoiceBasis, document: InvoiceDocument): DocumentExplanation {
  const { currency } = basis;
  const lines = document.lines.map((line) => explainLine(line, periodOf(basis, line), currency));
  return { lines, amounts: amountSteps(basis, document) };
}

function periodOf({ own, next, late }: InvoiceBasis, line: RatedLine): PeriodBasis {
  const candidates = line.kind === 'late_usage' ? late : [own, next];
  const found = candidates.find((period) => period?.period.number === line.period.number) ?? null;
  if (found === null) throw new RangeError(`a line of period ${line.period.number}, which the invoice does not bill`);
  return found;
}

function amountSteps({ currency, balance }: InvoiceBasis, document: InvoiceDocument): AmountStep[] {
  const money = (amount: Decimal) => formatMoney(amount, currency);
  const { subtotal, taxes, taxTotal, total, balanceApplied, amountDue } = document;
  const lines = document.lines.map(({ amount }) => money(amount)).join(' + ');
  const steps: AmountStep[] = [
    { name: 'subtotal', formula: lines === '' ? 'no lines' : lines, result: money(subtotal) },
  ];
  for (const tax of taxes)
    steps.push({ name: 'tax', formula: taxFormula(tax, { taxes, subtotal, currency }), result: money(tax.amount) });
  const isInclusive = taxes.some(({ inclusive }) => inclusive);
  const totalFormula = isInclusive
    ? `${money(subtotal)}, taxes included`
    : `${money(subtotal)} + ${money(taxTotal)} tax`;
  steps.push({ name: 'total', formula: taxes.length === 0 ? money(subtotal) : totalFormula, result: money(total) });
  steps.push({ name: 'balance_applied', formula: `of a balance of ${money(balance)}`, result: money(balanceApplied) });
  const due = `${money(total)} - ${money(balanceApplied)}, at least 0`;
  return [...steps, { name: 'amount_due', formula: due, result: money(amountDue) }];
}

function taxFormula(
  tax: TaxRow,
  of: { readonly taxes: readonly TaxRow[]; readonly subtotal: Decimal; readonly currency: string },
): string {
  const subtotal = formatMoney(of.subtotal, of.currency);
  if (!tax.inclusive) return `${tax.name}: ${subtotal} × ${tax.percentage} ÷ 100, half up`;
  const rates = sumOf(of.taxes.map(({ percentage }) => decimal(percentage)));
  return `${tax.name}: ${subtotal} × ${tax.percentage} ÷ (100 + ${decimalText(rates)}), half up`;
}
