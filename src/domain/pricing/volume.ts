import { meteredFromJson, meteredToJson, tiersFromJson, tiersToJson } from '../charge-json.ts';
import { type Decimal, decimal, ONE, ZERO } from '../decimal.ts';
import type { VolumeCharge } from '../plan.ts';
import type { Price, PricingRules } from './model.ts';
import { priceInTier, tierFaults } from './tiers.ts';

/** The whole quantity at the price of the tier that contains it, plus that tier's flat amount. */
export const volume: PricingRules<VolumeCharge> = {
  price: priceVolume,
  creditUse: () => ({ perUnit: ONE, freeUnits: ZERO }),
  faults: tierFaults,
  toJson: (charge) => ({ ...meteredToJson(charge), tiers: tiersToJson(charge.tiers) }),
  fromJson: (json) => ({ pricingModel: 'volume', ...meteredFromJson(json), tiers: tiersFromJson(json) }),
};

function priceVolume(charge: VolumeCharge, quantity: Decimal): Price {
  // Tiers cover (0, ∞): quantity 0 is in none, and costs nothing.
  if (quantity.isZero()) return { amountUnrounded: ZERO, tiers: [] };
  const tier = charge.tiers.find(({ upTo }) => upTo === null || quantity.lessThanOrEqualTo(decimal(upTo)));
  if (tier === undefined) throw new RangeError(`charge ${charge.id}: no tier contains ${quantity.toFixed()}`);
  const priced = priceInTier(tier, quantity);
  return { amountUnrounded: priced.amountUnrounded, tiers: [priced] };
}
