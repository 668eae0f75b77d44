import { type Decimal, type DecimalText, decimal, quotient, sumOf } from '../decimal.ts';
import { roundMoney } from '../money.ts';

/** A tax rate as a document applies it. */
export interface TaxRateTerms {
  readonly id: string;
  readonly name: string;
  /** Per cent, 0 to 100. */
  readonly percentage: DecimalText;
  /** Whether the amounts of the document contain the tax already. */
  readonly inclusive: boolean;
}

/** What one rate takes of one document; the amounts are in the document's currency, rounded. */
export interface TaxRow {
  readonly taxRateId: string;
  readonly name: string;
  readonly percentage: DecimalText;
  readonly inclusive: boolean;
  /** The amount without tax that the rate applies to; the same for all rates of a document. */
  readonly taxable: Decimal;
  readonly amount: Decimal;
}

export interface DocumentTaxes {
  /** In the order of the rates. */
  readonly taxes: readonly TaxRow[];
  readonly taxTotal: Decimal;
  readonly total: Decimal;
}

const HUNDRED = decimal('100');

/**
 * The taxes of a document and its total (billing rules 7, "Tax"). Each rate is rounded by itself, once, over the whole
 * document. Exclusive rates come on top of the subtotal; inclusive ones are contained in it. A negative subtotal gives
 * negative taxes; no rates (an exempt customer, say) give no rows.
 *
 * @param document `subtotal` is rounded to the currency's decimals.
 * @throws RangeError if some of the rates are inclusive and some exclusive: `hasMixedRates` looks first
 */
export function computeTaxes(document: {
  readonly subtotal: Decimal;
  readonly rates: readonly TaxRateTerms[];
  readonly currency: string;
}): DocumentTaxes {
  const { subtotal, rates, currency } = document;
  if (hasMixedRates(rates)) throw new RangeError('inclusive and exclusive tax rates on one document');
  const isInclusive = rates.some(({ inclusive }) => inclusive);
  // What the subtotal is, in per cent of the amount without tax.
  const base = isInclusive ? HUNDRED.plus(sumOf(rates.map(({ percentage }) => decimal(percentage)))) : HUNDRED;
  const amountOf = ({ percentage }: TaxRateTerms) =>
    roundMoney(quotient(subtotal.times(decimal(percentage)), base), currency);
  const rated = rates.map((rate) => ({ rate, amount: amountOf(rate) }));
  const taxTotal = sumOf(rated.map(({ amount }) => amount));
  const taxable = isInclusive ? subtotal.minus(taxTotal) : subtotal;
  return {
    taxes: rated.map(({ rate: { id, name, percentage, inclusive }, amount }) => {
      return { taxRateId: id, name, percentage, inclusive, taxable, amount };
    }),
    taxTotal,
    total: taxable.plus(taxTotal),
  };
}

/** Whether the rates cannot stand on one document: some contained in its amounts, some on top of them. */
export function hasMixedRates(rates: readonly Pick<TaxRateTerms, 'inclusive'>[]): boolean {
  return new Set(rates.map(({ inclusive }) => inclusive)).size > 1;
}
