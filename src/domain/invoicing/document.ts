import { type Decimal, sumOf, ZERO } from '../decimal.ts';
import type { Draw, GrantView, RatedLine, RatedLines, RatingIssue, SettledAmount } from '../rating/model.ts';
import { rateLate } from '../rating/rate-late.ts';
import { type PeriodRating, rateAdvance, ratePeriod } from '../rating/rate-period.ts';
import { withinDigits } from '../rating/unrateable.ts';
import type { InvoiceBasis, InvoiceUsage } from './basis.ts';
import { settle } from './settlement.ts';
import { computeTaxes, type TaxRow } from './tax.ts';

/** An invoice without ids, number and states: what a closing, a preview and a verification have in common. */
export interface InvoiceDocument {
  readonly lines: readonly RatedLine[];
  /** Of the invoice's own period: of all of it, not the difference to earlier invoices. */
  readonly draws: readonly Draw[];
  /** What the late events of earlier periods draw on top of what those have drawn. */
  readonly lateDraws: readonly { readonly periodNumber: number; readonly draws: readonly Draw[] }[];
  readonly issues: readonly RatingIssue[];
  /** Sum of the rounded lines. */
  readonly subtotal: Decimal;
  readonly taxes: readonly TaxRow[];
  readonly taxTotal: Decimal;
  readonly total: Decimal;
  /** Of the customer's balance; ≥ 0. */
  readonly balanceApplied: Decimal;
  readonly amountDue: Decimal;
}

/**
 * Computes an invoice: lines → subtotal → tax → total → balance (billing rules 7). Late usage draws from grants before
 * the invoice's own period does, since it was used before. Throws UnrateableError.
 */
export function computeDocument(basis: InvoiceBasis, usage: InvoiceUsage): InvoiceDocument {
  const next = basis.next === null ? [] : rateAdvance({ ...basis.next, subscriptionId: basis.subscriptionId });
  const late = lateLines(basis, usage, next);
  const own = ownLines(basis, usage, late.left);
  const lines = [...own.lines, ...next, ...late.rated.flatMap((each) => each.lines)];
  const subtotal = withinDigits(sumOf(lines.map(({ amount }) => amount)), 'amount_too_large', 'The subtotal');
  const { taxes, taxTotal, total } = computeTaxes({ subtotal, rates: basis.taxRates, currency: basis.currency });
  withinDigits(total, 'amount_too_large', 'The total');
  const { balanceApplied, amountDue } = settle({ total, balance: basis.balance });
  return {
    lines,
    draws: own.draws,
    lateDraws: late.rated.map(({ periodNumber, draws }) => ({ periodNumber, draws })),
    issues: [...own.issues, ...late.rated.flatMap(({ issues }) => issues)],
    subtotal,
    taxes,
    taxTotal,
    total,
    balanceApplied,
    amountDue,
  };
}

function ownLines(basis: InvoiceBasis, usage: InvoiceUsage, left: readonly GrantView[]): RatedLines {
  const { kind, own, subscriptionId } = basis;
  if (own === null) return { lines: [], draws: [], issues: [] };
  const rating: PeriodRating = { ...own, subscriptionId, usage: usage.own, grants: withDraws(left, own.draws) };
  switch (kind) {
    case 'closing':
    case 'interim':
      return ratePeriod(kind, rating);
    case 'opening':
      return { lines: rateAdvance(rating), draws: own.draws, issues: [] };
    case 'late':
      throw new Error('a late invoice has no period of its own');
  }
}

interface LatePeriod extends RatedLines {
  readonly periodNumber: number;
}

/**
 * The late lines of each earlier period in turn, and what they leave of the grants. A reissue may bill the advance flats
 * of a period (`ahead`) that has late usage by now: its minimum counts them.
 */
function lateLines(
  { late, grants, subscriptionId }: InvoiceBasis,
  usage: InvoiceUsage,
  ahead: readonly RatedLine[],
): { readonly rated: readonly LatePeriod[]; readonly left: readonly GrantView[] } {
  const rated: LatePeriod[] = [];
  let left = grants;
  for (const [index, period] of late.entries()) {
    const used = usage.late[index];
    if (used === undefined) throw new Error(`no usage was read for period ${period.period.number}`);
    const { number } = period.period;
    const flats = ahead.filter((line) => line.period.number === number);
    const lines = rateLate({
      ...period,
      settled: [...period.settled, ...flats.map(settledAmount)],
      subscriptionId,
      usage: used.all,
      before: used.before,
      grants: left,
      drawn: period.draws,
    });
    rated.push({ ...lines, periodNumber: number });
    left = withDraws(left, negated(lines.draws));
  }
  return { rated, left };
}

function settledAmount({ chargeId, kind, amount }: RatedLine): SettledAmount {
  return { chargeId, kind, waived: false, amount };
}

/** The grants as a period sees them: what it has drawn itself is there for it again. */
function withDraws(grants: readonly GrantView[], draws: readonly Draw[]): GrantView[] {
  const drawn = new Map<string, Decimal>();
  for (const { grantId, quantity } of draws) drawn.set(grantId, (drawn.get(grantId) ?? ZERO).plus(quantity));
  return grants.map((grant) => ({ ...grant, available: grant.available.plus(drawn.get(grant.id) ?? ZERO) }));
}

function negated(draws: readonly Draw[]): Draw[] {
  return draws.map((draw) => ({ ...draw, quantity: draw.quantity.negated() }));
}
