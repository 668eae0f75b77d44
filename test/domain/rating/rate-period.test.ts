import { describe, expect, test } from '@jest/globals';
import { decimalText, ZERO } from '../../../src/domain/decimal.ts';
import { UnrateableError } from '../../../src/domain/rating/unrateable.ts';
import { creditCharge, flatCharge, graduatedCharge, perUnitCharge, volumeCharge } from '../pricing/charges.ts';
import { amounts, day, grant, month, piece, rate, shown } from './rate.ts';

const BASE = flatCharge('15.15', { id: 'base', name: 'Base fee' });
const CALLS = perUnitCharge('0.333', { id: 'calls', name: 'Calls', eventName: 'call' });
const SUM = perUnitCharge('1', { id: 'sum', eventName: 'job', aggregation: { type: 'sum', property: 'seconds' } });

describe('a closing', () => {
  test('has a line for each charge in plan order, also for usage that never came', () => {
    const invoice = rate({ charges: [CALLS, BASE, SUM], usage: { calls: '10', sum: '0' } });
    expect(amounts(invoice)).toEqual([
      ['calls', '3.33'],
      ['base', '15.15'],
      ['sum', '0'],
    ]);
    expect(decimalText(invoice.subtotal)).toBe('18.48');
    expect([invoice.draws, invoice.issues]).toEqual([[], []]);
  });

  test('rounds each line, then adds the rounded lines', () => {
    const charges = [1, 2, 3].map((number) => perUnitCharge('10.333333', { id: `c${number}` }));
    const invoice = rate({ charges, usage: { c1: '1', c2: '1', c3: '1' } });
    expect(decimalText(invoice.subtotal)).toBe('30.99');
    expect(invoice.lines.map((line) => decimalText(line.amountUnrounded))).toEqual([
      '10.333333',
      '10.333333',
      '10.333333',
    ]);
  });

  test('rounds to the currency', () => {
    const usage = { calls: '1' };
    const subtotal = (currency: string) => decimalText(rate({ charges: [CALLS], usage, currency }).subtotal);
    expect(['JPY', 'USD', 'KWD', 'CLF'].map(subtotal)).toEqual(['0', '0.33', '0.333', '0.333']);
  });

  test('tells what each line is made of', () => {
    const charge = volumeCharge([[null, '2', '1']], { id: 'calls', name: 'Calls', eventName: 'call' });
    const usage = { calls: [piece([0, 30, '5'], { eventCount: 5 })] };
    const invoice = rate({ charges: [charge], usage, grants: [grant('g', '2')] });
    const line = JSON.parse(shown(invoice.lines[0]));
    expect(line).toEqual({
      chargeId: 'calls',
      kind: 'usage',
      period: { number: 0, start: '0', end: '2592000000000' },
      description: 'Calls',
      eventName: 'call',
      pricingModel: 'volume',
      eventCount: 5,
      quantity: '5',
      usageQuantity: '5',
      creditedQuantity: '2',
      billableQuantity: '3',
      amountUnrounded: '7',
      amount: '7',
      previouslyBilled: '0',
      tiers: [{ upTo: null, quantity: '3', unitAmount: '2', flatAmount: '1', amountUnrounded: '7' }],
      bounds: { modelAmount: '7', minimum: null, maximum: null },
      stretches: [
        { from: '0', to: '2592000000000', units: '5', grantIds: ['g'], draws: [{ grantId: 'g', quantity: '2' }] },
      ],
    });
  });

  test('describes a charge by its name, else its event name', () => {
    const charges = [flatCharge('1', { id: 'a' }), perUnitCharge('1', { id: 'b' }), { ...CALLS, id: 'c' }];
    const invoice = rate({ charges, usage: { b: '0', c: '0' } });
    expect(invoice.lines.map((line) => line.description)).toEqual(['Flat fee', 'api_call', 'Calls']);
  });

  test('usage that was not read is a defect, not no usage', () => {
    expect(() => rate({ charges: [CALLS] })).toThrow('no usage was read for calls');
    expect(() => rate({ charges: [CALLS], usage: { calls: [] } })).toThrow('no usage was read for calls');
  });

  test('usage from outside the period is a defect', () => {
    expect(() => rate({ charges: [CALLS], usage: { calls: [[0, 31, '1']] } })).toThrow(RangeError);
    expect(() => rate({ charges: [CALLS], usage: { calls: [[-1, 30, '1']] } })).toThrow(RangeError);
  });
});

describe('flats', () => {
  test('of a cut period are multiplied first and divided once: 15.15 for 1 of 30 days is 0.51', () => {
    const [line] = rate({ charges: [BASE], period: month(0, 1) }).lines;
    expect(line && [decimalText(line.amountUnrounded), decimalText(line.amount), line.description]).toEqual([
      '0.505',
      '0.51',
      'Base fee (prorated)',
    ]);
  });

  test.each([
    [0, 30, '15.15', 'Base fee'],
    [0, 15, '7.58', 'Base fee (prorated)'],
    [29, 30, '0.51', 'Base fee (prorated)'],
    [10, 20, '5.05', 'Base fee (prorated)'],
  ])('from day %i to day %i cost %s', (start, end, amount, description) => {
    const [line] = rate({ charges: [BASE], period: month(start, end) }).lines;
    expect([decimalText(line?.amount ?? ZERO), line?.description]).toEqual([amount, description]);
  });

  test('are prorated to the microsecond', () => {
    // Thirty days have 2,592,000,000,000 µs, so each is worth 1.
    const charge = flatCharge('2592000000000', { id: 'base' });
    const period = { ...month(), end: day(15) };
    const later = { ...period, end: (period.end + 1n) as typeof period.end };
    const subtotal = (rated: typeof period) => decimalText(rate({ charges: [charge], period: rated }).subtotal);
    expect([subtotal(period), subtotal(later)]).toEqual(['1296000000000', '1296000000001']);
  });

  test('of a period that was cut at the instant it opened are not billed, usage lines stay', () => {
    const invoice = rate({ charges: [BASE, CALLS], usage: { calls: [] }, period: month(0, 0) });
    expect(amounts(invoice)).toEqual([['calls', '0']]);
  });

  test('charged when used cost nothing, not even a line, without an event', () => {
    const charge = flatCharge('5', { id: 'seat', eventName: 'login', chargeWhen: 'used' });
    const seen = (eventCount: number) => ({ seat: [piece([0, 30, '0'], { eventCount })] });
    expect(amounts(rate({ charges: [charge], usage: seen(0) }))).toEqual([]);
    expect(amounts(rate({ charges: [charge], usage: seen(3) }))).toEqual([['seat', '5']]);
    expect(rate({ charges: [charge], usage: seen(3) }).lines[0]?.eventCount).toBe(3);
    expect(() => rate({ charges: [charge] })).toThrow('no usage was read for seat');
  });

  test('always charged need no usage, and tell the count of their event where it was read', () => {
    const charge = flatCharge('5', { id: 'seat', eventName: 'login' });
    expect(rate({ charges: [charge] }).lines[0]?.eventCount).toBeNull();
    expect(rate({ charges: [charge], usage: { seat: '1' } }).lines[0]?.eventCount).toBe(1);
    expect(amounts(rate({ charges: [charge], usage: { seat: '0' } }))).toEqual([['seat', '5']]);
  });
});

describe('an interim', () => {
  const interim = { kind: 'interim', period: month(0, 15) } as const;

  test('bills usage only: flats wait for the closing', () => {
    expect(amounts(rate({ ...interim, charges: [BASE, CALLS], usage: { calls: '10' } }))).toEqual([['calls', '3.33']]);
  });

  test('rounds the cumulative amount and subtracts what earlier invoices billed', () => {
    const invoice = rate({ ...interim, charges: [CALLS], usage: { calls: '5' }, billed: { calls: '1.33' } });
    const [line] = invoice.lines;
    expect(line && [line.amountUnrounded, line.previouslyBilled, line.amount].map(decimalText)).toEqual([
      '1.665',
      '1.33',
      '0.34',
    ]);
    expect(decimalText(invoice.subtotal)).toBe('0.34');
  });

  test('leaves out lines that tell nothing, and keeps those that bill or count something', () => {
    const free = perUnitCharge('0', { id: 'free' });
    const usage = { calls: '0', free: '4', sum: '0' };
    const invoice = rate({ ...interim, charges: [CALLS, free, SUM], usage, billed: { sum: '2' } });
    expect(amounts(invoice)).toEqual([
      ['free', '0'],
      ['sum', '-2'],
    ]);
  });

  test('is negative where the cumulative amount fell below what was billed', () => {
    const falling = volumeCharge(
      [
        ['10', '1'],
        [null, '0.5'],
      ],
      { id: 'calls' },
    );
    const invoice = rate({ ...interim, charges: [falling], usage: { calls: '12' }, billed: { calls: '10' } });
    expect(amounts(invoice)).toEqual([['calls', '-4']]);
  });
});

describe('what is reported', () => {
  test('a negative sum is rated as 0', () => {
    const invoice = rate({
      charges: [SUM],
      usage: {
        sum: [
          [0, 10, '5'],
          [10, 30, '-7.5'],
        ],
      },
    });
    expect(amounts(invoice)).toEqual([['sum', '0']]);
    expect(invoice.lines[0]?.quantity?.toFixed()).toBe('0');
    expect(invoice.issues).toEqual([
      { code: 'negative_usage', chargeId: 'sum', message: 'The usage of job sums to -2.5 and is billed as 0.' },
    ]);
  });

  test('events whose value is unusable are counted over all pieces, events without the property are not', () => {
    const usage = {
      sum: [piece([0, 10, '5'], { unusableCount: 1, missingCount: 4 }), piece([10, 30, '5'], { unusableCount: 2 })],
    };
    expect(rate({ charges: [SUM], usage }).issues).toEqual([
      {
        code: 'unusable_value',
        chargeId: 'sum',
        message: 'job leaves out 3 events whose seconds is no number within the limits.',
      },
    ]);
  });
});

describe('a period that can’t be rated', () => {
  const nines = (count: number) => '9'.repeat(count);

  test('60 integer digits can be billed', () => {
    const charge = perUnitCharge('1', { id: 'calls' });
    expect(decimalText(rate({ charges: [charge], usage: { calls: nines(60) } }).subtotal)).toBe(nines(60));
  });

  test.each([
    ['usage', [perUnitCharge('0', { id: 'calls' })], nines(61), 'quantity_too_large'],
    ['credits', [creditCharge({ perUnit: '10', unitAmount: '0' }, { id: 'calls' })], nines(60), 'quantity_too_large'],
    ['an amount', [perUnitCharge('10', { id: 'calls' })], nines(60), 'amount_too_large'],
    [
      'an amount over tiers',
      [
        graduatedCharge(
          [
            ['1', '1', nines(30)],
            [null, '10'],
          ],
          { id: 'calls' },
        ),
      ],
      nines(60),
      'amount_too_large',
    ],
  ])('%s of 61 integer digits needs attention', (_, charges, quantity, code) => {
    const attempt = () => rate({ charges, usage: { calls: quantity, more: quantity } });
    expect(attempt).toThrow(UnrateableError);
    expect(attempt).toThrow(expect.objectContaining({ code }));
  });
});
