import { currencyDigits } from '../../currency.ts';
import { type Decimal, decimal, decimalText, isNegative, ZERO } from '../../decimal.ts';
import { formatMoney } from '../../money.ts';
import { type Charge, isUsageCharge, type UsageCharge } from '../../plan.ts';
import { pricingRules } from '../../pricing/registry.ts';
import type { RatedLine, RatedPeriod } from '../../rating/model.ts';
import { advanceShareOf, shareOf, unusedShareOf } from '../../rating/proration.ts';
import { liveAdvance } from '../../rating/settled.ts';
import type { PeriodBasis } from '../basis.ts';
import { ruleOf } from './rules.ts';

/** One step of the arithmetic of a line: `20 - 5 = 15` with full decimals. */
export interface Step {
  readonly name:
    | 'usage'
    | 'credits_per_unit'
    | 'credits'
    | 'tier'
    | 'price'
    | 'proration'
    | 'minimum'
    | 'maximum'
    | 'rounding'
    | 'previously_billed'
    | 'amount';
  readonly formula: string;
  readonly result: string;
}

export interface LineExplanation {
  readonly line: RatedLine;
  readonly charge: Charge | null;
  readonly rule: string;
  /** From what was used to what is billed; the last one's result is the line's amount. */
  readonly steps: readonly Step[];
}

/** Tells how a line came about, from the same values that it was computed with. */
export function explainLine(line: RatedLine, period: PeriodBasis, currency: string): LineExplanation {
  const charge = period.plan.charges.find(({ id }) => id === line.chargeId) ?? null;
  const steps = [...unroundedSteps(line, charge, period), ...roundingSteps(line, currency)];
  return { line, charge, rule: ruleOf(line, charge), steps };
}

function unroundedSteps(line: RatedLine, charge: Charge | null, basis: PeriodBasis): Step[] {
  if (charge === null) return minimumSteps(line, basis);
  if (isUsageCharge(charge)) return usageSteps(line, charge);
  const amount = decimal(charge.amount);
  if (line.kind === 'proration') {
    const billed = liveAdvance(basis.settled, charge.id);
    return [returnStep(billed, basis.period)];
  }
  const ahead = charge.billIn === 'advance';
  const to = ahead ? basis.period.fullEnd : basis.period.end;
  const price = step('price', charge.name ?? 'Flat fee', amount);
  if (amount.equals(line.amountUnrounded)) return [price];
  const share = ahead ? (advanceShareOf(amount, basis.period) ?? line.amountUnrounded) : line.amountUnrounded;
  return [price, step('proration', partText(amount, to - basis.period.start, fullOf(basis.period)), share)];
}

function usageSteps(line: RatedLine, charge: UsageCharge): Step[] {
  const { quantity, usageQuantity, creditedQuantity, billableQuantity, bounds } = line;
  if (quantity === null || usageQuantity === null || creditedQuantity === null || billableQuantity === null) return [];
  const { perUnit } = pricingRules(charge.pricingModel).creditUse(charge);
  const steps = [step('usage', usageText(charge, line), usageQuantity)];
  if (!quantity.equals(usageQuantity)) {
    steps.push(step('credits_per_unit', `${text(usageQuantity)} × ${text(perUnit)} credits a unit`, quantity));
  }
  steps.push(step('credits', `${text(quantity)} - ${text(creditedQuantity)} covered by credits`, billableQuantity));
  steps.push(...priceSteps(line, charge, billableQuantity));
  if (bounds === null) return steps;
  let amount = bounds.modelAmount;
  const apply = (name: 'minimum' | 'maximum', bound: Decimal | null, full: string | null) => {
    if (bound === null) return;
    const part = full === null || decimal(full).equals(bound) ? '' : ` (${full} × the period's part)`;
    const isOver = name === 'minimum' ? amount.lessThan(bound) : amount.greaterThan(bound);
    steps.push(
      step(name, `${name} ${text(bound)}${part}, ${isOver ? 'applies' : 'not reached'}`, isOver ? bound : amount),
    );
    if (isOver) amount = bound;
  };
  apply('minimum', bounds.minimum, charge.minimumAmount);
  apply('maximum', bounds.maximum, charge.maximumAmount);
  return steps;
}

function usageText(charge: UsageCharge, line: RatedLine): string {
  const { type, property } = charge.aggregation;
  const of = property === null ? charge.eventName : `${property} of ${charge.eventName}`;
  return line.eventCount === null ? `${type} of ${of}` : `${type} of ${of} over ${line.eventCount} events`;
}

function priceSteps({ tiers, bounds, amountUnrounded }: RatedLine, charge: UsageCharge, quantity: Decimal): Step[] {
  const amount = bounds?.modelAmount ?? amountUnrounded;
  switch (charge.pricingModel) {
    case 'per_unit':
    case 'credit':
      return [step('price', `${text(quantity)} × ${charge.unitAmount}`, amount)];
    case 'package': {
      const free = decimal(charge.freeUnits);
      const paid = free.isZero() ? text(quantity) : `(${text(quantity)} - ${text(free)} free)`;
      return [step('price', `packages of ${charge.packageSize} begun in ${paid} × ${charge.packageAmount}`, amount)];
    }
    case 'graduated':
    case 'volume': {
      const parts = tiers.map((tier) => {
        const flat = decimal(tier.flatAmount).isZero() ? '' : ` + ${tier.flatAmount}`;
        const upTo = tier.upTo === null ? 'above' : `up to ${tier.upTo}`;
        return step('tier', `${upTo}: ${text(tier.quantity)} × ${tier.unitAmount}${flat}`, tier.amountUnrounded);
      });
      if (tiers.length === 1) return [...parts, step('price', 'the tier', amount)];
      const sum = tiers.map((tier) => text(tier.amountUnrounded)).join(' + ');
      return [...parts, step('price', sum === '' ? 'no quantity' : sum, amount)];
    }
  }
}

function minimumSteps(line: RatedLine, { plan, period }: PeriodBasis): Step[] {
  const asked = decimal(plan.minimumAmount ?? '0');
  const share = shareOf(asked, period) ?? ZERO;
  const steps: Step[] = [];
  if (!share.equals(asked)) {
    steps.push(step('proration', partText(asked, period.end - period.start, fullOf(period)), share));
  }
  const others = line.amountUnrounded.isZero()
    ? `plan minimum ${text(share)}, reached by the other lines of the period`
    : `plan minimum ${text(share)} - ${text(share.minus(line.amountUnrounded))} of the other lines of the period`;
  return [...steps, step('minimum', others, line.amountUnrounded)];
}

function returnStep(billed: Decimal, period: RatedPeriod): Step {
  const unused = period.fullEnd - period.end;
  const ahead = period.fullEnd - period.start;
  return step('proration', `-(${partText(billed, unused, ahead)})`, unusedShareOf(billed, period).negated());
}

function roundingSteps(line: RatedLine, currency: string): Step[] {
  const digits = currencyDigits(currency);
  const rounded = line.amount.plus(line.previouslyBilled);
  const steps = [
    money('rounding', `${text(line.amountUnrounded)} half up to ${digits} decimals`, { amount: rounded, currency }),
  ];
  if (!line.previouslyBilled.isZero()) {
    const before = formatMoney(line.previouslyBilled, currency);
    const formula = `${formatMoney(rounded, currency)} ${isNegative(line.previouslyBilled) ? `+ ${before.slice(1)}` : `- ${before}`} billed before`;
    steps.push(money('previously_billed', formula, { amount: line.amount, currency }));
  }
  return [...steps, money('amount', 'the line', { amount: line.amount, currency })];
}

function partText(amount: Decimal, micros: bigint, ofMicros: bigint): string {
  return `${text(amount)} × ${micros} µs ÷ ${ofMicros} µs`;
}

function fullOf(period: RatedPeriod): bigint {
  return period.fullEnd - period.fullStart;
}

function step(name: Step['name'], formula: string, result: Decimal): Step {
  return { name, formula, result: decimalText(result) };
}

function money(name: Step['name'], formula: string, { amount, currency }: { amount: Decimal; currency: string }): Step {
  return { name, formula, result: formatMoney(amount, currency) };
}

function text(value: Decimal): string {
  return decimalText(value);
}
