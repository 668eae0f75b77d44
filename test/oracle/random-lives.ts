import fc from 'fast-check';
import type { ChargeJson } from '../../src/domain/charge-json.ts';
import type { LifeCommand } from '../support/billing-life.ts';
import { ZONES } from '../support/billing-life/lives.ts';

type LifeCharge = Partial<ChargeJson> & Pick<ChargeJson, 'pricing_model'>;

/** A plan's charges without their ids, and what else it says. */
export interface LifePlan {
  readonly charges: readonly LifeCharge[];
  readonly minimumAmount: string | null;
  /** Its second version. */
  readonly second?: { readonly charges: readonly LifeCharge[]; readonly minimumAmount: string | null };
  readonly billingPeriod: string;
  readonly intervalCount: number;
}

export interface RandomLife {
  readonly timezone: string;
  readonly currency: string;
  readonly delaySeconds: number;
  /** All exclusive or all inclusive. */
  readonly taxes: readonly { readonly percentage: string; readonly inclusive: boolean }[];
  readonly plans: readonly LifePlan[];
  readonly commands: readonly LifeCommand[];
}

const optional = <Value>(values: fc.Arbitrary<Value>, often = 1) =>
  fc.oneof({ weight: 1, arbitrary: fc.constant(null) }, { weight: often, arbitrary: values });

/** A decimal with some digits behind the point, such as `0.335`; never zero unless it may be. */
function amounts(max: number, { zero = true } = {}): fc.Arbitrary<string> {
  return fc
    .tuple(fc.integer({ min: zero ? 0 : 1, max: max * 100 }), fc.constantFrom(2, 2, 3, 4))
    .map(([units, digits]) => {
      const text = String(units).padStart(digits + 1, '0');
      return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
    });
}

const filters = fc.constantFrom(
  {},
  {},
  {},
  { region: ['eu'] },
  { region: ['eu', 'us'], level: ['1', 'true'] },
  { level: ['null', '2.5'] },
);
const NUMERIC = ['sum', 'sum', 'max', 'latest', 'unique_count', 'average'] as const;
const aggregation = fc.oneof(
  fc.constant({ type: 'count' as const, property: null }),
  fc.constantFrom(...NUMERIC).map((type) => ({ type, property: 'n' })),
);

const tiers = fc
  .tuple(
    fc.uniqueArray(fc.constantFrom('1', '2.5', '5', '10', '12', '40'), { maxLength: 3 }),
    fc.array(fc.tuple(amounts(3), optional(amounts(9))), { minLength: 4, maxLength: 4 }),
  )
  .map(([bounds, prices]) =>
    [...bounds.toSorted((left, right) => Number(left) - Number(right)), null].map((up_to, index) => {
      const [unit_amount = '1', flat] = prices[index] ?? [];
      return { up_to, unit_amount, flat_amount: flat ?? '0' };
    }),
  );

const metered = fc.record({
  event_name: fc.constantFrom('call', 'token'),
  aggregation,
  filters,
  minimum_amount: optional(amounts(9)),
  maximum_amount: optional(amounts(30)),
});

const usageModel = fc.oneof(
  fc.record({ pricing_model: fc.constant('per_unit' as const), unit_amount: amounts(4) }),
  fc.record({ pricing_model: fc.constantFrom('graduated' as const, 'volume' as const), tiers }),
  fc.record({
    pricing_model: fc.constant('package' as const),
    package_size: fc.constantFrom('1', '2.5', '10'),
    package_amount: amounts(5),
    free_units: fc.constantFrom('0', '3', '4.5'),
  }),
  fc.record({
    pricing_model: fc.constant('credit' as const),
    credits_per_unit: fc.constantFrom('1', '2', '0.5', '0.333'),
    unit_amount: amounts(2),
  }),
);

const usageCharge = fc.tuple(metered, usageModel).map(([common, model]) => ({ ...common, ...model }));

const flat = fc
  .record({
    amount: amounts(30),
    bill_in: fc.constantFrom('arrears' as const, 'advance' as const),
    used: fc.boolean(),
    event_name: fc.constantFrom(null, 'call'),
    filters,
  })
  .map(({ used, event_name: name, ...rest }) => {
    const event_name = used && rest.bill_in === 'arrears' ? 'token' : name;
    return {
      ...rest,
      pricing_model: 'flat' as const,
      event_name,
      filters: event_name === null ? {} : rest.filters,
      charge_when: used && rest.bill_in === 'arrears' ? ('used' as const) : ('always' as const),
    };
  });

const content = {
  charges: fc.array(fc.oneof({ weight: 3, arbitrary: usageCharge }, { weight: 1, arbitrary: flat }), {
    minLength: 1,
    maxLength: 5,
  }),
  minimumAmount: optional(amounts(60)),
};

const plan: fc.Arbitrary<LifePlan> = fc.record({
  ...content,
  second: fc.record(content),
  billingPeriod: fc.constantFrom('monthly', 'monthly', 'weekly', 'daily'),
  intervalCount: fc.constantFrom(1, 1, 2, 3),
});

/** Numbers, numbers in texts, and what is no number; the smallest and the largest that count. */
const value = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 12 }) },
  { weight: 2, arbitrary: fc.constantFrom<unknown>('0.1', 2.5, '12.50', 1e-7, -3, '-0.25') },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>('abc', '007', null, true, [1], { a: 1, b: 2 }, { b: 2, a: 1 }, '1e2', '', ' 1'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      '0.000000000000000000000000000001',
      '0.0000000000000000000000000000001',
      '1000000000000000000000000000000',
      '3.0',
    ),
  },
);

const properties = fc.record(
  {
    n: value,
    region: fc.constantFrom('eu', 'us', 'asia'),
    level: fc.constantFrom<unknown>(1, '1', true, null, 2.5, [1]),
  },
  { requiredKeys: [] },
);

const pick = fc.oneof(fc.constant(0), fc.nat({ max: 20 }));

const subscribe: fc.Arbitrary<LifeCommand> = fc.record({
  kind: fc.constant('subscribe' as const),
  plan: fc.nat({ max: 2 }),
  start: fc.oneof(fc.constantFrom(null, 'begin' as const), fc.integer({ min: -130, max: 30 })),
  trial: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat({ max: 40 }) }),
});

function events(minTicks: number, maxTicks: number): fc.Arbitrary<LifeCommand> {
  return fc
    .array(fc.tuple(fc.integer({ min: minTicks, max: maxTicks }), properties), { minLength: 1, maxLength: 8 })
    .chain((list) =>
      fc.record({
        kind: fc.constant('events' as const),
        ticks: fc.constant(list.map(([tick]) => tick)),
        properties: fc.constant(list.map(([, each]) => each)),
        early: fc.boolean(),
        name: fc.constantFrom('call', 'token'),
      }),
    );
}

function advance(maxTicks: number): fc.Arbitrary<LifeCommand> {
  return fc.record({ kind: fc.constant('advance' as const), ticks: fc.integer({ min: 1, max: maxTicks }) });
}

const grant = fc.record({
  kind: fc.constant('grant' as const),
  amount: fc.integer({ min: 1, max: 30 }),
  rollover: fc.boolean(),
  days: optional(fc.integer({ min: 1, max: 50 })),
  from: fc.oneof(fc.constant(null), fc.integer({ min: -60, max: 0 }), fc.integer({ min: -60, max: 60 })),
  priority: fc.constantFrom(10, 50),
  limit: fc.constantFrom(null, null, 'call' as const, 'token' as const),
  subscription: fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: pick }),
});

/** Reaches back and is drawn first, so that what others gave meanwhile goes back to them. */
const grantBefore: fc.Arbitrary<LifeCommand> = fc
  .tuple(grant, fc.integer({ min: -60, max: -8 }))
  .map(([each, from]) => ({ ...each, from, priority: 1, limit: null, subscription: null }));

function on(kind: 'trigger' | 'revoke' | 'finalize'): fc.Arbitrary<LifeCommand> {
  return fc.record({ kind: fc.constant(kind), pick });
}

const voided: fc.Arbitrary<LifeCommand> = fc.record({
  kind: fc.constant('void' as const),
  pick,
  reissue: fc.boolean(),
});

const cancel: fc.Arbitrary<LifeCommand> = fc.record({
  kind: fc.constant('cancel' as const),
  pick,
  at: fc.oneof(fc.constantFrom('now' as const, 'period_end' as const), fc.nat({ max: 200 })),
});

const when = fc.oneof(fc.constantFrom('now' as const, 'period_end' as const), fc.nat({ max: 60 }));

const pause: fc.Arbitrary<LifeCommand> = fc.record({ kind: fc.constant('pause' as const), pick, at: when });

const resume: fc.Arbitrary<LifeCommand> = fc.record({
  kind: fc.constant('resume' as const),
  pick,
  at: fc.oneof(fc.constant('now' as const), fc.nat({ max: 60 })),
});

const uncancel: fc.Arbitrary<LifeCommand> = fc.record({ kind: fc.constant('uncancel' as const), pick });

const changePlan: fc.Arbitrary<LifeCommand> = fc.record({
  kind: fc.constant('change plan' as const),
  pick,
  plan: fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 2 }) }, { weight: 1, arbitrary: fc.constant('own' as const) }),
  version: fc.constantFrom(null, 1, 2),
  at: fc.constantFrom('now' as const, 'now' as const, 'period_end' as const),
  proration: fc.constantFrom('by_time' as const, 'none' as const),
});

const pay: fc.Arbitrary<LifeCommand> = fc.record({
  kind: fc.constant('pay' as const),
  pick,
  percent: fc.constantFrom(100, 100, 40),
});

const credit: fc.Arbitrary<LifeCommand> = fc.record({
  kind: fc.constant('credit' as const),
  pick,
  line: fc.nat({ max: 3 }),
  percent: optional(fc.integer({ min: 1, max: 100 })),
});

const zone: fc.Arbitrary<LifeCommand> = fc.record({
  kind: fc.constant('zone' as const),
  timezone: fc.constantFrom(...ZONES),
});

/** What belongs together is drawn together, so that commands find something to act on. */
const chapters: fc.Arbitrary<readonly LifeCommand[]> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(events(0, 130)) },
  { weight: 3, arbitrary: fc.tuple(events(-130, 0), advance(60)) },
  { weight: 4, arbitrary: fc.tuple(grant, events(0, 60)) },
  { weight: 1, arbitrary: fc.tuple(cancel) },
  { weight: 2, arbitrary: fc.tuple(cancel, advance(60), events(-60, 0), on('trigger'), voided) },
  { weight: 1, arbitrary: fc.tuple(subscribe) },
  { weight: 1, arbitrary: fc.tuple(on('revoke')) },
  { weight: 3, arbitrary: fc.tuple(events(0, 6), advance(8), on('trigger')) },
  { weight: 2, arbitrary: fc.tuple(events(0, 6), advance(8), on('trigger'), grant, on('trigger'), voided) },
  { weight: 2, arbitrary: fc.tuple(grant, events(0, 6), advance(8), on('trigger'), grantBefore, advance(140)) },
  { weight: 2, arbitrary: fc.tuple(advance(140), voided, voided) },
  { weight: 2, arbitrary: fc.tuple(advance(140), on('finalize')) },
  { weight: 2, arbitrary: fc.tuple(advance(140)) },
  { weight: 2, arbitrary: fc.tuple(events(0, 30), advance(30), changePlan, advance(60)) },
  { weight: 1, arbitrary: fc.tuple(changePlan, changePlan, advance(140), voided) },
  { weight: 2, arbitrary: fc.tuple(events(0, 60), pause, advance(60), events(-60, 20), resume, advance(60)) },
  { weight: 1, arbitrary: fc.tuple(pause, advance(60), changePlan, resume, grant, advance(60)) },
  {
    weight: 1,
    arbitrary: fc.tuple(events(0, 60), changePlan, pause, advance(90), events(-90, 0), cancel, advance(60)),
  },
  { weight: 1, arbitrary: fc.tuple(cancel, advance(10), uncancel, advance(60)) },
  { weight: 2, arbitrary: fc.tuple(advance(140), pay, credit, advance(140), voided) },
  { weight: 1, arbitrary: fc.tuple(advance(140), credit, credit, events(0, 60), advance(140)) },
  { weight: 1, arbitrary: fc.tuple(zone, advance(130)) },
);

export const randomLives: fc.Arbitrary<RandomLife> = fc.record({
  timezone: fc.constantFrom('UTC', 'America/New_York', 'Asia/Kathmandu'),
  currency: fc.constantFrom('USD', 'USD', 'JPY', 'KWD', 'CLF'),
  delaySeconds: fc.constantFrom(0, 3_600, 5 * 86_400),
  taxes: fc
    .tuple(fc.array(fc.constantFrom('20', '5.5', '7.7', '0', '33.333', '0.0001'), { maxLength: 3 }), fc.boolean())
    .map(([rates, inclusive]) => rates.map((percentage) => ({ percentage, inclusive }))),
  plans: fc.array(plan, { minLength: 3, maxLength: 3 }),
  commands: fc
    .tuple(subscribe, fc.array(chapters, { minLength: 3, maxLength: 8 }))
    .map(([first, rest]) => [first, ...atMostTwo(rest.flat())]),
});

/** One to three subscriptions in all. */
function atMostTwo(list: readonly LifeCommand[]): LifeCommand[] {
  let left = 2;
  return list.filter((command) => command.kind !== 'subscribe' || left-- > 0);
}
