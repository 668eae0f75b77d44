import { type Decimal, decimal, decimalText, ZERO } from '../../../src/domain/decimal.ts';
import { type Instant, instantFromMicros } from '../../../src/domain/instant.ts';
import type { Charge } from '../../../src/domain/plan.ts';
import type { GrantView, RatedInvoice, RatedPeriod, UsagePiece } from '../../../src/domain/rating/model.ts';
import { ratePeriod, type RatingInput } from '../../../src/domain/rating/rate-period.ts';

const MICROS_PER_DAY = 86_400_000_000n;

/** Midnight of a day of the rated month; fractions are parts of a day. */
export function day(number: number): Instant {
  return instantFromMicros((BigInt(Math.round(number * 24)) * MICROS_PER_DAY) / 24n);
}

/** Thirty days, from day 0 to day 30, or a part of them. */
export function month(start = 0, end = 30): RatedPeriod {
  return { start: day(start), end: day(end), fullStart: day(0), fullEnd: day(30) };
}

/** From day, to day, quantity. */
export type PieceRow = readonly [from: number, to: number, quantity: string];

export function piece([from, to, quantity]: PieceRow, rest: Partial<UsagePiece> = {}): UsagePiece {
  const counted = { eventCount: quantity === '0' ? 0 : 1, missingCount: 0, unusableCount: 0 };
  return { from: day(from), to: day(to), quantity: decimal(quantity), ...counted, ...rest };
}

export function grant(id: string, units: string, rest: Partial<GrantView> = {}): GrantView {
  return {
    id,
    effectiveAt: day(-100),
    endsAt: null,
    priority: 50,
    eventNames: null,
    subscriptionId: null,
    createdAt: day(-100),
    available: decimal(units),
    ...rest,
  };
}

interface Case extends Partial<Omit<RatingInput, 'usage' | 'charges' | 'previouslyBilled'>> {
  readonly charges: readonly Charge[];
  /** By charge id; a single text is the quantity of the whole period. */
  readonly usage?: Readonly<Record<string, string | readonly (PieceRow | UsagePiece)[]>>;
  readonly billed?: Readonly<Record<string, string>>;
}

/** Rates a closing of the whole month in dollars, unless the case says otherwise. */
export function rate({ usage = {}, billed = {}, ...given }: Case): RatedInvoice {
  const period = given.period ?? month();
  const pieces = Object.entries(usage).map(([id, rows]) => [id, piecesOf(rows, period)] as const);
  return ratePeriod({
    currency: 'USD',
    kind: 'closing',
    grants: [],
    subscriptionId: 'sub_1',
    previouslyBilled: new Map(Object.entries(billed).map(([id, amount]) => [id, decimal(amount)])),
    ...given,
    period,
    usage: new Map(pieces),
  });
}

function piecesOf(rows: string | readonly (PieceRow | UsagePiece)[], { start, end }: RatedPeriod): UsagePiece[] {
  if (typeof rows === 'string') return [{ ...piece([0, 0, rows]), from: start, to: end }];
  return rows.map((row) => ('from' in row ? row : piece(row)));
}

/** [charge, amount] of each line. */
export function amounts(invoice: RatedInvoice): string[][] {
  return invoice.lines.map((line) => [line.chargeId, decimalText(line.amount)]);
}

/** [grant, charge, units] of each draw. */
export function draws(invoice: RatedInvoice): string[][] {
  return invoice.draws.map((draw) => [draw.grantId, draw.chargeId, decimalText(draw.quantity)]);
}

/** quantity, credited, billable of the line of a charge. */
export function quantities(invoice: RatedInvoice, chargeId: string): string[] {
  const line = invoice.lines.find((each) => each.chargeId === chargeId);
  const shown: (Decimal | null | undefined)[] = [line?.quantity, line?.creditedQuantity, line?.billableQuantity];
  return shown.map((value) => decimalText(value ?? ZERO));
}
