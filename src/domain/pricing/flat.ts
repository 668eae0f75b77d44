import { decimalField, NO_MODEL_FIELDS, present } from '../charge-json.ts';
import { decimal, ZERO } from '../decimal.ts';
import type { Fault } from '../errors/failure.ts';
import type { FlatCharge } from '../plan.ts';
import { fault, negativeFaults } from '../field-fault.ts';
import type { PricingRules } from './model.ts';

/** The amount once a period, whatever the usage; draws no credits. */
export const flat: PricingRules<FlatCharge> = {
  price: (charge) => ({ amountUnrounded: decimal(charge.amount), tiers: [] }),
  creditUse: () => ({ perUnit: ZERO, freeUnits: ZERO }),
  faults: (charge) => [
    ...negativeFaults('amount', charge.amount),
    ...eventNameFaults(charge),
    ...advanceFaults(charge),
  ],
  toJson: (charge) => ({
    id: charge.id,
    name: charge.name,
    event_name: charge.eventName,
    pricing_model: 'flat',
    aggregation: null,
    filters: charge.filters,
    ...NO_MODEL_FIELDS,
    amount: charge.amount,
    bill_in: charge.billIn,
    charge_when: charge.chargeWhen,
  }),
  fromJson: (json) => ({
    pricingModel: 'flat',
    id: json.id,
    name: json.name,
    eventName: json.event_name,
    filters: json.filters,
    amount: decimalField(json, 'amount'),
    billIn: present(json, 'bill_in'),
    chargeWhen: present(json, 'charge_when'),
  }),
};

/** An advance flat is billed when its period opens; whether it will be used, nobody knows by then. */
function advanceFaults(charge: FlatCharge): Fault[] {
  if (charge.billIn !== 'advance' || charge.chargeWhen !== 'used') return [];
  return [fault('bill_in', 'invalid_value', 'can not be "advance" with charge_when "used".')];
}

function eventNameFaults(charge: FlatCharge): Fault[] {
  if (charge.eventName !== null) return [];
  const needing = charge.chargeWhen === 'used' ? 'charge_when "used"' : 'filters';
  if (charge.chargeWhen !== 'used' && Object.keys(charge.filters).length === 0) return [];
  return [fault('event_name', 'missing', `is needed for ${needing}.`)];
}
