import { describe, expect, test } from '@jest/globals';
import { decimal, decimalText } from '../../../src/domain/decimal.ts';
import type { ProrationMode, RatedLine, RatedPeriod, SettledAmount } from '../../../src/domain/rating/model.ts';
import { rateAdvance } from '../../../src/domain/rating/rate-period.ts';
import { flatCharge, perUnitCharge, text } from '../pricing/charges.ts';
import { amounts, day, month, rate, shown } from './rate.ts';

const BASE = flatCharge('30', { id: 'base', name: 'Base fee' });
const SEAT = flatCharge('30', { id: 'seat', name: 'Seat', billIn: 'advance' });
const FLOOR = perUnitCharge('1', { id: 'floor', minimumAmount: text('30') });
const CAP = perUnitCharge('1', { id: 'cap', maximumAmount: text('30') });

function part(start: number, end: number, proration: ProrationMode = 'by_time'): RatedPeriod {
  return { ...month(start, end), proration };
}

function settled(chargeId: string, kind: SettledAmount['kind'], amount: string, waived = false): SettledAmount {
  return { chargeId, kind, waived, amount: decimal(amount) };
}

const told = (lines: readonly RatedLine[]) =>
  lines.map((line) => `${line.kind} ${line.description} ${decimalText(line.amount)}`);

describe('what a cut does to flats, minimums and maximums of a period', () => {
  test.each<[string, RatedPeriod, string[][]]>([
    [
      'nothing, without one',
      part(0, 30),
      [
        ['base', '30'],
        ['floor', '30'],
        ['cap', '30'],
      ],
    ],
    [
      'cut by time they are their part',
      part(0, 10),
      [
        ['base', '10'],
        ['floor', '10'],
        ['cap', '10'],
      ],
    ],
    [
      'in a later month too',
      { ...month(30, 40), fullStart: day(30), fullEnd: day(60) },
      [
        ['base', '10'],
        ['floor', '10'],
        ['cap', '10'],
      ],
    ],
    [
      'the other part has the rest',
      part(10, 30),
      [
        ['base', '20'],
        ['floor', '20'],
        ['cap', '20'],
      ],
    ],
    [
      'the old plan has all of them when nothing is prorated',
      part(0, 10, 'whole'),
      [
        ['base', '30'],
        ['floor', '30'],
        ['cap', '30'],
      ],
    ],
    [
      'the new plan then has whole maximums only',
      part(10, 30, 'none'),
      [
        ['floor', '0'],
        ['cap', '30'],
      ],
    ],
    [
      'cut as it opened, it has none of them',
      part(10, 10),
      [
        ['floor', '0'],
        ['cap', '0'],
      ],
    ],
    [
      'also when nothing is prorated',
      part(10, 10, 'whole'),
      [
        ['floor', '0'],
        ['cap', '0'],
      ],
    ],
    [
      'on either side',
      part(10, 10, 'none'),
      [
        ['floor', '0'],
        ['cap', '0'],
      ],
    ],
  ])('%s', (_, period, expected) => {
    expect(amounts(rate({ charges: [BASE, FLOOR, CAP], usage: { floor: '0', cap: '1000' }, period }))).toEqual(
      expected,
    );
  });
});

describe('the minimum and maximum of a usage charge', () => {
  const both = perUnitCharge('1', { id: 'calls', minimumAmount: text('1.005'), maximumAmount: text('4.005') });

  test.each([
    ['0', '1.01'],
    ['1', '1.01'],
    ['1.5', '1.5'],
    ['4', '4'],
    ['5', '4.01'],
  ])('%s units at 1 are between them, and rounded after: %s', (units, expected) => {
    expect(amounts(rate({ charges: [both], usage: { calls: units } }))).toEqual([['calls', expected]]);
  });

  test('are told beside the price of the model, unrounded', () => {
    const [line] = rate({ charges: [both], usage: { calls: '5' }, period: part(0, 15) }).lines;
    expect(line?.bounds && JSON.parse(shown(line.bounds))).toEqual({
      modelAmount: '5',
      minimum: '0.5025',
      maximum: '2.0025',
    });
    expect(decimalText(line?.amountUnrounded ?? decimal('0'))).toBe('2.0025');
  });

  test('an interim has the whole maximum and leaves the minimum to the closing, since its period goes on', () => {
    const interim = { kind: 'interim', charges: [both], period: part(0, 15) } as const;
    expect(amounts(rate({ ...interim, usage: { calls: '0.5' } }))).toEqual([['calls', '0.5']]);
    expect(amounts(rate({ ...interim, usage: { calls: '9' } }))).toEqual([['calls', '4.01']]);
    const free = perUnitCharge('1', { id: 'calls' });
    expect(rate({ ...interim, charges: [free], usage: { calls: '9' } }).lines[0]?.bounds?.maximum).toBeNull();
  });
});

describe('the minimum of a plan', () => {
  const closing = { charges: [BASE], minimumAmount: '50' };

  test('is a line of its own for what all other lines of the period lack', () => {
    const invoice = rate({ ...closing, period: part(0, 30) });
    expect(told(invoice.lines)).toEqual(['flat Base fee 30', 'minimum Plan minimum 20']);
    expect(JSON.parse(shown(invoice.lines[1]))).toEqual({
      chargeId: null,
      kind: 'minimum',
      period: { number: 0, start: '0', end: '2592000000000' },
      description: 'Plan minimum',
      eventName: null,
      pricingModel: null,
      eventCount: null,
      quantity: null,
      usageQuantity: null,
      creditedQuantity: null,
      billableQuantity: null,
      amountUnrounded: '20',
      amount: '20',
      previouslyBilled: '0',
      tiers: [],
      bounds: null,
      stretches: [],
    });
  });

  test('has no line where the period reaches it, and none on an interim', () => {
    expect(told(rate({ ...closing, minimumAmount: '30' }).lines)).toEqual(['flat Base fee 30']);
    expect(told(rate({ ...closing, minimumAmount: '30.004' }).lines)).toEqual(['flat Base fee 30']);
    expect(rate({ ...closing, kind: 'interim' }).lines).toEqual([]);
  });

  test('has no line in a plan without one, even where a period comes to less than nothing', () => {
    expect(rate({ charges: [], settled: [settled('seat', 'proration', '-5')] }).lines).toEqual([]);
  });

  test('counts what other invoices have billed for the period, in advance too', () => {
    const before = [
      settled('seat', 'flat', '4'),
      settled('calls', 'usage', '3', true),
      settled('seat', 'proration', '-1'),
    ];
    expect(told(rate({ ...closing, settled: before }).lines)).toEqual(['flat Base fee 30', 'minimum Plan minimum 14']);
  });

  test.each<[string, RatedPeriod, string[]]>([
    ['by time it is its part', part(0, 15), ['flat Base fee (prorated) 15', 'minimum Plan minimum 10']],
    [
      'without proration the old plan has all of it',
      part(0, 15, 'whole'),
      ['flat Base fee 30', 'minimum Plan minimum 20'],
    ],
    ['and the new one none', part(15, 30, 'none'), []],
    ['a period without length has none', part(15, 15), []],
  ])('cut %s', (_, period, expected) => {
    expect(told(rate({ ...closing, period }).lines)).toEqual(expected);
  });

  test('is rounded once, with the lines before it rounded', () => {
    const charges = [flatCharge('10.004', { id: 'base', name: 'Base fee' })];
    const [, line] = rate({ charges, minimumAmount: '20.009' }).lines;
    expect(line && [line.amountUnrounded, line.amount].map(decimalText)).toEqual(['10.009', '10.01']);
  });

  test('is billed by the difference to what was billed of it, back too', () => {
    const before = (kind: SettledAmount['kind'], amount: string) => [
      { chargeId: null, kind, waived: false, amount: decimal(amount) },
    ];
    const lines = (given: SettledAmount[], minimumAmount?: string) =>
      told(rate({ charges: [BASE], ...(minimumAmount === undefined ? {} : { minimumAmount }), settled: given }).lines);
    expect(lines(before('minimum', '15'), '50')).toEqual(['flat Base fee 30', 'minimum Plan minimum 5']);
    expect(lines(before('late_usage', '25'), '50')).toEqual(['flat Base fee 30', 'minimum Plan minimum -5']);
    expect(lines(before('minimum', '5'), '30')).toEqual(['flat Base fee 30', 'minimum Plan minimum -5']);
    expect(lines(before('minimum', '5'))).toEqual(['flat Base fee 30', 'minimum Plan minimum -5']);
  });
});

describe('a flat in advance', () => {
  const advance = (period: RatedPeriod, given: readonly SettledAmount[] = []) =>
    rateAdvance({
      plan: { currency: 'USD', charges: [BASE, SEAT, FLOOR], minimumAmount: null },
      subscriptionId: 'sub_1',
      period,
      settled: given,
    });

  test.each<[string, RatedPeriod, string[]]>([
    ['the whole period that opens', part(0, 30), ['flat Seat 30']],
    ['the rest of a period in which the plan changed', part(10, 30), ['flat Seat (prorated) 20']],
    ['all of it, also when the period was cut since', part(0, 10), ['flat Seat 30']],
    ['all of it, also when the period was cut as it opened', part(0, 0), ['flat Seat 30']],
    ['all of a part, without proration', part(10, 30, 'whole'), ['flat Seat 30']],
    ['nothing of a part that bills no flats', part(10, 30, 'none'), []],
  ])('bills %s', (_, period, expected) => {
    expect(told(advance(period))).toEqual(expected);
  });

  test('names the period up to its uncut end, and counts nothing', () => {
    const [line] = advance(part(0, 10));
    expect(line).toMatchObject({
      chargeId: 'seat',
      period: { number: 0, start: day(0), end: day(30) },
      eventCount: null,
    });
  });

  test('is billed by the difference to what was billed of it', () => {
    expect(told(advance(part(0, 30), [settled('seat', 'flat', '12'), settled('seat', 'proration', '5')]))).toEqual([
      'flat Seat 18',
    ]);
  });

  test('is no line of the closing of its own period, unless that was cut', () => {
    const billed = [settled('seat', 'flat', '30')];
    expect(rate({ charges: [SEAT], settled: billed }).lines).toEqual([]);
    expect(rate({ charges: [SEAT], settled: billed, period: part(0, 10, 'whole') }).lines).toEqual([]);
    expect(rate({ charges: [SEAT], settled: [], period: part(0, 10) }).lines).toEqual([]);
  });

  test.each<[string, RatedPeriod, string, string]>([
    ['the part behind the cut', part(0, 10), '30', 'proration Seat (unused part) -20'],
    ['of a part that began late, by what is left of it', part(10, 25), '20', 'proration Seat (unused part) -5'],
    ['all of a period that was cut as it opened', part(0, 0), '30', 'proration Seat (unused part) -30'],
    ['that too when nothing is prorated', part(0, 0, 'whole'), '30', 'proration Seat (unused part) -30'],
    ['rounded once', part(0, 29), '0.15', 'proration Seat (unused part) -0.01'],
  ])('returns %s', (_, period, billed, expected) => {
    expect(told(rate({ charges: [SEAT], settled: [settled('seat', 'flat', billed)], period }).lines)).toEqual([
      expected,
    ]);
  });

  test('returns nothing of what was waived, and what was returned before only once', () => {
    const cut = { charges: [SEAT], period: part(0, 10) };
    expect(rate({ ...cut, settled: [settled('seat', 'flat', '30', true)] }).lines).toEqual([]);
    const before = [settled('seat', 'flat', '30'), settled('seat', 'proration', '-15')];
    expect(told(rate({ ...cut, settled: before }).lines)).toEqual(['proration Seat (unused part) -5']);
    const more = [settled('seat', 'flat', '30', true), settled('seat', 'proration', '-15')];
    expect(told(rate({ ...cut, settled: more }).lines)).toEqual(['proration Seat (unused part) 15']);
  });
});
