import type { ChargeJson } from '../charge-json.ts';
import type { Decimal } from '../decimal.ts';
import type { Fault } from '../errors/failure.ts';
import type { Charge } from '../plan.ts';
import type { TierAmount } from '../rating/model.ts';

/** What a quantity costs, before proration and rounding. */
export interface Price {
  readonly amountUnrounded: Decimal;
  /** The tiers that took part, in order; empty for models without tiers and for quantity 0. */
  readonly tiers: readonly TierAmount[];
}

/** How a charge draws from credit grants (billing rules 5). */
export interface CreditUse {
  /** Credits that one unit of usage draws. Where it is not 1, the charge's quantities are credits. */
  readonly perUnit: Decimal;
  /** Units of the period that draw none, because they cost nothing anyway. */
  readonly freeUnits: Decimal;
}

/** All that is particular to one pricing model (billing rules 4). One file a model implements it. */
export interface PricingRules<C extends Charge> {
  /** `quantity` ≥ 0 is what credits left of the period's usage; a flat charge doesn't look at it. */
  price(charge: C, quantity: Decimal): Price;
  creditUse(charge: C): CreditUse;
  /** What a well-formed charge breaks of the model's rules; each `param` is a path inside the charge. */
  faults(charge: C): Fault[];
  toJson(charge: C): ChargeJson;
  /** Trusts what `toJson` wrote. */
  fromJson(json: ChargeJson): C;
}
