import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decimal } from '../../src/domain/decimal.ts';
import type { Charge } from '../../src/domain/plan.ts';
import { chargeFaults } from '../../src/domain/plan-faults.ts';
import { pricingRules } from '../../src/domain/pricing/registry.ts';
import {
  graduatedCharge,
  packageCharge,
  perUnitCharge,
  type TierRow,
  volumeCharge,
} from '../domain/pricing/charges.ts';

/** Quantities, bounds and prices are multiples of 10^-6, so an oracle can count in whole numbers. */
const SCALE = 6;

function plain(micro: bigint): string {
  const digits = micro.toString().padStart(SCALE + 1, '0');
  return `${digits.slice(0, -SCALE)}.${digits.slice(-SCALE)}`;
}

/** The price in multiples of 10^-12. */
function priced(charge: Charge, quantity: bigint): bigint {
  const { amountUnrounded } = pricingRules(charge.pricingModel).price(charge, decimal(plain(quantity)));
  return BigInt(amountUnrounded.toFixed(2 * SCALE).replace('.', ''));
}

interface MicroTier {
  readonly above: bigint;
  readonly upTo: bigint | null;
  readonly unit: bigint;
  readonly flat: bigint;
}

const micros = fc.bigInt({ min: 0n, max: 10n ** 10n });

const tierLists = fc
  .record({
    bounds: fc.uniqueArray(fc.bigInt({ min: 1n, max: 10n ** 10n }), { maxLength: 6 }),
    prices: fc.array(fc.tuple(micros, micros), { minLength: 7, maxLength: 7 }),
  })
  .map(({ bounds, prices }): MicroTier[] => {
    const sorted = bounds.toSorted((left, right) => (left < right ? -1 : 1));
    return [...sorted, null].map((upTo, index) => {
      const [unit, flat] = prices[index] ?? [0n, 0n];
      return { above: index === 0 ? 0n : (sorted[index - 1] ?? 0n), upTo, unit, flat };
    });
  });

const rowsOf = (tiers: readonly MicroTier[]): TierRow[] =>
  tiers.map(({ upTo, unit, flat }) => [upTo === null ? null : plain(upTo), plain(unit), plain(flat)]);

/** Any quantity, and those on and beside every bound. */
const withQuantity = tierLists.chain((tiers) => {
  const edges = tiers.flatMap(({ upTo }) => (upTo === null ? [] : [upTo - 1n, upTo, upTo + 1n]));
  const quantity = edges.length === 0 ? micros : fc.oneof(micros, fc.constantFrom(...edges));
  return fc.record({ tiers: fc.constant(tiers), quantity });
});

const ONE_FLAT = 10n ** BigInt(SCALE);

describe('graduated', () => {
  test('costs what the overlap of (0, Q] with each tier costs', () => {
    fc.assert(
      fc.property(withQuantity, ({ tiers, quantity }) => {
        const expected = tiers
          .filter(({ above }) => quantity > above)
          .map(({ above, upTo, unit, flat }) => {
            const end = upTo !== null && upTo < quantity ? upTo : quantity;
            return (end - above) * unit + flat * ONE_FLAT;
          })
          .reduce((sum, part) => sum + part, 0n);
        expect(priced(graduatedCharge(rowsOf(tiers)), quantity)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  test('never costs less for more', () => {
    fc.assert(
      fc.property(tierLists, micros, micros, (tiers, quantity, more) => {
        const charge = graduatedCharge(rowsOf(tiers));
        expect(priced(charge, quantity + more) >= priced(charge, quantity)).toBe(true);
      }),
    );
  });

  test('its tiers add up to the quantity and the amount', () => {
    fc.assert(
      fc.property(withQuantity, ({ tiers, quantity }) => {
        const charge = graduatedCharge(rowsOf(tiers));
        const price = pricingRules('graduated').price(charge, decimal(plain(quantity)));
        const sum = (values: readonly string[]) =>
          values.reduce((total, text) => total + BigInt(text.replace('.', '')), 0n);
        expect(sum(price.tiers.map((tier) => tier.quantity.toFixed(SCALE)))).toBe(quantity);
        expect(sum(price.tiers.map((tier) => tier.amountUnrounded.toFixed(2 * SCALE)))).toBe(priced(charge, quantity));
      }),
    );
  });
});

test('volume costs the whole quantity at the one tier that contains it', () => {
  fc.assert(
    fc.property(withQuantity, ({ tiers, quantity }) => {
      const [tier, ...others] = tiers.filter(
        ({ above, upTo }) => above < quantity && (upTo === null || quantity <= upTo),
      );
      expect(others).toEqual([]);
      const expected = tier === undefined ? 0n : quantity * tier.unit + tier.flat * ONE_FLAT;
      expect(priced(volumeCharge(rowsOf(tiers)), quantity)).toBe(expected);
    }),
    { numRuns: 500 },
  );
});

test('one tier makes graduated, volume and per_unit the same', () => {
  fc.assert(
    fc.property(micros, micros, (quantity, unit) => {
      const rows: TierRow[] = [[null, plain(unit)]];
      const prices = [graduatedCharge(rows), volumeCharge(rows), perUnitCharge(plain(unit))].map((charge) =>
        priced(charge, quantity),
      );
      expect(prices).toEqual([quantity * unit, quantity * unit, quantity * unit]);
    }),
  );
});

test('packages are as many as it takes to hold what is not free', () => {
  const sizes = fc.bigInt({ min: 1n, max: 10n ** 8n });
  const cases = fc.record({ size: sizes, free: sizes, amount: micros, quantity: fc.oneof(micros, sizes) });
  const exact = fc.record({ size: sizes, free: sizes, amount: micros, count: fc.bigInt({ min: 0n, max: 50n }) });
  fc.assert(
    fc.property(
      fc.oneof(
        cases,
        exact.map(({ count, ...rest }) => ({ ...rest, quantity: rest.free + count * rest.size })),
      ),
      ({ size, free, amount, quantity }) => {
        const charge = packageCharge({ size: plain(size), amount: plain(amount), free: plain(free) });
        const count =
          priced(packageCharge({ size: plain(size), amount: '1', free: plain(free) }), quantity) / 10n ** 12n;
        const paid = quantity > free ? quantity - free : 0n;
        expect(count * size >= paid && (count === 0n || (count - 1n) * size < paid)).toBe(true);
        expect(priced(charge, quantity)).toBe(count * amount * ONE_FLAT);
      },
    ),
    { numRuns: 500 },
  );
});

test('tiers are refused exactly when they do not ascend from above 0 to one open end', () => {
  const bounds = fc.array(fc.option(fc.integer({ min: -1, max: 4 })), { maxLength: 5 });
  fc.assert(
    fc.property(bounds, (list) => {
      const bounded = list.slice(0, -1);
      const isSound =
        list.at(-1) === null &&
        bounded.every((bound, index) => bound !== null && bound > (index === 0 ? 0 : (bounded[index - 1] ?? 0)));
      const rows = list.map((bound): TierRow => [bound === null ? null : String(bound), '1']);
      expect(chargeFaults([graduatedCharge(rows)]).length === 0).toBe(isSound);
    }),
    { numRuns: 1_000 },
  );
});
