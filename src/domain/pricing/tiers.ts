import { type Decimal, decimal } from '../decimal.ts';
import type { Fault } from '../errors/failure.ts';
import { LIMITS } from '../limits.ts';
import type { Tier, TieredCharge } from '../plan.ts';
import type { TierAmount } from '../rating/model.ts';
import { fault, negativeFaults, notPositiveFaults } from '../field-fault.ts';

/** The quantity at the tier's unit price plus its flat amount. */
export function priceInTier(tier: Tier, quantity: Decimal): TierAmount {
  return {
    upTo: tier.upTo,
    quantity,
    unitAmount: tier.unitAmount,
    flatAmount: tier.flatAmount,
    amountUnrounded: quantity.times(decimal(tier.unitAmount)).plus(decimal(tier.flatAmount)),
  };
}

/** Tiers cover (0, ∞) without gap or overlap: bounds above 0, ascending, only the last one open (billing rules 4). */
export function tierFaults({ tiers }: TieredCharge): Fault[] {
  if (tiers.length === 0) return [fault('tiers', 'too_few', 'must have at least one tier.')];
  if (tiers.length > LIMITS.tiers) {
    return [fault('tiers', 'too_many', `must have at most ${LIMITS.tiers} tiers.`)];
  }
  return tiers.flatMap((tier, index) => [
    ...boundFaults(tier, index, tiers),
    ...negativeFaults(`tiers[${index}].unit_amount`, tier.unitAmount),
    ...negativeFaults(`tiers[${index}].flat_amount`, tier.flatAmount),
  ]);
}

function boundFaults({ upTo }: Tier, index: number, tiers: readonly Tier[]): Fault[] {
  const param = `tiers[${index}].up_to`;
  const isLast = index === tiers.length - 1;
  if (upTo === null) {
    return isLast ? [] : [fault(param, 'open_tier', 'may be null only in the last tier.')];
  }
  const faults = notPositiveFaults(param, upTo);
  const previous = tiers[index - 1]?.upTo ?? null;
  if (previous !== null && decimal(upTo).lessThanOrEqualTo(decimal(previous))) {
    faults.push(fault(param, 'tiers_not_ascending', `must be above the previous tier's ${previous}.`));
  }
  if (isLast) faults.push(fault(param, 'bounded_last_tier', 'must be null in the last tier.'));
  return faults;
}
