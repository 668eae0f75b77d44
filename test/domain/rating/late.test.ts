import { describe, expect, test } from '@jest/globals';
import { decimal, type DecimalText, decimalText } from '../../../src/domain/decimal.ts';
import type { Charge } from '../../../src/domain/plan.ts';
import type {
  Draw,
  GrantView,
  LineKind,
  RatedLines,
  RatedPeriod,
  SettledAmount,
  UsagePiece,
} from '../../../src/domain/rating/model.ts';
import { rateLate } from '../../../src/domain/rating/rate-late.ts';
import { flatCharge, packageCharge, perUnitCharge, text, volumeCharge } from '../pricing/charges.ts';
import { day, draws, grant, month, piece, quantities } from './rate.ts';

const CALLS = perUnitCharge('1', { id: 'calls', name: 'Calls', eventName: 'call' });
const TOKENS = perUnitCharge('1', { id: 'tokens', name: 'Tokens', eventName: 'token' });

type Pieces = readonly UsagePiece[];

interface Case {
  readonly charges: readonly Charge[];
  readonly period?: RatedPeriod;
  readonly minimumAmount?: string;
  /** By charge id: usage without and with the late events. */
  readonly usage?: Readonly<Record<string, readonly [before: Pieces, after: Pieces]>>;
  readonly grants?: readonly GrantView[];
  readonly drawn?: readonly (readonly [grantId: string, chargeId: string, quantity: string])[];
  readonly settled?: readonly (readonly [chargeId: string | null, kind: LineKind, amount: string])[];
}

/** Rates the late events of a month that invoices have billed. */
function late(given: Case): RatedLines {
  const { charges, minimumAmount, usage = {}, grants = [], drawn = [], settled = [] } = given;
  const read = Object.entries(usage);
  return rateLate({
    plan: { currency: 'USD', charges, minimumAmount: (minimumAmount ?? null) as DecimalText | null },
    subscriptionId: 'sub_1',
    period: { ...(given.period ?? month()), number: 4 },
    before: new Map(read.map(([id, [before]]) => [id, before])),
    usage: new Map(read.map(([id, [, after]]) => [id, after])),
    grants,
    drawn: drawn.map(([grantId, chargeId, quantity]): Draw => ({ grantId, chargeId, quantity: decimal(quantity) })),
    settled: settled.map(([chargeId, kind, amount]): SettledAmount => {
      return { chargeId, kind, waived: false, amount: decimal(amount) };
    }),
  });
}

/** Usage of the whole month: quantity and, where it is not 1, the count of events. */
const whole = (quantity: string, eventCount = 1): Pieces => [piece([0, 30, quantity], { eventCount })];
const told = ({ lines }: RatedLines) =>
  lines.map((line) => `${line.kind} ${line.description} ${decimalText(line.amount)}`);

describe('late events', () => {
  test('are billed by the difference that they make to the whole period, one line a charge', () => {
    const rated = late({
      charges: [TOKENS, CALLS],
      usage: { calls: [whole('10'), whole('13', 2)], tokens: [whole('5'), whole('5')] },
      settled: [
        ['calls', 'usage', '10'],
        ['tokens', 'usage', '5'],
      ],
    });
    expect(told(rated)).toEqual(['late_usage Calls (late usage) 3']);
    expect(rated.lines[0]).toMatchObject({
      chargeId: 'calls',
      period: { number: 4, start: day(0), end: day(30) },
      eventCount: 2,
    });
    expect(decimalText(rated.lines[0]?.previouslyBilled ?? decimal('0'))).toBe('10');
  });

  test('that were billed late before are not billed again', () => {
    const usage = { calls: [whole('10'), whole('13', 2)] } as const;
    const rated = late({
      charges: [CALLS],
      usage,
      settled: [
        ['calls', 'usage', '8'],
        ['calls', 'late_usage', '2'],
      ],
    });
    expect(told(rated)).toEqual(['late_usage Calls (late usage) 3']);
  });

  test('give money back where more usage costs less', () => {
    const volume = volumeCharge(
      [
        ['10', '1'],
        [null, '0.5'],
      ],
      { id: 'calls', name: 'Calls' },
    );
    const usage = { calls: [whole('10'), whole('11', 2)] } as const;
    expect(told(late({ charges: [volume], usage, settled: [['calls', 'usage', '10']] }))).toEqual([
      'late_usage Calls (late usage) -4.5',
    ]);
  });

  test('that cost nothing have a line that counts them', () => {
    const usage = { calls: [whole('10'), whole('11', 2)] } as const;
    const bounded = { ...CALLS, maximumAmount: text('10') };
    expect(told(late({ charges: [bounded], usage, settled: [['calls', 'usage', '10']] }))).toEqual([
      'late_usage Calls (late usage) 0',
    ]);
  });

  test('are rated with the minimum and maximum of their period', () => {
    const settled = [['calls', 'usage', '10']] as const;
    const usage = { calls: [whole('8'), whole('15', 2)] } as const;
    const amount = (bounds: Partial<typeof CALLS>) =>
      told(late({ charges: [{ ...CALLS, ...bounds }], usage, settled }));
    expect(amount({ minimumAmount: text('10') })).toEqual(['late_usage Calls (late usage) 5']);
    expect(amount({ minimumAmount: text('16') })).toEqual(['late_usage Calls (late usage) 6']);
    expect(amount({ minimumAmount: text('10'), maximumAmount: text('12') })).toEqual([
      'late_usage Calls (late usage) 2',
    ]);
  });

  test('of no charge of the period make no line', () => {
    expect(
      late({ charges: [CALLS], usage: { calls: [whole('3'), whole('3')] }, settled: [['calls', 'usage', '3']] }),
    ).toEqual({ lines: [], draws: [], issues: [] });
  });
});

describe('what is reported of late events', () => {
  const sum = { ...CALLS, aggregation: { type: 'sum', property: 'seconds' } } as const;
  const unusable = (count: number): Pieces => [piece([0, 30, '2'], { unusableCount: count })];
  const codes = (rated: RatedLines) => rated.issues.map(({ code }) => code);
  const settled = [['calls', 'usage', '2']] as const;

  test('an unusable value has a line and an issue', () => {
    const rated = late({ charges: [sum], usage: { calls: [unusable(0), unusable(1)] }, settled });
    expect([told(rated), codes(rated)]).toEqual([['late_usage Calls (late usage) 0'], ['unusable_value']]);
  });

  test('what the period’s invoice reported is not reported again', () => {
    const rated = late({ charges: [sum], usage: { calls: [unusable(1), unusable(1)] }, settled });
    expect([told(rated), codes(rated)]).toEqual([[], []]);
  });
});

describe('the plan’s minimum', () => {
  const usage = { calls: [whole('10'), whole('13', 2)] } as const;

  test('gives back what late usage makes up of it', () => {
    const settled = [
      ['calls', 'usage', '10'],
      [null, 'minimum', '40'],
    ] as const;
    expect(told(late({ charges: [CALLS], minimumAmount: '50', usage, settled }))).toEqual([
      'late_usage Calls (late usage) 3',
      'late_usage Plan minimum (late usage) -3',
    ]);
  });

  test('has no line where it stays as it is', () => {
    const settled = [['calls', 'usage', '10']] as const;
    expect(told(late({ charges: [CALLS], minimumAmount: '5', usage, settled }))).toEqual([
      'late_usage Calls (late usage) 3',
    ]);
    const still = { calls: [whole('10'), whole('10')] } as const;
    const before = [
      ['calls', 'usage', '10'],
      [null, 'minimum', '40'],
    ] as const;
    expect(told(late({ charges: [CALLS], minimumAmount: '50', usage: still, settled: before }))).toEqual([]);
  });
});

describe('flats of a period with late events', () => {
  const used = flatCharge('5', { id: 'seat', name: 'Seat', eventName: 'login', chargeWhen: 'used' });

  test('that are charged when used are billed if the first use came late', () => {
    const first = { seat: [whole('0', 0), whole('0', 1)] } as const;
    expect(told(late({ charges: [used], usage: first }))).toEqual(['late_usage Seat (late usage) 5']);
    expect(late({ charges: [used], usage: first, settled: [['seat', 'late_usage', '5']] }).lines).toEqual([]);
    expect(late({ charges: [used], usage: { seat: [whole('0', 0), whole('0', 0)] } }).lines).toEqual([]);
    const second = { seat: [whole('0', 1), whole('0', 2)] } as const;
    expect(late({ charges: [used], usage: second, settled: [['seat', 'flat', '5']] }).lines).toEqual([]);
  });

  test('in advance are neither billed nor returned', () => {
    const advance = flatCharge('5', { id: 'seat', billIn: 'advance' });
    expect(late({ charges: [advance] }).lines).toEqual([]);
    expect(late({ charges: [advance], settled: [['seat', 'flat', '5']], period: month(0, 10) }).lines).toEqual([]);
  });
});

describe('credits for late events', () => {
  test('are drawn for the extra quantity only; what was drawn stays drawn', () => {
    const rated = late({
      charges: [TOKENS, CALLS],
      usage: { calls: [whole('10'), whole('14', 2)], tokens: [whole('0', 0), whole('0', 0)] },
      grants: [grant('g_new', '3')],
      drawn: [
        ['g_old', 'calls', '4'],
        ['g_old', 'tokens', '100'],
        ['g_other', 'calls', '2'],
      ],
      settled: [['calls', 'usage', '4']],
    });
    expect(draws(rated)).toEqual([['g_new', 'calls', '3']]);
    expect(quantities(rated, 'calls')).toEqual(['14', '9', '5']);
    expect(told(rated)).toEqual(['late_usage Calls (late usage) 1']);
  });

  test('come from grants in force at the late events’ timestamps', () => {
    const rows = (middle: string): Pieces => [piece([0, 10, '5']), piece([10, 20, middle]), piece([20, 30, '5'])];
    const grants = [
      grant('g_first', '9', { endsAt: day(10) }),
      grant('g_middle', '9', { effectiveAt: day(10), endsAt: day(20) }),
      grant('g_last', '9', { effectiveAt: day(20) }),
    ];
    const rated = late({
      charges: [CALLS],
      usage: { calls: [rows('0'), rows('4')] },
      grants,
      settled: [['calls', 'usage', '10']],
    });
    expect(draws(rated)).toEqual([['g_middle', 'calls', '4']]);
    expect(rated.lines.map((line) => decimalText(line.amount))).toEqual(['0']);
  });

  test('are not drawn for units that are free over the whole period', () => {
    const charge = packageCharge({ size: '1', amount: '1', free: '50' }, { id: 'calls' });
    const usage = { calls: [whole('40'), whole('60', 2)] } as const;
    expect(draws(late({ charges: [charge], usage, grants: [grant('g', '100')] }))).toEqual([['g', 'calls', '10']]);
    const more = { calls: [whole('60'), whole('80', 2)] } as const;
    const drawn = [['g', 'calls', '10']] as const;
    expect(draws(late({ charges: [charge], usage: more, grants: [grant('g', '100')], drawn }))).toEqual([
      ['g', 'calls', '20'],
    ]);
  });

  test('are not given back where late events lower the usage', () => {
    const sum = { ...CALLS, aggregation: { type: 'sum', property: 'seconds' } } as const;
    const rated = late({
      charges: [sum],
      usage: { calls: [whole('10'), whole('4', 2)] },
      grants: [grant('g', '100')],
      drawn: [['g', 'calls', '6']],
      settled: [['calls', 'usage', '4']],
    });
    expect(draws(rated)).toEqual([]);
    expect(quantities(rated, 'calls')).toEqual(['4', '6', '0']);
    expect(told(rated)).toEqual(['late_usage Calls (late usage) -4']);
  });

  test('of two charges come from one pool, in plan order', () => {
    const usage = { calls: [whole('0', 0), whole('4')], tokens: [whole('0', 0), whole('4')] } as const;
    expect(draws(late({ charges: [TOKENS, CALLS], usage, grants: [grant('g', '6')] }))).toEqual([
      ['g', 'tokens', '4'],
      ['g', 'calls', '2'],
    ]);
  });
});

test.each<[string, Pieces, Pieces]>([
  ['another end', [piece([0, 30, '1'])], [piece([0, 20, '1'])]],
  ['another start', [piece([0, 30, '1'])], [piece([10, 30, '1'])]],
  ['a piece more', [piece([0, 10, '1'])], [piece([0, 10, '1']), piece([10, 30, '1'])]],
])('usage that was read twice with %s is a defect, not late usage', (_, before, after) => {
  expect(() => late({ charges: [CALLS], usage: { calls: [before, after] } })).toThrow('usage was read with other cuts');
});
