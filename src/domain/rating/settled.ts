import { type Decimal, sumOf } from '../decimal.ts';
import type { LineKind, SettledAmount } from './model.ts';

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

/** What was billed for all charges of a period, in advance too: what the plan's minimum is measured by. */
export function settledOtherThanMinimum(settled: readonly SettledAmount[]): Decimal {
  return sumOf(settled.filter(({ chargeId }) => chargeId !== null).map(({ amount }) => amount));
}
