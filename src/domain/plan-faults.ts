import type { Fault } from './errors/failure.ts';
import { decimal } from './decimal.ts';
import { LIMITS } from './limits.ts';
import { type Charge, isUsageCharge, type UsageCharge } from './plan.ts';
import { fault, negativeFaults } from './field-fault.ts';
import { pricingRules } from './pricing/registry.ts';

/**
 * What well-formed charges of one plan break of the rules of billing rules 4; empty when the plan is sound. Every
 * fault at once, each `param` a path from the plan: `charges[1].tiers[0].up_to`.
 */
export function chargeFaults(charges: readonly Charge[]): Fault[] {
  if (charges.length === 0) {
    return [fault('charges', 'too_few', 'must have at least one charge.')];
  }
  if (charges.length > LIMITS.charges) {
    return [fault('charges', 'too_many', `must have at most ${LIMITS.charges} charges.`)];
  }
  return [...charges.flatMap((charge, index) => faultsAt(`charges[${index}]`, charge)), ...duplicateFaults(charges)];
}

/** Faults of one charge by itself, each `param` a path from the charge: `tiers[0].up_to`. */
export function faultsOfCharge(charge: Charge): Fault[] {
  const metered = isUsageCharge(charge) ? [...aggregationFaults(charge), ...boundFaults(charge)] : [];
  return [...metered, ...pricingRules(charge.pricingModel).faults(charge)];
}

function faultsAt(path: string, charge: Charge): Fault[] {
  return faultsOfCharge(charge).map((inner) => ({
    ...inner,
    param: `${path}.${inner.param}`,
    message: `${path}.${inner.message}`,
  }));
}

function aggregationFaults({ aggregation }: UsageCharge): Fault[] {
  if (aggregation.property !== '') return [];
  return [fault('aggregation.property', 'missing', `is needed for ${aggregation.type}.`)];
}

function boundFaults({ minimumAmount, maximumAmount }: UsageCharge): Fault[] {
  const faults = [
    ...(minimumAmount === null ? [] : negativeFaults('minimum_amount', minimumAmount)),
    ...(maximumAmount === null ? [] : negativeFaults('maximum_amount', maximumAmount)),
  ];
  const isReversed =
    minimumAmount !== null && maximumAmount !== null && decimal(maximumAmount).lessThan(decimal(minimumAmount));
  if (isReversed)
    faults.push(fault('maximum_amount', 'too_small', `must not be below minimum_amount ${minimumAmount}.`));
  return faults;
}

function duplicateFaults(charges: readonly Charge[]): Fault[] {
  return charges.flatMap(({ id }, index) => {
    const first = charges.findIndex((charge) => charge.id === id);
    return first === index ? [] : [fault(`charges[${index}].id`, 'duplicate', `is also that of charges[${first}].`)];
  });
}
