import { describe, expect, test } from '@jest/globals';
import type { GrantView } from '../../../src/domain/rating/model.ts';
import { creditCharge, flatCharge, graduatedCharge, packageCharge, perUnitCharge } from '../pricing/charges.ts';
import { amounts, day, draws, grant, piece, type PieceRow, quantities, rate } from './rate.ts';

const CALLS = perUnitCharge('1', { id: 'calls', eventName: 'call' });
const TOKENS = perUnitCharge('1', { id: 'tokens', eventName: 'token' });

describe('a grant lowers the quantity before prices apply', () => {
  test.each([
    ['more than the usage', '15', '10', '0', '0'],
    ['as much as the usage', '10', '10', '0', '0'],
    ['less than the usage', '3.5', '3.5', '6.5', '6.5'],
    ['nothing left', '0', '0', '10', '10'],
  ])('%s', (_, available, credited, billable, amount) => {
    const invoice = rate({ charges: [CALLS], usage: { calls: '10' }, grants: [grant('g', available)] });
    expect(quantities(invoice, 'calls')).toEqual(['10', credited, billable]);
    expect(amounts(invoice)).toEqual([['calls', amount]]);
  });

  test('the units left are priced from the first tier on', () => {
    const charge = graduatedCharge(
      [
        ['10', '1'],
        [null, '0.1'],
      ],
      { id: 'calls' },
    );
    const invoice = rate({ charges: [charge], usage: { calls: '15' }, grants: [grant('g', '12')] });
    expect(quantities(invoice, 'calls')).toEqual(['15', '12', '3']);
    expect(amounts(invoice)).toEqual([['calls', '3']]);
  });
});

describe('a grant covers effective_at <= timestamp < ends_at and nothing else', () => {
  const pieces = [
    [0, 10, '4'],
    [10, 20, '5'],
    [20, 30, '6'],
  ] as const;

  test.each<[string, Partial<GrantView>, string]>([
    ['in force all the time', {}, '15'],
    ['from day 10', { effectiveAt: day(10) }, '11'],
    ['until day 20', { endsAt: day(20) }, '9'],
    ['from day 10 until day 20', { effectiveAt: day(10), endsAt: day(20) }, '5'],
    ['ended when the period began', { endsAt: day(0) }, '0'],
    ['starting when the period ends', { effectiveAt: day(30) }, '0'],
    ['until the end of the period', { endsAt: day(30) }, '15'],
    ['revoked before it was to start', { effectiveAt: day(20), endsAt: day(10) }, '0'],
    ['ended the instant it started', { effectiveAt: day(10), endsAt: day(10) }, '0'],
  ])('%s', (_, time, credited) => {
    const invoice = rate({ charges: [CALLS], usage: { calls: pieces }, grants: [grant('g', '100', time)] });
    expect(quantities(invoice, 'calls')[1]).toBe(credited);
  });

  test('uncovered parts of all pieces are one quantity, rated once', () => {
    const charge = graduatedCharge(
      [
        ['6', '1'],
        [null, '0.5'],
      ],
      { id: 'calls' },
    );
    const time = { effectiveAt: day(10), endsAt: day(20) };
    const invoice = rate({ charges: [charge], usage: { calls: pieces }, grants: [grant('g', '100', time)] });
    expect(quantities(invoice, 'calls')).toEqual(['15', '5', '10']);
    expect(amounts(invoice)).toEqual([['calls', '8']]);
  });

  test('of one that ends and one that starts at one instant each covers its own side', () => {
    const grants = [
      grant('all', '0', { priority: 1 }),
      grant('first', '100', { endsAt: day(10) }),
      grant('then', '100', { effectiveAt: day(10) }),
    ];
    const usage = { calls: [[0, 10, '4'] as const, [10, 30, '5'] as const] };
    expect(draws(rate({ charges: [CALLS], usage, grants }))).toEqual([
      ['first', 'calls', '4'],
      ['then', 'calls', '5'],
    ]);
  });

  test('usage that is not cut where a grant starts is a defect, not a guess', () => {
    const grants = [grant('g', '100', { effectiveAt: day(15) })];
    expect(() => rate({ charges: [CALLS], usage: { calls: pieces }, grants })).toThrow(RangeError);
    expect(() => rate({ charges: [CALLS], usage: { calls: '15' }, grants })).toThrow(RangeError);
  });
});

describe('the order of draws', () => {
  const cases: [string, GrantView, GrantView][] = [
    ['lower priority first', grant('b', '4', { priority: 10 }), grant('a', '9', { endsAt: day(30), priority: 11 })],
    ['then the soonest end', grant('b', '4', { endsAt: day(30) }), grant('a', '9', { endsAt: day(31) })],
    ['never-ending last', grant('b', '4', { endsAt: day(900) }), grant('a', '9', { eventNames: ['call'] })],
    [
      'limited to event names before unlimited',
      grant('b', '4', { eventNames: ['call'] }),
      grant('a', '9', { createdAt: day(-200) }),
    ],
    [
      'limited to a subscription before unlimited',
      grant('b', '4', { subscriptionId: 'sub_1' }),
      grant('a', '9', { createdAt: day(-200) }),
    ],
    ['then the older one', grant('b', '4', { createdAt: day(-101) }), grant('a', '9')],
    ['then the smaller id', grant('a', '4'), grant('b', '9')],
  ];

  test.each(cases)('%s', (_, first, second) => {
    for (const grants of [
      [first, second],
      [second, first],
    ]) {
      expect(draws(rate({ charges: [CALLS], usage: { calls: '10' }, grants }))).toEqual([
        [first.id, 'calls', '4'],
        [second.id, 'calls', '6'],
      ]);
    }
  });

  test('two limited ones are equal in that, whatever limits them', () => {
    const named = grant('b', '4', { eventNames: ['call'], createdAt: day(-102) });
    const bound = grant('a', '9', { subscriptionId: 'sub_1', createdAt: day(-101) });
    expect(draws(rate({ charges: [CALLS], usage: { calls: '5' }, grants: [bound, named] }))).toEqual([
      ['b', 'calls', '4'],
      ['a', 'calls', '1'],
    ]);
  });

  test('pieces are served in time order, so early usage takes what later usage then lacks', () => {
    const usage = {
      calls: [piece([20, 30, '6']), piece([0, 10, '4']), piece([10, 20, '5'])],
    };
    const grants = [
      grant('always', '8'),
      grant('early', '100', { endsAt: day(10) }),
      grant('late', '100', { effectiveAt: day(20) }),
    ];
    // Day 0–10: 4 from "early" (it ends soonest). Day 10–20: 5 from "always". Day 20–30: 3 left in it, then "late".
    expect(draws(rate({ charges: [CALLS], usage, grants }))).toEqual([
      ['early', 'calls', '4'],
      ['always', 'calls', '8'],
      ['late', 'calls', '3'],
    ]);
  });

  test('charges are served in plan order', () => {
    const usage = { calls: '7', tokens: '7' };
    const grants = [grant('g', '10')];
    expect(draws(rate({ charges: [CALLS, TOKENS], usage, grants }))).toEqual([
      ['g', 'calls', '7'],
      ['g', 'tokens', '3'],
    ]);
    expect(draws(rate({ charges: [TOKENS, CALLS], usage, grants }))).toEqual([
      ['g', 'tokens', '7'],
      ['g', 'calls', '3'],
    ]);
  });
});

describe('limits of a grant', () => {
  const usage = { calls: '7', tokens: '7' };
  const charges = [CALLS, TOKENS];

  test('to event names: other charges draw nothing from it', () => {
    const grants = [grant('g', '10', { eventNames: ['token', 'other'] })];
    expect(draws(rate({ charges, usage, grants }))).toEqual([['g', 'tokens', '7']]);
  });

  test('to another subscription: nothing is drawn, and no cut is needed', () => {
    const grants = [grant('g', '10', { subscriptionId: 'sub_2', effectiveAt: day(15) })];
    expect(draws(rate({ charges, usage, grants }))).toEqual([]);
  });
});

describe('what a charge may draw', () => {
  test('units that are free anyway draw nothing', () => {
    const charge = packageCharge({ size: '10', amount: '5', free: '4' }, { id: 'calls' });
    const invoice = rate({
      charges: [charge],
      usage: {
        calls: [
          [0, 10, '3'],
          [10, 30, '12'],
        ],
      },
      grants: [grant('g', '100')],
    });
    expect(quantities(invoice, 'calls')).toEqual(['15', '11', '4']);
    expect(amounts(invoice)).toEqual([['calls', '0']]);
  });

  test('usage within the free units draws nothing at all', () => {
    const charge = packageCharge({ size: '10', amount: '5', free: '40' }, { id: 'calls' });
    expect(draws(rate({ charges: [charge], usage: { calls: '15' }, grants: [grant('g', '100')] }))).toEqual([]);
  });

  test('a negative piece gives no credits back, but the period draws for its sum only', () => {
    const usage = {
      calls: [
        [0, 10, '10'],
        [10, 30, '-7'],
      ],
    } as const;
    const invoice = rate({ charges: [CALLS], usage, grants: [grant('g', '100', { endsAt: day(10) })] });
    expect(quantities(invoice, 'calls')).toEqual(['3', '3', '0']);
  });

  test('a negative piece that no grant covers lowers what later usage draws', () => {
    const usage = {
      calls: [
        [0, 10, '-5'],
        [10, 30, '8'],
      ],
    } as const;
    const invoice = rate({ charges: [CALLS], usage, grants: [grant('g', '100', { effectiveAt: day(10) })] });
    expect(quantities(invoice, 'calls')).toEqual(['3', '3', '0']);
  });

  test('within one span of grants usage is summed before it draws, however finely it was read', () => {
    const grants = [grant('g', '100', { endsAt: day(20) })];
    const drawnWith = (...calls: PieceRow[]) => draws(rate({ charges: [CALLS], usage: { calls }, grants }));
    expect(drawnWith([0, 20, '6'], [20, 30, '10'])).toEqual([['g', 'calls', '6']]);
    expect(drawnWith([0, 10, '10'], [10, 20, '-4'], [20, 30, '10'])).toEqual([['g', 'calls', '6']]);
  });

  test('a negative sum draws nothing', () => {
    const usage = {
      calls: [
        [0, 10, '5'],
        [10, 30, '-8'],
      ],
    } as const;
    expect(draws(rate({ charges: [CALLS], usage, grants: [grant('g', '100')] }))).toEqual([]);
  });

  test('a flat charge draws nothing', () => {
    const charge = flatCharge('5', { id: 'calls', eventName: 'call', chargeWhen: 'used' });
    expect(draws(rate({ charges: [charge], usage: { calls: '5' }, grants: [grant('g', '100')] }))).toEqual([]);
  });
});

describe('a credit charge', () => {
  const COMPUTE = creditCharge({ perUnit: '2.5', unitAmount: '0.1' }, { id: 'compute', eventName: 'job' });

  test('draws credits_per_unit for each unit; its quantities are credits, usage_quantity the units', () => {
    const invoice = rate({ charges: [COMPUTE], usage: { compute: '10' }, grants: [grant('g', '20')] });
    expect(quantities(invoice, 'compute')).toEqual(['25', '20', '5']);
    expect(invoice.lines[0]?.usageQuantity?.toFixed()).toBe('10');
    expect(amounts(invoice)).toEqual([['compute', '0.5']]);
  });

  test('competes for a grant with unit charges at its own rate', () => {
    const invoice = rate({
      charges: [COMPUTE, CALLS],
      usage: { compute: '2', calls: '9' },
      grants: [grant('g', '10')],
    });
    expect(draws(invoice)).toEqual([
      ['g', 'compute', '5'],
      ['g', 'calls', '5'],
    ]);
  });

  test('can draw a part of a unit', () => {
    const invoice = rate({ charges: [COMPUTE], usage: { compute: '1' }, grants: [grant('g', '0.3')] });
    expect(quantities(invoice, 'compute')).toEqual(['2.5', '0.3', '2.2']);
  });
});

test('a grant that holds less than nothing is a defect', () => {
  expect(() => rate({ charges: [CALLS], usage: { calls: '1' }, grants: [grant('g', '-1')] })).toThrow(RangeError);
});
