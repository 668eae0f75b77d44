import { currencyDigits } from './currency.ts';
import type { Decimal, DecimalText } from './decimal.ts';

/** An amount in whole minor units of the currency: half goes away from zero (billing rules 1, `half_up`). */
export function roundMoney(amount: Decimal, currency: string): Decimal {
  return amount.toDecimalPlaces(currencyDigits(currency));
}

/**
 * The amount with exactly the currency's decimals, such as `31.00`. Amounts are rounded once, where they are
 * computed; one that is not rounded yet is a defect, and throws a RangeError.
 */
export function formatMoney(amount: Decimal, currency: string): DecimalText {
  const digits = currencyDigits(currency);
  if (!amount.toDecimalPlaces(digits).equals(amount)) {
    throw new RangeError(`${amount.toFixed()} is not an amount of ${currency}: more than ${digits} decimals`);
  }
  return amount.toFixed(digits) as DecimalText;
}
