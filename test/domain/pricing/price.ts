import { type Decimal, decimal, decimalText } from '../../../src/domain/decimal.ts';
import { formatMoney, roundMoney } from '../../../src/domain/money.ts';
import type { Charge } from '../../../src/domain/plan.ts';
import { pricingRules } from '../../../src/domain/pricing/registry.ts';

/** The unrounded price of a quantity, as text. */
export function priceOf(charge: Charge, quantity: string): string {
  return decimalText(price(charge, quantity).amountUnrounded);
}

/** The price as a line of an invoice has it. */
export function lineAmountOf(charge: Charge, quantity: string, currency: string): string {
  return formatMoney(roundMoney(price(charge, quantity).amountUnrounded, currency), currency);
}

/** The tiers that took part: [up_to, quantity, unrounded amount]. */
export function tiersTaken(charge: Charge, quantity: string): (string | null)[][] {
  return price(charge, quantity).tiers.map((tier) => [tier.upTo, ...[tier.quantity, tier.amountUnrounded].map(plain)]);
}

/** What breaks the model's rules: [path inside the charge, code]. */
export function faultsOf(charge: Charge): (string | null)[][] {
  return pricingRules(charge.pricingModel)
    .faults(charge)
    .map(({ param, code }) => [param, code]);
}

function price(charge: Charge, quantity: string) {
  return pricingRules(charge.pricingModel).price(charge, decimal(quantity));
}

function plain(value: Decimal): string {
  return decimalText(value);
}
