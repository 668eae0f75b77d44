import type { ChargeJson } from './charge-json.ts';
import type { Charge } from './plan.ts';
import { pricingRules } from './pricing/registry.ts';

/** The charge as stored and answered: snake_case, every field present, null where it is not of the charge's model. */
export function chargeToJson(charge: Charge): ChargeJson {
  return pricingRules(charge.pricingModel).toJson(charge);
}

/** Reads what `chargeToJson` wrote; throws a RangeError when a field of its model is missing. */
export function chargeFromJson(json: ChargeJson): Charge {
  return pricingRules(json.pricing_model).fromJson(json);
}
