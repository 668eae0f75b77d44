import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Decimal, decimal, decimalText, minDecimal, sumOf, ZERO } from '../../src/domain/decimal.ts';
import type { Charge } from '../../src/domain/plan.ts';
import type { GrantView } from '../../src/domain/rating/model.ts';
import { creditCharge, graduatedCharge, packageCharge, perUnitCharge } from '../domain/pricing/charges.ts';
import { day, grant, month, rate } from '../domain/rating/rate.ts';

const SEATS = { id: 'seats', eventName: 'seat' };
const CHARGES: readonly Charge[] = [
  perUnitCharge('0.335', { ...SEATS, aggregation: { type: 'max', property: 'n' } }),
  graduatedCharge(
    [
      ['3.5', '0.3333'],
      [null, '0.05', '1.005'],
    ],
    { ...SEATS, aggregation: { type: 'average', property: 'n' } },
  ),
  packageCharge(
    { size: '2', amount: '1.25', free: '1.5' },
    { ...SEATS, aggregation: { type: 'latest', property: 'n' } },
  ),
  creditCharge(
    { perUnit: '2.5', unitAmount: '0.0125' },
    { ...SEATS, aggregation: { type: 'unique_count', property: 'n' } },
  ),
];

const ends = fc.integer({ min: 1, max: 29 });
const quantities = fc.integer({ min: -20, max: 200 }).map((tenths) => decimal((tenths / 10).toFixed(1)));
const grants = fc
  .array(
    fc.record({
      from: fc.integer({ min: -5, max: 32 }),
      until: fc.option(fc.integer({ min: -5, max: 35 }), { nil: null }),
      units: fc.integer({ min: 0, max: 9 }),
      priority: fc.constantFrom(10, 50),
    }),
    { maxLength: 4 },
  )
  .map((list) =>
    list.map(({ from, until, units, priority }, index) =>
      grant(`cg_${index}`, String(units), {
        effectiveAt: day(from),
        endsAt: until === null ? null : day(until),
        priority,
      }),
    ),
  );

/** The quantity that was read up to each end: what can't be cut may go up and down in the course of a period. */
const courses = fc
  .uniqueArray(fc.record({ end: ends, quantity: quantities }), { selector: ({ end }) => end, maxLength: 4 })
  .map((list) => list.toSorted((left, right) => left.end - right.end));

interface Reading {
  readonly end: number;
  readonly quantity: Decimal;
}

function rated(charge: Charge, { end, quantity }: Reading, given: { grants: readonly GrantView[]; billed: Decimal }) {
  return rate({
    charges: [charge],
    usage: { seats: decimalText(quantity) },
    kind: end === 30 ? 'closing' : 'interim',
    period: month(0, end),
    grants: given.grants,
    billed: { seats: decimalText(given.billed) },
  });
}

function billedBy(invoice: ReturnType<typeof rated>): Decimal {
  return sumOf(invoice.lines.map((line) => line.amount));
}

function creditedBy(invoice: ReturnType<typeof rated>): Decimal {
  return sumOf(invoice.draws.map((draw) => draw.quantity));
}

test('interims and closing bill what one closing bills, also where usage and grants fall in between', () => {
  fc.assert(
    fc.property(fc.constantFrom(...CHARGES), courses, quantities, grants, (charge, course, last, held) => {
      let billed = ZERO;
      for (const reading of [...course, { end: 30, quantity: last }]) {
        const invoice = rated(charge, reading, { grants: held, billed });
        billed = billed.plus(billedBy(invoice));
      }
      const oneShot = rated(charge, { end: 30, quantity: last }, { grants: held, billed: ZERO });
      expect(decimalText(billed)).toBe(decimalText(billedBy(oneShot)));
    }),
    { numRuns: 500 },
  );
});

test('grants in force at the last instant cover all of it that is not free, and no others any of it', () => {
  fc.assert(
    fc.property(fc.constantFrom(...CHARGES), quantities, grants, (charge, quantity, held) => {
      const invoice = rated(charge, { end: 30, quantity }, { grants: held, billed: ZERO });
      const inForce = held.filter(({ effectiveAt, endsAt }) => effectiveAt < day(30) && (endsAt ?? day(30)) >= day(30));
      const holds = sumOf(inForce.map(({ available }) => available));
      const free = decimal(charge.pricingModel === 'package' ? charge.freeUnits : '0');
      const perUnit = decimal(charge.pricingModel === 'credit' ? charge.creditsPerUnit : '1');
      const paid = quantity.minus(free).times(perUnit);
      const expected = minDecimal(holds, paid.lessThan(ZERO) ? ZERO : paid);
      expect(decimalText(creditedBy(invoice))).toBe(decimalText(expected));
      expect(invoice.draws.every(({ grantId }) => inForce.some(({ id }) => id === grantId))).toBe(true);
    }),
    { numRuns: 500 },
  );
});
