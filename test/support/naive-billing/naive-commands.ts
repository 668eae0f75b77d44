import fc from 'fast-check';

/** Periods of a fixed length, so that no calendar is needed; in days. */
export interface NaivePlan {
  readonly days: number;
  /** It bills when its period opens, so that a period that begins anew has an opening invoice. */
  readonly hasAdvance: boolean;
}

export const NAIVE_PLANS: readonly NaivePlan[] = [
  { days: 10, hasAdvance: false },
  { days: 10, hasAdvance: true },
  { days: 7, hasAdvance: true },
  { days: 3, hasAdvance: false },
];

/** Hours from now; to lie in the past they are negative. */
type Hours = number;
export type When = 'now' | 'period_end' | Hours;

export type NaiveCommand =
  | { readonly kind: 'subscribe'; readonly plan: number; readonly start: Hours | null; readonly trial: Hours | null }
  | { readonly kind: 'cancel' | 'pause'; readonly pick: number; readonly at: When }
  | { readonly kind: 'resume'; readonly pick: number; readonly at: 'now' | Hours }
  | { readonly kind: 'uncancel' | 'retry'; readonly pick: number }
  | { readonly kind: 'change plan'; readonly pick: number; readonly plan: number; readonly at: 'now' | 'period_end' }
  /** What it has used by the end of its running period cannot be rated. */
  | { readonly kind: 'poison'; readonly pick: number }
  | { readonly kind: 'grant'; readonly days: number }
  /** The account's finalization delay; 0: none. */
  | { readonly kind: 'delay'; readonly hours: Hours }
  | { readonly kind: 'advance'; readonly hours: Hours };

/** Whole days, and the few that are lengths of periods, meet each other and the boundaries. */
const hours = (min: number, max: number) => {
  const meeting = [24, 72, 168, 240].filter((each) => each <= max);
  const days = fc.integer({ min: Math.ceil(min / 24), max: Math.floor(max / 24) }).map((each) => each * 24);
  return fc.oneof(
    { weight: 1, arbitrary: fc.integer({ min, max }) },
    { weight: 2, arbitrary: days },
    { weight: 3, arbitrary: fc.constantFrom(...meeting) },
  );
};
const pick = fc.oneof(fc.constant(0), fc.nat({ max: 5 }));
const plan = fc.nat({ max: NAIVE_PLANS.length - 1 });
const when: fc.Arbitrary<When> = fc.oneof(fc.constantFrom('now' as const, 'period_end' as const), hours(-1, 480));

const subscribe: fc.Arbitrary<NaiveCommand> = fc.record({
  kind: fc.constant('subscribe' as const),
  plan,
  // Longer ahead than a workflow sleeps.
  start: fc.oneof(
    { weight: 5, arbitrary: fc.option(hours(-900, 300), { nil: null }) },
    { weight: 1, arbitrary: fc.constant(1_100) },
  ),
  trial: fc.option(hours(-600, 300), { nil: null, freq: 2 }),
});

const course: fc.Arbitrary<NaiveCommand> = fc.oneof(
  fc.record({ kind: fc.constantFrom('cancel' as const, 'pause' as const, 'pause' as const), pick, at: when }),
  fc.record({ kind: fc.constant('resume' as const), pick, at: fc.oneof(fc.constant('now' as const), hours(-1, 300)) }),
  fc.record({ kind: fc.constant('uncancel' as const), pick }),
  fc.record({
    kind: fc.constant('change plan' as const),
    pick,
    plan,
    at: fc.constantFrom('now' as const, 'period_end' as const),
  }),
);

const rest: fc.Arbitrary<NaiveCommand> = fc.oneof(
  fc.record({ kind: fc.constantFrom('poison' as const, 'retry' as const), pick }),
  fc.record({
    kind: fc.constant('grant' as const),
    days: fc.oneof(fc.constantFrom(3, 7, 10), fc.integer({ min: 1, max: 40 })),
  }),
  fc.record({ kind: fc.constant('delay' as const), hours: fc.constantFrom(0, 0, 1, 24 * 12) }),
);

const advance: fc.Arbitrary<NaiveCommand> = fc.record({ kind: fc.constant('advance' as const), hours: hours(1, 400) });

/** What has to meet at one instant and would rarely by chance. */
const meetings: fc.Arbitrary<readonly NaiveCommand[]> = fc.oneof(
  // A pause that ends when a cancellation takes effect.
  fc.tuple(pick, fc.constantFrom(24, 72)).map(([each, at]): NaiveCommand[] => [
    { kind: 'pause', pick: each, at: 'now' },
    { kind: 'resume', pick: each, at },
    { kind: 'cancel', pick: each, at },
  ]),
  // A period without length, whose opening and closing invoice are final at once.
  fc.constant<NaiveCommand[]>([
    { kind: 'delay', hours: 0 },
    { kind: 'subscribe', plan: 1, start: null, trial: null },
    { kind: 'cancel', pick: 1, at: 'now' },
  ]),
);

/** A few subscriptions, and what happens to them. */
export const naiveCommands: fc.Arbitrary<readonly NaiveCommand[]> = fc
  .tuple(
    subscribe,
    fc.array(
      fc.oneof(
        { weight: 1, arbitrary: fc.tuple(subscribe) },
        { weight: 6, arbitrary: fc.tuple(course) },
        { weight: 2, arbitrary: fc.tuple(rest) },
        { weight: 5, arbitrary: fc.tuple(advance) },
        { weight: 1, arbitrary: meetings },
      ),
      { minLength: 1, maxLength: 24 },
    ),
  )
  .map(([first, others]) => [first, ...atMost(others.flat(), 3)]);

function atMost(list: readonly NaiveCommand[], subscriptions: number): NaiveCommand[] {
  let left = subscriptions;
  return list.filter(({ kind }) => kind !== 'subscribe' || left-- > 0);
}
