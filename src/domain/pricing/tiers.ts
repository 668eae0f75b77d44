import { type Decimal, decimal } from '../decimal.ts';
import type { Fault } from '../errors/failure.ts';
import { LIMITS } from '../limits.ts';
import type { Tier, TieredCharge } from '../plan.ts';
import type { TierAmount } from '../rating/model.ts';
import { negativeFaults, notPositiveFaults } from './faults.ts';

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
  if (tiers.length === 0) return [{ param: 'tiers', code: 'too_few', message: 'tiers must have at least one tier.' }];
  if (tiers.length > LIMITS.tiers) {
    return [{ param: 'tiers', code: 'too_many', message: `tiers must have at most ${LIMITS.tiers} tiers.` }];
  }
  return tiers.flatMap((tier, index) => [
    ...boundFaults(tiers, index),
    ...negativeFaults(`tiers[${index}].unit_amount`, tier.unitAmount),
    ...negativeFaults(`tiers[${index}].flat_amount`, tier.flatAmount),
  ]);
}

function boundFaults(tiers: readonly Tier[], index: number): Fault[] {
  const param = `tiers[${index}].up_to`;
  const isLast = index === tiers.length - 1;
  const upTo = tiers[index]?.upTo ?? null;
  if (upTo === null) {
    return isLast ? [] : [{ param, code: 'open_tier', message: `${param} may be null only in the last tier.` }];
  }
  const faults = notPositiveFaults(param, upTo);
  const previous = tiers[index - 1]?.upTo ?? null;
  if (previous !== null && decimal(upTo).lessThanOrEqualTo(decimal(previous))) {
    faults.push({ param, code: 'not_ascending', message: `${param} must be above the previous tier's ${previous}.` });
  }
  if (isLast) faults.push({ param, code: 'bounded_last_tier', message: `${param} must be null in the last tier.` });
  return faults;
}
