import { type Decimal, decimal, isNegative, isPositive, sumOf, ZERO } from '../decimal.ts';
import type { Fault } from '../errors/failure.ts';
import { instantFromMicros } from '../instant.ts';
import { type Charge, isUsageCharge, type PlanVersion } from '../plan.ts';
import { fault } from '../field-fault.ts';
import { flatLine, type LineContext, minimumLine, usageLine } from './lines.ts';
import type { RatedLine, RatedPeriod } from './model.ts';
import { withinDigits } from './unrateable.ts';

export interface EstimateInput {
  readonly plan: Pick<PlanVersion, 'currency' | 'charges' | 'minimumAmount'>;
  /** Aggregated quantities by event name (of each charge with it) or by charge id (which goes first). */
  readonly usage: ReadonlyMap<string, Decimal>;
}

export type Estimate =
  | { readonly faults: readonly Fault[]; readonly lines: null; readonly subtotal: null }
  | { readonly faults: null; readonly lines: readonly RatedLine[]; readonly subtotal: Decimal };

// Any full period: what counts is that it isn't cut.
const FULL_PERIOD: RatedPeriod = {
  number: 0,
  start: instantFromMicros(0n),
  end: instantFromMicros(1n),
  fullStart: instantFromMicros(0n),
  fullEnd: instantFromMicros(1n),
  proration: 'by_time',
};

/**
 * The lines of a full period with these quantities, without credits: the same computation as an invoice's, advance flats
 * and the plan's minimum included. Charges without a quantity have 0. Names that no charge has, and negative quantities,
 * come back as faults with paths such as `usage.api_call`. Throws UnrateableError like `ratePeriod`.
 */
export function estimateLines(input: EstimateInput): Estimate {
  const faults = usageFaults(input);
  if (faults.length > 0) return { faults, lines: null, subtotal: null };
  const { plan } = input;
  const charged = plan.charges.flatMap((charge) => estimateLine(charge, input) ?? []);
  const billed = sumOf(charged.map(({ amount }) => amount));
  const minimum =
    plan.minimumAmount === null ? null : minimumLine(decimal(plan.minimumAmount), billed, contextOf(input));
  const lines = minimum === null ? charged : [...charged, minimum];
  const subtotal = withinDigits(sumOf(lines.map(({ amount }) => amount)), 'amount_too_large', 'The subtotal');
  return { faults: null, lines, subtotal };
}

function contextOf({ plan }: EstimateInput): LineContext {
  return { currency: plan.currency, period: FULL_PERIOD, isInterim: false, previouslyBilled: ZERO };
}

function estimateLine(charge: Charge, input: EstimateInput): RatedLine | null {
  const { usage } = input;
  const units = usage.get(charge.id) ?? usage.get(charge.eventName ?? '') ?? ZERO;
  const context = contextOf(input);
  if (isUsageCharge(charge)) return usageLine(charge, { eventCount: null, units, credited: ZERO }, context);
  // A full period bills the same for a flat in advance as for one in arrears.
  if (charge.chargeWhen === 'used' && !isPositive(units)) return null;
  return flatLine(charge, null, context);
}

function usageFaults({ plan, usage }: EstimateInput): Fault[] {
  const known = new Set(plan.charges.flatMap(({ id, eventName }) => [id, eventName]));
  return [...usage].flatMap(([name, quantity]): Fault[] => {
    const param = `usage.${name}`;
    if (!known.has(name)) {
      return [fault(param, 'unknown_name', 'is neither the event name nor the id of a charge of this plan.')];
    }
    return isNegative(quantity) ? [fault(param, 'too_small', 'must not be negative.')] : [];
  });
}
