import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decimal, type Decimal, sumOf, ZERO } from '../../src/domain/decimal.ts';
import { instantFromMicros } from '../../src/domain/instant.ts';
import { roundMoney } from '../../src/domain/money.ts';
import { isUsageCharge, type UsageCharge } from '../../src/domain/plan.ts';
import type { RatedPeriod } from '../../src/domain/rating/model.ts';
import { prorate, unusedShareOf } from '../../src/domain/rating/proration.ts';
import {
  BilledPeriod,
  chargesWithin,
  END,
  lastingGrants,
  periodOf,
  positive,
  signed,
  tick,
  type Usage,
  type World,
  worlds,
} from './billed-period.ts';

const RUNS = { numRuns: 400 };

/** Units of each grant and charge, whichever invoice drew them. */
function drawnBy({ draws }: BilledPeriod): Record<string, string> {
  const sums = new Map<string, Decimal>();
  for (const { chargeId, quantity } of draws) sums.set(chargeId, (sums.get(chargeId) ?? ZERO).plus(quantity));
  return Object.fromEntries([...sums].map(([key, quantity]) => [key, quantity.toFixed()]));
}

function closedAtOnce(world: World): BilledPeriod {
  const books = new BilledPeriod(world);
  books.close();
  return books;
}

describe('a period', () => {
  const ticks = fc.uniqueArray(fc.integer({ min: 1, max: END }), { maxLength: 4 });

  test('billed by interims and a closing costs what one closing costs, bounds, minimum and returns included', () => {
    fc.assert(
      fc.property(worlds(signed), lastingGrants, ticks, (given, grants, triggers) => {
        const world = { ...given, grants };
        const books = new BilledPeriod(world);
        for (const at of triggers.toSorted((left, right) => left - right)) if (at <= world.end) books.interim(at);
        books.close();
        const oneShot = closedAtOnce(world);
        expect(books.billed()).toEqual(oneShot.billed());
        expect(books.draws).toEqual(oneShot.draws);
      }),
      RUNS,
    );
  });

  test('costs the same whether its events come in time or late, in whatever batches, where no credits apply', () => {
    fc.assert(
      fc.property(worlds(signed), fc.array(fc.nat({ max: 3 })), (world, arrivals) => {
        expect(billedInBatches(world, arrivals).billed()).toEqual(closedAtOnce(world).billed());
      }),
      RUNS,
    );
  });

  test('and where credits that last cover it too, with the same draws', () => {
    fc.assert(
      fc.property(worlds(positive), lastingGrants, fc.array(fc.nat({ max: 3 })), (given, grants, arrivals) => {
        const world = { ...given, grants };
        const books = billedInBatches(world, arrivals);
        const inTime = closedAtOnce(world);
        expect(books.billed()).toEqual(inTime.billed());
        expect(drawnBy(books)).toEqual(drawnBy(inTime));
      }),
      RUNS,
    );
  });

  test('costs at least its minimums and at most its maximums, each charge by itself and all of it together', () => {
    fc.assert(
      fc.property(worlds(signed), (world) => {
        const books = new BilledPeriod(world);
        const lines = books.close();
        const share = (text: string) => roundMoney(prorate(decimal(text), periodOf(world)), 'USD');
        for (const charge of world.charges.filter(isUsageCharge)) {
          const amount = sumOf(lines.filter(({ chargeId }) => chargeId === charge.id).map((line) => line.amount));
          expect(isWithin(amount, charge, share)).toBe(true);
        }
        const all = sumOf(books.settled.map(({ amount }) => amount));
        if (world.minimum !== null) expect(all.lessThan(share(world.minimum))).toBe(false);
      }),
      RUNS,
    );
  });

  test('that ended when it began bills nothing, and returns what was billed ahead', () => {
    fc.assert(
      fc.property(worlds(signed), lastingGrants, (given, grants) => {
        const books = new BilledPeriod({ ...given, grants, end: 0 });
        const ahead = sumOf(books.settled.map(({ amount }) => amount));
        const lines = books.close([]);
        expect(lines.filter(({ amount }) => !amount.isZero()).every(({ kind }) => kind === 'proration')).toBe(true);
        expect(sumOf(lines.map(({ amount }) => amount)).toFixed()).toBe(ahead.negated().toFixed());
        expect(books.draws).toEqual([]);
      }),
      RUNS,
    );
  });
});

/** The events that arrive in time are closed, those of each later batch billed late. */
function billedInBatches(world: World, arrivals: readonly number[]): BilledPeriod {
  const upTo = (batch: number): Usage[] => world.events.filter((_, index) => (arrivals[index] ?? 0) <= batch);
  const books = new BilledPeriod(world);
  books.close(upTo(0));
  for (const batch of [1, 2, 3]) books.late(upTo(batch), upTo(batch - 1));
  return books;
}

function isWithin(amount: Decimal, charge: UsageCharge, share: (text: string) => Decimal): boolean {
  const most = charge.maximumAmount === null ? null : share(charge.maximumAmount);
  if (most !== null && amount.greaterThan(most)) return false;
  const least = charge.minimumAmount === null ? null : share(charge.minimumAmount);
  // Of a maximum below the minimum the maximum counts.
  return least === null || !amount.lessThan(least) || (most !== null && amount.equals(most));
}

function isWithinUnits(off: Decimal, units: number): boolean {
  const most = decimal('0.01').times(decimal(String(units)));
  return !off.greaterThan(most) && !off.lessThan(most.negated());
}

describe('the parts of a period', () => {
  const amounts = fc
    .bigInt({ min: 0n, max: 10n ** 12n })
    .map((micros) => decimal(`0.${micros.toString().padStart(12, '0')}`).times(decimal('10000')));
  const cuts = fc.uniqueArray(fc.bigInt({ min: 1n, max: 2_678_400_000_000n - 1n }), { maxLength: 6 });

  test('add up to the whole but for one smallest unit each', () => {
    fc.assert(
      fc.property(amounts, cuts, (amount, instants) => {
        const full = { fullStart: tick(0), fullEnd: instantFromMicros(2_678_400_000_000n) };
        const ends = [...instants.toSorted((left, right) => Number(left - right)), 2_678_400_000_000n];
        const parts = ends.map((end, index): RatedPeriod => {
          const start = instantFromMicros(ends[index - 1] ?? 0n);
          return { number: index, start, end: instantFromMicros(end), ...full, proration: 'by_time' };
        });
        const sum = sumOf(parts.map((part) => roundMoney(prorate(amount, part), 'USD')));
        const off = sum.minus(roundMoney(amount, 'USD'));
        expect(isWithinUnits(off, parts.length)).toBe(true);
      }),
      RUNS,
    );
  });

  test('used and unused share what was billed ahead, to the smallest unit', () => {
    fc.assert(
      fc.property(amounts, fc.bigInt({ min: 0n, max: 2_678_400_000_000n }), (amount, end) => {
        const period: RatedPeriod = {
          number: 0,
          start: tick(0),
          end: instantFromMicros(end),
          fullStart: tick(0),
          fullEnd: instantFromMicros(2_678_400_000_000n),
          proration: 'by_time',
        };
        const billed = roundMoney(amount, 'USD');
        const kept = billed.minus(roundMoney(unusedShareOf(billed, period), 'USD'));
        const used = roundMoney(prorate(billed, period), 'USD');
        expect(isWithinUnits(kept.minus(used), 1)).toBe(true);
        expect(kept.lessThan(ZERO) || kept.greaterThan(billed)).toBe(false);
      }),
      RUNS,
    );
  });
});

describe('the amount of usage', () => {
  const cheaper = (few: number, more: number, model: string) => {
    const amountOf = (quantity: number) => {
      const events = quantity === 0 ? [] : [{ name: model, tick: 0, quantity }];
      const world: World = { charges: chargesWithin([]), minimum: null, grants: [], end: END, events };
      return new BilledPeriod(world).close().find(({ chargeId }) => chargeId === model)?.amount ?? ZERO;
    };
    return amountOf(more).lessThan(amountOf(few));
  };

  test.each(['per_unit', 'graduated', 'package', 'credit'])('never falls when there is more of it: %s', (model) => {
    fc.assert(
      fc.property(fc.nat({ max: 60 }), fc.nat({ max: 20 }), (few, extra) => {
        expect(cheaper(few, few + extra, model)).toBe(false);
      }),
      RUNS,
    );
  });

  test('may fall by volume, whose tier prices all of it', () => {
    expect(cheaper(5, 6, 'volume')).toBe(true);
  });
});
