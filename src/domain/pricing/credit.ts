import { decimalField, meteredFromJson, meteredToJson } from '../charge-json.ts';
import { decimal, ZERO } from '../decimal.ts';
import type { CreditCharge } from '../plan.ts';
import { negativeFaults, notPositiveFaults } from '../field-fault.ts';
import type { PricingRules } from './model.ts';

/** Usage × credits_per_unit credits come from grants; the quantity is the credits that they don't cover. */
export const credit: PricingRules<CreditCharge> = {
  price: (charge, quantity) => ({ amountUnrounded: quantity.times(decimal(charge.unitAmount)), tiers: [] }),
  creditUse: (charge) => ({ perUnit: decimal(charge.creditsPerUnit), freeUnits: ZERO }),
  faults: (charge) => [
    ...notPositiveFaults('credits_per_unit', charge.creditsPerUnit),
    ...negativeFaults('unit_amount', charge.unitAmount),
  ],
  toJson: (charge) => ({
    ...meteredToJson(charge),
    unit_amount: charge.unitAmount,
    credits_per_unit: charge.creditsPerUnit,
  }),
  fromJson: (json) => ({
    pricingModel: 'credit',
    ...meteredFromJson(json),
    creditsPerUnit: decimalField(json, 'credits_per_unit'),
    unitAmount: decimalField(json, 'unit_amount'),
  }),
};
