import { type Decimal, decimal, type DecimalText, decimalText, sumOf, ZERO } from '../../../src/domain/decimal.ts';
import { type Instant, instantFromMicros } from '../../../src/domain/instant.ts';
import type { Charge } from '../../../src/domain/plan.ts';
import type {
  GrantView,
  RatedLines,
  RatedPeriod,
  SettledAmount,
  UsagePiece,
} from '../../../src/domain/rating/model.ts';
import { type PeriodRating, ratePeriod } from '../../../src/domain/rating/rate-period.ts';

const MICROS_PER_DAY = 86_400_000_000n;

/** Midnight of a day of the rated month; fractions are parts of a day. */
export function day(number: number): Instant {
  return instantFromMicros((BigInt(Math.round(number * 24)) * MICROS_PER_DAY) / 24n);
}

/** Thirty days, from day 0 to day 30, or a part of them. */
export function month(start = 0, end = 30): RatedPeriod {
  return { number: 0, start: day(start), end: day(end), fullStart: day(0), fullEnd: day(30), proration: 'by_time' };
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

interface Case extends Partial<Pick<PeriodRating, 'period' | 'grants' | 'settled' | 'subscriptionId'>> {
  readonly kind?: 'closing' | 'interim';
  readonly currency?: string;
  readonly charges: readonly Charge[];
  readonly minimumAmount?: string;
  /** By charge id; a single text is the quantity of the whole period. */
  readonly usage?: Readonly<Record<string, string | readonly (PieceRow | UsagePiece)[]>>;
  /** By charge id: what usage lines have billed before. */
  readonly billed?: Readonly<Record<string, string>>;
}

export interface RatedMonth extends RatedLines {
  readonly subtotal: Decimal;
}

/** Rates a closing of the whole month in dollars, unless the case says otherwise. */
export function rate({ usage = {}, billed = {}, ...given }: Case): RatedMonth {
  const period = given.period ?? month();
  const pieces = Object.entries(usage).map(([id, rows]) => [id, piecesOf(rows, period)] as const);
  const { charges, currency = 'USD', minimumAmount = null } = given;
  const settled = Object.entries(billed).map(([chargeId, amount]): SettledAmount => {
    return { chargeId, kind: 'usage', waived: false, amount: decimal(amount) };
  });
  const plan: PeriodRating['plan'] = { charges, currency, minimumAmount: minimumAmount as DecimalText | null };
  const rated = ratePeriod(given.kind ?? 'closing', {
    plan,
    grants: given.grants ?? [],
    subscriptionId: given.subscriptionId ?? 'sub_1',
    settled: given.settled ?? settled,
    period,
    usage: new Map(pieces),
  });
  return { ...rated, subtotal: sumOf(rated.lines.map(({ amount }) => amount)) };
}

function piecesOf(rows: string | readonly (PieceRow | UsagePiece)[], { start, end }: RatedPeriod): UsagePiece[] {
  if (typeof rows === 'string') return [{ ...piece([0, 0, rows]), from: start, to: end }];
  return rows.map((row) => ('from' in row ? row : piece(row)));
}

/** [charge, amount] of each line. */
export function amounts(invoice: RatedLines): string[][] {
  return invoice.lines.map((line) => [line.chargeId ?? line.kind, decimalText(line.amount)]);
}

/** [grant, charge, units] of each draw. */
export function draws(invoice: RatedLines): string[][] {
  return invoice.draws.map((draw) => [draw.grantId, draw.chargeId, decimalText(draw.quantity)]);
}

/** quantity, credited, billable of the line of a charge. */
export function quantities(invoice: RatedLines, chargeId: string): string[] {
  const line = invoice.lines.find((each) => each.chargeId === chargeId);
  const shown: (Decimal | null | undefined)[] = [line?.quantity, line?.creditedQuantity, line?.billableQuantity];
  return shown.map((value) => decimalText(value ?? ZERO));
}

/** A rating as one text, for comparing two of them. */
export function shown(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? each.toString() : each));
}
