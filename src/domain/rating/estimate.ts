import { type Decimal, isNegative, isPositive, sumOf, ZERO } from '../decimal.ts';
import type { Fault } from '../errors/failure.ts';
import { instantFromMicros } from '../instant.ts';
import { type Charge, isUsageCharge } from '../plan.ts';
import { fault } from '../field-fault.ts';
import { flatLine, usageLine } from './lines.ts';
import type { RatedLine, RatedPeriod } from './model.ts';
import { withinDigits } from './unrateable.ts';

export interface EstimateInput {
  readonly currency: string;
  readonly charges: readonly Charge[];
  /** Aggregated quantities by event name (of each charge with it) or by charge id (which goes first). */
  readonly usage: ReadonlyMap<string, Decimal>;
}

export type Estimate =
  | { readonly faults: readonly Fault[]; readonly lines: null; readonly subtotal: null }
  | { readonly faults: null; readonly lines: readonly RatedLine[]; readonly subtotal: Decimal };

// Any full period: what counts is that it isn't cut.
const FULL_PERIOD: RatedPeriod = {
  start: instantFromMicros(0n),
  end: instantFromMicros(1n),
  fullStart: instantFromMicros(0n),
  fullEnd: instantFromMicros(1n),
};

/**
 * The lines of a full period with these quantities, without credits: the same computation as an invoice's. Charges
 * without a quantity have 0. Names that no charge has, and negative quantities, come back as faults with paths such as
 * `usage.api_call`. Throws UnrateableError like `ratePeriod`.
 */
export function estimateLines(input: EstimateInput): Estimate {
  const faults = usageFaults(input);
  if (faults.length > 0) return { faults, lines: null, subtotal: null };
  const lines = input.charges.flatMap((charge) => estimateLine(charge, input));
  const subtotal = withinDigits(sumOf(lines.map(({ amount }) => amount)), 'amount_too_large', 'The subtotal');
  return { faults: null, lines, subtotal };
}

function estimateLine(charge: Charge, { currency, usage }: EstimateInput): RatedLine[] {
  const billing = { currency, previouslyBilled: ZERO };
  const units = usage.get(charge.id) ?? usage.get(charge.eventName ?? '') ?? ZERO;
  if (isUsageCharge(charge)) return [usageLine(charge, { eventCount: null, units, credited: ZERO }, billing)];
  if (charge.chargeWhen === 'used' && !isPositive(units)) return [];
  return [flatLine(charge, { period: FULL_PERIOD, eventCount: null, billing })];
}

function usageFaults({ charges, usage }: EstimateInput): Fault[] {
  const known = new Set(charges.flatMap(({ id, eventName }) => [id, eventName]));
  return [...usage].flatMap(([name, quantity]): Fault[] => {
    const param = `usage.${name}`;
    if (!known.has(name)) {
      return [fault(param, 'unknown_name', 'is neither the event name nor the id of a charge of this plan.')];
    }
    return isNegative(quantity) ? [fault(param, 'too_small', 'must not be negative.')] : [];
  });
}
