import { type Decimal, decimal, maxDecimal, minDecimal, ZERO } from '../decimal.ts';
import { roundMoney } from '../money.ts';
import type { Charge, FlatCharge, UsageCharge } from '../plan.ts';
import { pricingRules } from '../pricing/registry.ts';
import type { CoveredStretch, LineBounds, LineKind, RatedLine, RatedPeriod } from './model.ts';
import { advanceShareOf, isProrated, maximumShareOf, shareOf, unusedShareOf } from './proration.ts';
import { withinDigits } from './unrateable.ts';

/** The period that a line bills, what rounds it, and what was billed before of the same charge and period. */
export interface LineContext {
  readonly currency: string;
  readonly period: RatedPeriod;
  /** An interim bills what was used so far: no minimum, and the whole maximum, since its period goes on. */
  readonly isInterim: boolean;
  readonly previouslyBilled: Decimal;
}

/** Usage of one charge over the period, after a negative quantity became 0, and the credits drawn for it. */
export interface LineUsage {
  /** null in an estimate: it has quantities, not events. */
  readonly eventCount: number | null;
  readonly units: Decimal;
  readonly credited: Decimal;
  /** How credits covered it; empty in an estimate. */
  readonly stretches?: readonly CoveredStretch[];
}

/** usage → credits → model → minimum and maximum → round, cumulative over the period, minus what was billed before. */
export function usageLine(charge: UsageCharge, usage: LineUsage, context: LineContext): RatedLine {
  const rules = pricingRules(charge.pricingModel);
  const quantity = withinDigits(
    usage.units.times(rules.creditUse(charge).perUnit),
    'quantity_too_large',
    `The quantity of ${describe(charge)}`,
  );
  // Late usage may be negative where credits were drawn before: they stay drawn.
  const billable = maxDecimal(quantity.minus(usage.credited), ZERO);
  const price = rules.price(charge, billable);
  const bounds = boundsOf(charge, price.amountUnrounded, context);
  return {
    ...lineOf(charge, 'usage', context),
    ...amountsOf(charge, bounded(bounds), context),
    eventCount: usage.eventCount,
    quantity,
    usageQuantity: usage.units,
    creditedQuantity: usage.credited,
    billableQuantity: billable,
    tiers: price.tiers,
    bounds,
    stretches: usage.stretches ?? [],
  };
}

/** A flat in arrears, of a cut period its part; null where the period bills none. */
export function flatLine(charge: FlatCharge, eventCount: number | null, context: LineContext): RatedLine | null {
  const share = shareOf(decimal(charge.amount), context.period);
  if (share === null) return null;
  const line = { ...lineOf(charge, 'flat', context), ...amountsOf(charge, share, context), eventCount };
  return isProrated(context.period) ? { ...line, description: `${line.description} (prorated)` } : line;
}

/** A flat in advance, for all of the period that opens; null where the period bills none. */
export function advanceLine(charge: FlatCharge, context: LineContext): RatedLine | null {
  const period = { ...context.period, end: context.period.fullEnd };
  const share = advanceShareOf(decimal(charge.amount), period);
  if (share === null) return null;
  const line = { ...lineOf(charge, 'flat', { ...context, period }), ...amountsOf(charge, share, context) };
  return isProrated(period) ? { ...line, description: `${line.description} (prorated)` } : line;
}

/** The unused part of what was billed in advance, as a negative line; null where nothing is to be returned. */
export function returnLine(charge: FlatCharge, billed: Decimal, context: LineContext): RatedLine | null {
  const unused = unusedShareOf(billed, context.period).negated();
  if (unused.isZero() && context.previouslyBilled.isZero()) return null;
  const line = { ...lineOf(charge, 'proration', context), ...amountsOf(charge, unused, context) };
  return { ...line, description: `${describe(charge)} (unused part)` };
}

/** What the plan's minimum asks for beyond `billed`, the sum of all other lines of the period; null where nothing. */
export function minimumLine(minimum: Decimal, billed: Decimal, context: LineContext): RatedLine | null {
  const share = shareOf(minimum, context.period) ?? ZERO;
  const missing = withinDigits(maxDecimal(share.minus(billed), ZERO), 'amount_too_large', 'The plan minimum');
  const rounded = roundMoney(missing, context.currency);
  if (rounded.isZero() && context.previouslyBilled.isZero()) return null;
  return {
    ...blankLine('minimum', 'Plan minimum', context),
    amountUnrounded: missing,
    amount: rounded.minus(context.previouslyBilled),
  };
}

function boundsOf(charge: UsageCharge, modelAmount: Decimal, { period, isInterim }: LineContext): LineBounds {
  const { minimumAmount, maximumAmount } = charge;
  const maximum = maximumAmount === null ? null : decimal(maximumAmount);
  if (isInterim) return { modelAmount, minimum: null, maximum };
  return {
    modelAmount,
    minimum: minimumAmount === null ? null : shareOf(decimal(minimumAmount), period),
    maximum: maximum === null ? null : maximumShareOf(maximum, period),
  };
}

function bounded({ modelAmount, minimum, maximum }: LineBounds): Decimal {
  const raised = minimum === null ? modelAmount : maxDecimal(modelAmount, minimum);
  return maximum === null ? raised : minDecimal(raised, maximum);
}

function amountsOf(charge: Charge, unrounded: Decimal, { currency, previouslyBilled }: LineContext) {
  const amountUnrounded = withinDigits(unrounded, 'amount_too_large', `The amount of ${describe(charge)}`);
  return { amountUnrounded, amount: roundMoney(amountUnrounded, currency).minus(previouslyBilled) };
}

function lineOf(charge: Charge, kind: LineKind, context: LineContext) {
  return {
    ...blankLine(kind, describe(charge), context),
    chargeId: charge.id,
    eventName: charge.eventName,
    pricingModel: charge.pricingModel,
  };
}

function blankLine(kind: LineKind, description: string, { period, previouslyBilled }: LineContext) {
  return {
    chargeId: null,
    kind,
    period: { number: period.number, start: period.start, end: period.end },
    description,
    eventName: null,
    pricingModel: null,
    eventCount: null,
    quantity: null,
    usageQuantity: null,
    creditedQuantity: null,
    billableQuantity: null,
    previouslyBilled,
    tiers: [],
    bounds: null,
    stretches: [],
  };
}

export function describe(charge: Charge): string {
  return charge.name ?? charge.eventName ?? 'Flat fee';
}
