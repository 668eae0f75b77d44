import { meteredFromJson, meteredToJson, tiersFromJson, tiersToJson } from '../charge-json.ts';
import { type Decimal, decimal, minDecimal, ONE, sumOf, ZERO } from '../decimal.ts';
import type { GraduatedCharge } from '../plan.ts';
import type { TierAmount } from '../rating/model.ts';
import type { Price, PricingRules } from './model.ts';
import { priceInTier, tierFaults } from './tiers.ts';

/** Each unit in the tier it falls in; a tier's flat amount once, when the tier is entered. */
export const graduated: PricingRules<GraduatedCharge> = {
  price: priceGraduated,
  creditUse: () => ({ perUnit: ONE, freeUnits: ZERO }),
  faults: tierFaults,
  toJson: (charge) => ({ ...meteredToJson(charge), tiers: tiersToJson(charge.tiers) }),
  fromJson: (json) => ({ pricingModel: 'graduated', ...meteredFromJson(json), tiers: tiersFromJson(json) }),
};

function priceGraduated(charge: GraduatedCharge, quantity: Decimal): Price {
  const tiers: TierAmount[] = [];
  let priced = ZERO;
  for (const tier of charge.tiers) {
    // A tier covers (previous up_to, up_to]: a quantity equal to the previous bound does not enter it.
    if (quantity.lessThanOrEqualTo(priced)) break;
    const upTo = tier.upTo === null ? quantity : minDecimal(quantity, decimal(tier.upTo));
    tiers.push(priceInTier(tier, upTo.minus(priced)));
    priced = upTo;
  }
  if (!priced.equals(quantity)) throw new RangeError(`charge ${charge.id}: its tiers end at ${priced.toFixed()}`);
  return { amountUnrounded: sumOf(tiers.map((tier) => tier.amountUnrounded)), tiers };
}
