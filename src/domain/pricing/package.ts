import { decimalField, meteredFromJson, meteredToJson } from '../charge-json.ts';
import { type Decimal, decimal, maxDecimal, ONE, ZERO } from '../decimal.ts';
import type { PackageCharge } from '../plan.ts';
import { negativeFaults, notPositiveFaults } from '../field-fault.ts';
import type { Price, PricingRules } from './model.ts';

/** Whole packages: ceil(max(Q − free_units, 0) ÷ package_size) × package_amount. */
export const packages: PricingRules<PackageCharge> = {
  price: pricePackages,
  creditUse: (charge) => ({ perUnit: ONE, freeUnits: decimal(charge.freeUnits) }),
  faults: (charge) => [
    ...notPositiveFaults('package_size', charge.packageSize),
    ...negativeFaults('package_amount', charge.packageAmount),
    ...negativeFaults('free_units', charge.freeUnits),
  ],
  toJson: (charge) => ({
    ...meteredToJson(charge),
    package_size: charge.packageSize,
    package_amount: charge.packageAmount,
    free_units: charge.freeUnits,
  }),
  fromJson: (json) => ({
    pricingModel: 'package',
    ...meteredFromJson(json),
    packageSize: decimalField(json, 'package_size'),
    packageAmount: decimalField(json, 'package_amount'),
    freeUnits: decimalField(json, 'free_units'),
  }),
};

function pricePackages(charge: PackageCharge, quantity: Decimal): Price {
  const size = decimal(charge.packageSize);
  const paid = maxDecimal(quantity.minus(decimal(charge.freeUnits)), ZERO);
  const full = paid.dividedToIntegerBy(size);
  const begun = full.times(size).lessThan(paid) ? full.plus(ONE) : full;
  return { amountUnrounded: begun.times(decimal(charge.packageAmount)), tiers: [] };
}
