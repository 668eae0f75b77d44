import type { Fault } from './errors/failure.ts';
import { LIMITS } from './limits.ts';
import { type Charge, isUsageCharge } from './plan.ts';
import { pricingRules } from './pricing/registry.ts';

/**
 * What well-formed charges of one plan break of the rules of billing rules 4; empty when the plan is sound. Every
 * fault at once, each `param` a path from the plan: `charges[1].tiers[0].up_to`.
 */
export function chargeFaults(charges: readonly Charge[]): Fault[] {
  if (charges.length === 0) {
    return [{ param: 'charges', code: 'too_few', message: 'charges must have at least one charge.' }];
  }
  if (charges.length > LIMITS.charges) {
    const message = `charges must have at most ${LIMITS.charges} charges.`;
    return [{ param: 'charges', code: 'too_many', message }];
  }
  return [...charges.flatMap((charge, index) => faultsAt(`charges[${index}]`, charge)), ...duplicateFaults(charges)];
}

function faultsAt(path: string, charge: Charge): Fault[] {
  const faults = [...aggregationFaults(charge), ...pricingRules(charge.pricingModel).faults(charge)];
  return faults.map((fault) => ({
    ...fault,
    param: `${path}.${fault.param}`,
    message: `${path}.${fault.message}`,
  }));
}

function aggregationFaults(charge: Charge): Fault[] {
  if (!isUsageCharge(charge) || charge.aggregation.type !== 'sum' || charge.aggregation.property !== '') return [];
  const param = 'aggregation.property';
  return [{ param, code: 'required', message: `${param} is needed for a sum.` }];
}

function duplicateFaults(charges: readonly Charge[]): Fault[] {
  return charges.flatMap(({ id }, index) => {
    const first = charges.findIndex((charge) => charge.id === id);
    const param = `charges[${index}].id`;
    return first === index
      ? []
      : [{ param, code: 'duplicate', message: `${param} is also that of charges[${first}].` }];
  });
}
