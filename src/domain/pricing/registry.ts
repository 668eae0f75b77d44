import type { Charge, ChargeOf, PricingModel } from '../plan.ts';
import { credit } from './credit.ts';
import { flat } from './flat.ts';
import { graduated } from './graduated.ts';
import type { PricingRules } from './model.ts';
import { packages } from './package.ts';
import { perUnit } from './per-unit.ts';
import { volume } from './volume.ts';

/** Every pricing model, registered by the name that charges carry. */
const RULES: { readonly [Model in PricingModel]: PricingRules<ChargeOf<Model>> } = {
  flat,
  per_unit: perUnit,
  graduated,
  volume,
  package: packages,
  credit,
};

/** The rules of a model; they take charges of that model only, so look them up by the charge's own. */
export function pricingRules(model: PricingModel): PricingRules<Charge> {
  return RULES[model];
}
