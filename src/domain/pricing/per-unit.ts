import { decimalField, meteredFromJson, meteredToJson } from '../charge-json.ts';
import { decimal, ONE, ZERO } from '../decimal.ts';
import type { PerUnitCharge } from '../plan.ts';
import { negativeFaults } from '../field-fault.ts';
import type { PricingRules } from './model.ts';

/** Q × unit_amount. */
export const perUnit: PricingRules<PerUnitCharge> = {
  price: (charge, quantity) => ({ amountUnrounded: quantity.times(decimal(charge.unitAmount)), tiers: [] }),
  creditUse: () => ({ perUnit: ONE, freeUnits: ZERO }),
  faults: (charge) => negativeFaults('unit_amount', charge.unitAmount),
  toJson: (charge) => ({ ...meteredToJson(charge), unit_amount: charge.unitAmount }),
  fromJson: (json) => ({
    pricingModel: 'per_unit',
    ...meteredFromJson(json),
    unitAmount: decimalField(json, 'unit_amount'),
  }),
};
