import { type Decimal, ZERO } from '../decimal.ts';
import { roundMoney } from '../money.ts';
import type { Charge, FlatCharge, UsageCharge } from '../plan.ts';
import type { Price } from '../pricing/model.ts';
import { pricingRules } from '../pricing/registry.ts';
import type { RatedLine, RatedPeriod } from './model.ts';
import { isCut, prorate } from './proration.ts';
import { withinDigits } from './unrateable.ts';

/** What rounds a line, and what earlier live invoices of the period billed for its charge. */
export interface Billing {
  readonly currency: string;
  readonly previouslyBilled: Decimal;
}

/** Usage of one charge over the period, after a negative sum became 0, and the credits drawn for it. */
export interface LineUsage {
  /** null in an estimate: it has quantities, not events. */
  readonly eventCount: number | null;
  readonly units: Decimal;
  readonly credited: Decimal;
}

/** usage → credits → model → round, cumulative over the period, minus what was billed before. */
export function usageLine(charge: UsageCharge, usage: LineUsage, billing: Billing): RatedLine {
  const rules = pricingRules(charge.pricingModel);
  const quantity = withinDigits(
    usage.units.times(rules.creditUse(charge).perUnit),
    'quantity_too_large',
    `The quantity of ${describe(charge)}`,
  );
  const billable = quantity.minus(usage.credited);
  return {
    ...amountsOf(charge, rules.price(charge, billable), billing),
    kind: 'usage',
    description: describe(charge),
    eventCount: usage.eventCount,
    quantity,
    usageQuantity: usage.units,
    creditedQuantity: usage.credited,
    billableQuantity: billable,
  };
}

/** The charge's amount, of a cut period its part. `eventCount` is null for a flat that counts no events. */
export function flatLine(
  charge: FlatCharge,
  context: { readonly period: RatedPeriod; readonly eventCount: number | null; readonly billing: Billing },
): RatedLine {
  const price = pricingRules(charge.pricingModel).price(charge, ZERO);
  const prorated = { ...price, amountUnrounded: prorate(price.amountUnrounded, context.period) };
  return {
    ...amountsOf(charge, prorated, context.billing),
    kind: 'flat',
    description: isCut(context.period) ? `${describe(charge)} (prorated)` : describe(charge),
    eventCount: context.eventCount,
    quantity: null,
    usageQuantity: null,
    creditedQuantity: null,
    billableQuantity: null,
  };
}

function amountsOf(charge: Charge, price: Price, { currency, previouslyBilled }: Billing) {
  const what = `The amount of ${describe(charge)}`;
  const amountUnrounded = withinDigits(price.amountUnrounded, 'amount_too_large', what);
  return {
    chargeId: charge.id,
    eventName: charge.eventName,
    pricingModel: charge.pricingModel,
    amountUnrounded,
    amount: roundMoney(amountUnrounded, currency).minus(previouslyBilled),
    previouslyBilled,
    tiers: price.tiers,
  };
}

export function describe(charge: Charge): string {
  return charge.name ?? charge.eventName ?? 'Flat fee';
}
