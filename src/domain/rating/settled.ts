import { type Decimal, sumOf } from '../decimal.ts';
import { roundMoney } from '../money.ts';
import { isUsageCharge, type PlanVersion } from '../plan.ts';
import type { LineKind, RatedPeriod, SettledAmount } from './model.ts';
import { unusedShareOf } from './proration.ts';

/** What was billed for one charge of a period (null: the plan's minimum) by lines of these kinds. */
export function settledFor(
  settled: readonly SettledAmount[],
  chargeId: string | null,
  kinds: readonly LineKind[],
): Decimal {
  return sumOf(
    settled.filter((each) => each.chargeId === chargeId && kinds.includes(each.kind)).map(({ amount }) => amount),
  );
}

/** What live invoices billed of a flat in advance: a cut returns its unused part (billing rules 6). */
export function liveAdvance(settled: readonly SettledAmount[], chargeId: string): Decimal {
  return settledFor(
    settled.filter(({ waived }) => !waived),
    chargeId,
    ['flat'],
  );
}

/**
 * What was billed for all charges of a period, in advance too: what the plan's minimum is measured by. Of an advance flat
 * that was waived the part behind a cut does not count, as it would have been returned: the minimum is that of the cut
 * period too.
 */
export function settledOtherThanMinimum(past: {
  readonly plan: Pick<PlanVersion, 'charges' | 'currency'>;
  readonly period: RatedPeriod;
  readonly settled: readonly SettledAmount[];
}): Decimal {
  const { plan, period, settled } = past;
  const isAhead = (id: string | null) =>
    plan.charges.some((charge) => charge.id === id && !isUsageCharge(charge) && charge.billIn === 'advance');
  const waivedAhead = settled.filter(({ waived, kind, chargeId }) => waived && kind === 'flat' && isAhead(chargeId));
  const unused = waivedAhead.map(({ amount }) => roundMoney(unusedShareOf(amount, period), plan.currency));
  const isReturnOfWaived = ({ waived, kind, chargeId }: SettledAmount) =>
    waived && kind === 'proration' && waivedAhead.some((flat) => flat.chargeId === chargeId);
  const counted = settled.filter((each) => each.chargeId !== null && !isReturnOfWaived(each));
  return sumOf(counted.map(({ amount }) => amount)).minus(sumOf(unused));
}
