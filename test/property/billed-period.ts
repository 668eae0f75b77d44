import fc from 'fast-check';
import { type Decimal, decimal, type DecimalText, ZERO } from '../../src/domain/decimal.ts';
import { type Instant, instantFromMicros } from '../../src/domain/instant.ts';
import { type Charge, isUsageCharge } from '../../src/domain/plan.ts';
import type { Draw, GrantView, RatedLine, RatedLines, RatedPeriod, UsagePiece } from '../../src/domain/rating/model.ts';
import { rateLate } from '../../src/domain/rating/rate-late.ts';
import { type PeriodRating, rateAdvance, ratePeriod } from '../../src/domain/rating/rate-period.ts';
import type { SettledAmount } from '../../src/domain/rating/model.ts';
import { usageCuts } from '../../src/domain/rating/usage-cuts.ts';
import {
  creditCharge,
  flatCharge,
  graduatedCharge,
  packageCharge,
  perUnitCharge,
  volumeCharge,
} from '../domain/pricing/charges.ts';

/** The full period is [0, 24); events, grants, cuts and triggers lie on its ticks. */
export const END = 24;

export const tick = (number: number): Instant => instantFromMicros(BigInt(number));

export interface Usage {
  readonly name: string;
  readonly tick: number;
  readonly quantity: number;
}

/** One period of one subscription: what it is charged for, what may cover it, and where it was cut. */
export interface World {
  readonly charges: readonly Charge[];
  readonly minimum: DecimalText | null;
  readonly grants: readonly GrantView[];
  readonly end: number;
  readonly events: readonly Usage[];
}

const cents = (max: number) => fc.integer({ min: 0, max: max * 1000 }).map((each) => (each / 1000).toFixed(3));
const optional = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: null });
const bounds = fc.record({
  minimumAmount: optional(cents(4) as fc.Arbitrary<DecimalText>),
  maximumAmount: optional(cents(9) as fc.Arbitrary<DecimalText>),
});

interface Bounds {
  readonly minimumAmount: DecimalText | null;
  readonly maximumAmount: DecimalText | null;
}

/** A charge of each model, each with an event name of its own, so that none takes another's credits; three flats. */
export function chargesWithin(limits: readonly Bounds[]): Charge[] {
  return [
    perUnitCharge('0.335', { id: 'per_unit', eventName: 'per_unit', ...limits[0] }),
    graduatedCharge(
      [
        ['5', '0.3333'],
        ['12.5', '0.2', '1.005'],
        [null, '0.05'],
      ],
      { id: 'graduated', eventName: 'graduated', ...limits[1] },
    ),
    volumeCharge(
      [
        ['5', '1', '3'],
        ['15', '0.5'],
        [null, '0.105'],
      ],
      { id: 'volume', eventName: 'volume', ...limits[2] },
    ),
    packageCharge({ size: '4', amount: '1.25', free: '3' }, { id: 'package', eventName: 'package', ...limits[3] }),
    creditCharge({ perUnit: '3', unitAmount: '0.0125' }, { id: 'credit', eventName: 'credit', ...limits[4] }),
    flatCharge('9.99', { id: 'flat' }),
    flatCharge('7.77', { id: 'advance', billIn: 'advance' }),
    flatCharge('2.5', { id: 'used', eventName: 'per_unit', chargeWhen: 'used' }),
  ];
}

const someCharges: fc.Arbitrary<readonly Charge[]> = fc
  .tuple(fc.array(bounds, { minLength: 5, maxLength: 5 }), fc.nat({ max: 255 }))
  .map(([limits, some]) => chargesWithin(limits).filter((_, index) => ((some >> index) & 1) === 1));

const NAMES = ['per_unit', 'graduated', 'volume', 'package', 'credit'];

export function worlds(quantities: fc.Arbitrary<number>): fc.Arbitrary<World> {
  return fc.record({
    charges: someCharges,
    minimum: optional(cents(40) as fc.Arbitrary<DecimalText>),
    grants: fc.constant([]),
    end: fc.oneof(fc.constant(END), fc.integer({ min: 1, max: END })),
    events: fc.array(
      fc.record({
        name: fc.constantFrom(...NAMES),
        tick: fc.integer({ min: 0, max: END - 1 }),
        quantity: quantities,
      }),
      { maxLength: 25 },
    ),
  });
}

export const positive = fc.integer({ min: 1, max: 5 });
export const signed = fc.integer({ min: -5, max: 8 });

/** Grants in force from before the period until after it, each for one event name. */
export const lastingGrants: fc.Arbitrary<readonly GrantView[]> = fc
  .array(fc.tuple(fc.constantFrom(...NAMES), fc.nat({ max: 25 }), fc.constantFrom(10, 50)), { maxLength: 6 })
  .map((list) =>
    list.map(([name, units, priority], index) => ({
      id: `cg_${index}`,
      effectiveAt: tick(-5),
      endsAt: null,
      priority,
      eventNames: [name],
      subscriptionId: null,
      createdAt: tick(-5),
      available: decimal(String(units)),
    })),
  );

export function periodOf({ end }: World): RatedPeriod {
  return { number: 0, start: tick(0), end: tick(end), fullStart: tick(0), fullEnd: tick(END), proration: 'by_time' };
}

function readPieces(charge: Charge, events: readonly Usage[], cuts: readonly Instant[]): UsagePiece[] {
  return cuts.slice(1).map((to, index) => {
    const from = cuts[index] ?? to;
    const counted = events.filter((event) => {
      return event.name === charge.eventName && tick(event.tick) >= from && tick(event.tick) < to;
    });
    const quantity = decimal(String(counted.reduce((sum, event) => sum + event.quantity, 0)));
    return { from, to, quantity, eventCount: counted.length, missingCount: 0, unusableCount: 0 };
  });
}

/** The books of one period: invoices that are rated one after the other, each knowing what those before billed and drew. */
export class BilledPeriod {
  readonly #world: World;
  readonly settled: SettledAmount[] = [];
  #draws: readonly Draw[] = [];

  constructor(world: World) {
    this.#world = world;
    this.#book({ lines: rateAdvance(this.#rating(periodOf(world), [])), draws: [], issues: [] });
  }

  get draws(): readonly Draw[] {
    return this.#draws;
  }

  /** All events before the trigger. */
  interim(at: number): RatedLine[] {
    const period = { ...periodOf(this.#world), end: tick(at) };
    return this.#bill(ratePeriod('interim', this.#rating(period, this.#world.events)));
  }

  close(events = this.#world.events): RatedLine[] {
    return this.#bill(ratePeriod('closing', this.#rating(periodOf(this.#world), events)));
  }

  /** What comes after the closing: `all` with what is new, `before` without. */
  late(all: readonly Usage[], before: readonly Usage[]): RatedLine[] {
    const period = periodOf(this.#world);
    const drawn = this.#draws;
    const rating = this.#rating(period, all);
    const left = rating.grants.map((grant) => ({
      ...grant,
      available: grant.available.minus(drawnFrom(grant.id, drawn)),
    }));
    const usage = this.#usage(period, before);
    const rated = rateLate({ ...rating, before: usage, grants: left, drawn });
    this.#draws = [...this.#draws, ...rated.draws];
    return this.#book(rated);
  }

  /** By charge, what was billed for it together; null is the plan's minimum. */
  billed(): Record<string, string> {
    const sums = new Map<string, Decimal>();
    for (const { chargeId, amount } of this.settled) {
      const key = chargeId ?? 'minimum';
      sums.set(key, (sums.get(key) ?? ZERO).plus(amount));
    }
    return Object.fromEntries(
      [...sums].filter(([, amount]) => !amount.isZero()).map(([key, amount]) => [key, amount.toFixed()]),
    );
  }

  #bill(rated: RatedLines): RatedLine[] {
    this.#draws = rated.draws;
    return this.#book(rated);
  }

  #book({ lines }: RatedLines): RatedLine[] {
    for (const { chargeId, kind, amount } of lines) this.settled.push({ chargeId, kind, waived: false, amount });
    return [...lines];
  }

  #usage(period: RatedPeriod, events: readonly Usage[]) {
    const { charges, grants } = this.#world;
    return new Map(
      charges.map((charge) => {
        const cuts = isUsageCharge(charge)
          ? usageCuts({ charge, grants, period, subscriptionId: 'sub_1' })
          : [period.start, period.end];
        return [charge.id, readPieces(charge, events, cuts)];
      }),
    );
  }

  #rating(period: RatedPeriod, events: readonly Usage[]): PeriodRating {
    const { charges, minimum, grants } = this.#world;
    return {
      plan: { currency: 'USD', charges, minimumAmount: minimum },
      subscriptionId: 'sub_1',
      period,
      usage: this.#usage(period, events),
      grants,
      settled: this.settled,
    };
  }
}

function drawnFrom(grantId: string, draws: readonly Draw[]): Decimal {
  return draws.reduce((sum, each) => (each.grantId === grantId ? sum.plus(each.quantity) : sum), ZERO);
}
