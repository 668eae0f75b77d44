import { type Decimal, sumOf, ZERO } from '../decimal.ts';
import { type Charge, type FlatCharge, isUsageCharge, type UsageCharge } from '../plan.ts';
import { pricingRules } from '../pricing/registry.ts';
import { CreditPool } from './credit-draws.ts';
import { mayCover } from './grants.ts';
import { type Billing, flatLine, usageLine } from './lines.ts';
import type { Draw, GrantView, RatedInvoice, RatedLine, RatedPeriod, RatingIssue } from './model.ts';
import { countEvents, piecesOf, sumUsage, type UsageByCharge } from './period-usage.ts';
import { withinDigits } from './unrateable.ts';

export interface RatingInput {
  readonly currency: string;
  /** Of the plan version that the period is rated on, in plan order. */
  readonly charges: readonly Charge[];
  /** An interim bills usage only, and only lines with something new to tell. */
  readonly kind: 'closing' | 'interim';
  readonly period: RatedPeriod;
  /** By charge id, cut at least at `usageCuts`; every usage charge, and flats that are charged when used. */
  readonly usage: UsageByCharge;
  /** Of the customer; those of other subscriptions are left aside. */
  readonly grants: readonly GrantView[];
  readonly subscriptionId: string;
  /** By charge id: the sum that live invoices of the period have billed so far. */
  readonly previouslyBilled: ReadonlyMap<string, Decimal>;
}

interface RatedCharge {
  readonly line: RatedLine;
  readonly draws: readonly Draw[];
  readonly issues: readonly RatingIssue[];
}

/**
 * Rates a period, or the part of it up to an interim's trigger, from all of its usage: usage → credits → model →
 * proration of flats → round → subtotal (billing rules 7). Charges are served with credits in plan order. The same
 * input gives the same invoice. Throws UnrateableError when a quantity or amount exceeds 60 integer digits.
 */
export function ratePeriod(input: RatingInput): RatedInvoice {
  const pool = new CreditPool(input.grants.filter((grant) => mayCover(grant, input.subscriptionId)));
  const rated = input.charges.flatMap((charge) => {
    const one = isUsageCharge(charge) ? rateUsage(charge, input, pool) : rateFlat(charge, input);
    return one === null ? [] : [one];
  });
  const lines = rated.map(({ line }) => line);
  return {
    lines: input.kind === 'interim' ? lines.filter(tellsSomething) : lines,
    draws: rated.flatMap(({ draws }) => draws),
    issues: rated.flatMap(({ issues }) => issues),
    subtotal: withinDigits(sumOf(lines.map(({ amount }) => amount)), 'amount_too_large', 'The subtotal'),
  };
}

function rateUsage(charge: UsageCharge, input: RatingInput, pool: CreditPool): RatedCharge {
  const pieces = piecesOf(charge, input.usage, input.period);
  const { units, eventCount, issues } = sumUsage(charge, pieces);
  const draws = pool.draw({ charge, use: pricingRules(charge.pricingModel).creditUse(charge), pieces, units });
  const credited = sumOf(draws.map(({ quantity }) => quantity));
  return { line: usageLine(charge, { eventCount, units, credited }, billingOf(charge, input)), draws, issues };
}

/** null on an interim, for a period cut at the instant it opened, and for a flat that was to be used but was not. */
function rateFlat(charge: FlatCharge, input: RatingInput): RatedCharge | null {
  const { period } = input;
  if (input.kind === 'interim' || period.start === period.end) return null;
  const eventCount = countsEvents(charge, input) ? countEvents(piecesOf(charge, input.usage, period)) : null;
  if (charge.chargeWhen === 'used' && eventCount === 0) return null;
  return { line: flatLine(charge, { period, eventCount, billing: billingOf(charge, input) }), draws: [], issues: [] };
}

/** A flat that is always charged needs no usage; when its event name's was read, its line tells the count. */
function countsEvents(charge: FlatCharge, input: RatingInput): boolean {
  return charge.chargeWhen === 'used' || input.usage.has(charge.id);
}

function billingOf(charge: Charge, input: RatingInput): Billing {
  return { currency: input.currency, previouslyBilled: input.previouslyBilled.get(charge.id) ?? ZERO };
}

function tellsSomething(line: RatedLine): boolean {
  return !line.amount.isZero() || (line.eventCount ?? 0) > 0;
}
