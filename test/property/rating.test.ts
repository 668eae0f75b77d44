import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Decimal, decimal, sumOf, ZERO } from '../../src/domain/decimal.ts';
import { type Instant, instantFromMicros } from '../../src/domain/instant.ts';
import { type Charge, isUsageCharge } from '../../src/domain/plan.ts';
import type { GrantView, RatedLines, RatedPeriod, SettledAmount, UsagePiece } from '../../src/domain/rating/model.ts';
import { ratePeriod } from '../../src/domain/rating/rate-period.ts';
import { usageCuts } from '../../src/domain/rating/usage-cuts.ts';
import {
  creditCharge,
  flatCharge,
  graduatedCharge,
  packageCharge,
  perUnitCharge,
  volumeCharge,
} from '../domain/pricing/charges.ts';
import { shown } from '../domain/rating/rate.ts';

/** The period is [0, 24); events, grants, cuts and triggers lie on its ticks. */
const END = 24;
const NAMES = ['call', 'token', 'job'] as const;

const CHARGES: readonly Charge[] = [
  perUnitCharge('0.335', { id: 'per_unit', eventName: 'call' }),
  flatCharge('9.99', { id: 'flat' }),
  graduatedCharge(
    [
      ['5', '0.3333'],
      ['12.5', '0.2', '1.005'],
      [null, '0.05'],
    ],
    { id: 'graduated', eventName: 'token' },
  ),
  volumeCharge(
    [
      ['5', '1', '3'],
      ['15', '0.5'],
      [null, '0.105'],
    ],
    { id: 'volume', eventName: 'call' },
  ),
  packageCharge({ size: '4', amount: '1.25', free: '3' }, { id: 'package', eventName: 'job' }),
  creditCharge({ perUnit: '3', unitAmount: '0.0125' }, { id: 'credit', eventName: 'token' }),
  flatCharge('2.5', { id: 'used', eventName: 'job', chargeWhen: 'used' }),
];

interface Usage {
  readonly name: (typeof NAMES)[number];
  readonly tick: number;
  readonly quantity: number;
}

interface World {
  readonly charges: readonly Charge[];
  readonly events: readonly Usage[];
  readonly grants: readonly GrantView[];
}

const tick = (number: number): Instant => instantFromMicros(BigInt(number));
const ticks = fc.integer({ min: 0, max: END - 1 });

const grantsArb = fc
  .array(
    fc.record({
      from: fc.integer({ min: -3, max: END + 2 }),
      length: fc.option(fc.integer({ min: 0, max: END }), { nil: null }),
      priority: fc.constantFrom(10, 50),
      eventNames: fc.option(fc.subarray([...NAMES], { minLength: 1 }), { nil: null }),
      subscriptionId: fc.constantFrom(null, null, 'sub_1', 'sub_2'),
      created: fc.integer({ min: 0, max: 2 }),
      units: fc.integer({ min: 0, max: 25 }),
    }),
    { maxLength: 5 },
  )
  .map((list) =>
    list.map(
      (each, index): GrantView => ({
        id: `cg_${index}`,
        effectiveAt: tick(each.from),
        endsAt: each.length === null ? null : tick(each.from + each.length),
        priority: each.priority,
        eventNames: each.eventNames,
        subscriptionId: each.subscriptionId,
        createdAt: tick(each.created),
        available: decimal(String(each.units)),
      }),
    ),
  );

function worlds(quantities: fc.Arbitrary<number>): fc.Arbitrary<World> {
  return fc.record({
    charges: fc.shuffledSubarray([...CHARGES], { minLength: 1 }),
    events: fc.array(fc.record({ name: fc.constantFrom(...NAMES), tick: ticks, quantity: quantities }), {
      maxLength: 25,
    }),
    grants: grantsArb,
  });
}

const positive = worlds(fc.integer({ min: 1, max: 5 }));
const signed = worlds(fc.integer({ min: -5, max: 8 }));

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

interface Variation {
  readonly kind?: 'closing' | 'interim';
  readonly end?: number;
  readonly billed?: ReadonlyMap<string, Decimal>;
  /** Cuts that no grant asks for. */
  readonly extraCuts?: readonly number[];
  readonly arrange?: <T>(list: readonly T[]) => T[];
}

function rate(world: World, variation: Variation = {}): RatedMonth {
  const { kind = 'closing', end = END, billed = new Map(), extraCuts = [], arrange = (list) => [...list] } = variation;
  const span = { start: tick(0), end: tick(end), fullStart: tick(0), fullEnd: tick(END) };
  const period: RatedPeriod = { number: 0, ...span, proration: 'by_time' };
  const usage = world.charges.map((charge) => {
    const needed = isUsageCharge(charge)
      ? usageCuts({ charge, grants: world.grants, period, subscriptionId: 'sub_1' })
      : [period.start, period.end];
    const cuts = [...new Set([...needed, ...extraCuts.map(tick)])].toSorted((left, right) => Number(left - right));
    return [charge.id, arrange(readPieces(charge, world.events, cuts))] as const;
  });
  const rated = ratePeriod(kind, {
    plan: { currency: 'USD', charges: world.charges, minimumAmount: null },
    period,
    usage: new Map(usage),
    grants: arrange(world.grants),
    subscriptionId: 'sub_1',
    settled: [...billed].map(
      ([chargeId, amount]): SettledAmount => ({ chargeId, kind: 'usage', waived: false, amount }),
    ),
  });
  return { ...rated, subtotal: sumOf(rated.lines.map(({ amount }) => amount)) };
}

interface RatedMonth extends RatedLines {
  readonly subtotal: Decimal;
}

const chargeOf = (line: { readonly chargeId: string | null }) => line.chargeId ?? '';

describe('rating a period', () => {
  test('doesn’t depend on the order in which usage and grants are given', () => {
    fc.assert(
      fc.property(signed, (world) => {
        const reversed = { ...world, events: world.events.toReversed() };
        const expected = shown(rate(world));
        expect(shown(rate(reversed, { arrange: (list) => list.toReversed() }))).toBe(expected);
      }),
    );
  });

  test('doesn’t depend on cuts that no grant asks for', () => {
    fc.assert(
      fc.property(signed, fc.array(ticks, { maxLength: 6 }), (world, extraCuts) => {
        expect(shown(rate(world, { extraCuts }))).toBe(shown(rate(world)));
      }),
    );
  });

  test('is the same for one event of n units and for n events of one, event counts aside', () => {
    fc.assert(
      fc.property(positive, (world) => {
        const events = world.events.flatMap((event) =>
          Array.from({ length: event.quantity }, () => ({ ...event, quantity: 1 })),
        );
        const amounts = (invoice: RatedMonth) =>
          JSON.stringify([invoice.lines.map((line) => line.amount), invoice.draws]);
        expect(amounts(rate({ ...world, events }))).toBe(amounts(rate(world)));
      }),
    );
  });

  test('by interims and a closing bills what one closing bills, and ends with the same draws', () => {
    fc.assert(
      fc.property(signed, fc.uniqueArray(ticks, { maxLength: 4 }), (world, triggers) => {
        const billed = new Map<string, Decimal>();
        const book = (invoice: RatedMonth) => {
          for (const line of invoice.lines) {
            expect(line.previouslyBilled.equals(billed.get(chargeOf(line)) ?? ZERO)).toBe(true);
            billed.set(chargeOf(line), (billed.get(chargeOf(line)) ?? ZERO).plus(line.amount));
          }
          return invoice;
        };
        for (const end of triggers.toSorted((left, right) => left - right))
          book(rate(world, { kind: 'interim', end, billed }));
        const closing = book(rate(world, { billed }));
        const oneShot = rate(world);
        expect(closing.draws).toEqual(oneShot.draws);
        const sums = oneShot.lines.map((line) => [line.chargeId, billed.get(chargeOf(line))?.toFixed()]);
        expect(sums).toEqual(oneShot.lines.map((line) => [line.chargeId, line.amount.toFixed()]));
      }),
    );
  });

  test('adds up: quantity is credits and billable, the subtotal is its lines', () => {
    fc.assert(
      fc.property(signed, (world) => {
        const invoice = rate(world);
        expect(invoice.subtotal.equals(sumOf(invoice.lines.map((line) => line.amount)))).toBe(true);
        for (const { quantity, creditedQuantity, billableQuantity } of invoice.lines) {
          if (quantity === null) continue;
          expect(quantity.equals((creditedQuantity ?? ZERO).plus(billableQuantity ?? ZERO))).toBe(true);
          expect(billableQuantity?.lessThan(ZERO)).toBe(false);
        }
      }),
    );
  });
});

/** Credits unit by unit, as a person would: each unit of usage takes each of its credits from the first grant in line. */
function drawByHand({ charges, events, grants }: World): Map<string, number> {
  const left = new Map(grants.map((grant) => [grant.id, Number(grant.available.toFixed())]));
  const drawn = new Map<string, number>();
  const rank = (grant: GrantView) => [
    grant.priority,
    grant.endsAt === null ? Number.POSITIVE_INFINITY : Number(grant.endsAt),
    grant.eventNames === null && grant.subscriptionId === null ? 1 : 0,
    Number(grant.createdAt),
    Number(grant.id.slice(3)),
  ];
  const inLine = grants.toSorted((one, other) => {
    const index = rank(one).findIndex((value, position) => value !== rank(other)[position]);
    return index < 0 ? 0 : (rank(one)[index] ?? 0) - (rank(other)[index] ?? 0);
  });
  for (const charge of charges) {
    if (!isUsageCharge(charge)) continue;
    const perUnit = charge.pricingModel === 'credit' ? Number(charge.creditsPerUnit) : 1;
    const free = charge.pricingModel === 'package' ? Number(charge.freeUnits) : 0;
    const mine = events
      .filter((event) => event.name === charge.eventName)
      .toSorted((one, other) => one.tick - other.tick);
    let allowed = Math.max(mine.reduce((sum, event) => sum + event.quantity, 0) - free, 0) * perUnit;
    for (const event of mine) {
      for (let credit = 0; credit < event.quantity * perUnit && allowed > 0; credit += 1) {
        const at = tick(event.tick);
        const source = inLine.find(
          (grant) =>
            (left.get(grant.id) ?? 0) > 0 &&
            grant.effectiveAt <= at &&
            (grant.endsAt === null || at < grant.endsAt) &&
            (grant.eventNames === null || grant.eventNames.includes(charge.eventName)) &&
            grant.subscriptionId !== 'sub_2',
        );
        if (source === undefined) break;
        left.set(source.id, (left.get(source.id) ?? 0) - 1);
        const key = `${source.id} ${charge.id}`;
        drawn.set(key, (drawn.get(key) ?? 0) + 1);
        allowed -= 1;
      }
    }
  }
  return drawn;
}

describe('credits', () => {
  test('are drawn as a count unit by unit would draw them', () => {
    fc.assert(
      fc.property(positive, (world) => {
        const draws = rate(world).draws.map((draw) => [
          `${draw.grantId} ${draw.chargeId}`,
          Number(draw.quantity.toFixed()),
        ]);
        expect(Object.fromEntries(draws)).toEqual(Object.fromEntries(drawByHand(world)));
      }),
      { numRuns: 500 },
    );
  });

  test('are conserved: no grant gives more than it holds, no line gets other than what was drawn for it', () => {
    fc.assert(
      fc.property(signed, (world) => {
        const { draws, lines } = rate(world);
        for (const grant of world.grants) {
          const given = sumOf(draws.filter((draw) => draw.grantId === grant.id).map((draw) => draw.quantity));
          expect(given.greaterThan(grant.available)).toBe(false);
        }
        for (const line of lines) {
          const taken = sumOf(draws.filter((draw) => draw.chargeId === line.chargeId).map((draw) => draw.quantity));
          expect(taken.equals(line.creditedQuantity ?? ZERO)).toBe(true);
        }
        expect(draws.every((draw) => draw.quantity.greaterThan(ZERO))).toBe(true);
      }),
    );
  });
});
