import fc from 'fast-check';
import type { LifeCommand, Pick } from './commands.ts';

export interface Life {
  readonly timezone: string;
  readonly currency: string;
  readonly delaySeconds: number;
  readonly commands: readonly LifeCommand[];
}

const pick: fc.Arbitrary<Pick> = fc.oneof(fc.constantFrom<Pick>(0, 'last'), fc.nat({ max: 20 }));
const optional = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: null });

const subscribe: fc.Arbitrary<LifeCommand> = fc.record({
  kind: fc.constant('subscribe' as const),
  plan: fc.nat({ max: 5 }),
  version: fc.constantFrom(1, 1, 2),
  start: fc.oneof(fc.constantFrom(null, 'begin' as const, 'begin' as const), fc.integer({ min: -160, max: 60 })),
  trial: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat({ max: 60 }) }),
});

function events(minTicks: number, maxTicks: number): fc.Arbitrary<LifeCommand> {
  return fc
    .array(fc.tuple(fc.integer({ min: minTicks, max: maxTicks }), fc.integer({ min: -6, max: 15 })), {
      minLength: 1,
      maxLength: 12,
    })
    .chain((list) =>
      fc.record({
        kind: fc.constant('events' as const),
        ticks: fc.constant(list.map(([tick]) => tick)),
        properties: fc.constant(list.map(([, n]) => ({ n }))),
        early: fc.boolean(),
        name: fc.constantFrom('call', 'call', 'token'),
      }),
    );
}

const late = events(-200, -1);

function advance(maxTicks: number): fc.Arbitrary<LifeCommand> {
  return fc.record({ kind: fc.constant('advance' as const), ticks: fc.integer({ min: 1, max: maxTicks }) });
}

const grant: fc.Arbitrary<LifeCommand> = fc.record({
  kind: fc.constant('grant' as const),
  amount: fc.integer({ min: 1, max: 25 }),
  rollover: fc.boolean(),
  days: optional(fc.integer({ min: 1, max: 50 })),
  from: fc.oneof(fc.constant(null), fc.integer({ min: -60, max: 0 }), fc.integer({ min: -60, max: 60 })),
  priority: fc.constantFrom(10, 50),
  limit: fc.constantFrom(null, null, 'call' as const, 'token' as const),
  subscription: fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat({ max: 20 }) }),
});

function on(kind: 'trigger' | 'revoke' | 'finalize'): fc.Arbitrary<LifeCommand> {
  return fc.record({ kind: fc.constant(kind), pick });
}

const voiding: fc.Arbitrary<LifeCommand> = fc.record({
  kind: fc.constant('void' as const),
  pick,
  reissue: fc.boolean(),
});

const pay: fc.Arbitrary<LifeCommand> = fc.record({
  kind: fc.constant('pay' as const),
  pick,
  percent: fc.oneof(fc.constant(100), fc.integer({ min: 1, max: 99 })),
});

const credit: fc.Arbitrary<LifeCommand> = fc.record({
  kind: fc.constant('credit' as const),
  pick,
  line: fc.nat({ max: 3 }),
  percent: optional(fc.integer({ min: 1, max: 100 })),
});

const cancel: fc.Arbitrary<LifeCommand> = fc.record({
  kind: fc.constant('cancel' as const),
  pick,
  at: fc.oneof(fc.constantFrom('now' as const, 'period_end' as const), fc.nat({ max: 200 })),
});

const cancelLast: fc.Arbitrary<LifeCommand> = fc.constant({ kind: 'cancel', pick: 'last', at: 'now' });

const pause: fc.Arbitrary<LifeCommand> = fc.record({
  kind: fc.constant('pause' as const),
  pick,
  at: fc.oneof(fc.constantFrom('now' as const, 'period_end' as const), fc.nat({ max: 60 })),
});

const resume: fc.Arbitrary<LifeCommand> = fc.record({
  kind: fc.constant('resume' as const),
  pick,
  at: fc.oneof(fc.constant('now' as const), fc.nat({ max: 60 })),
});

const uncancel: fc.Arbitrary<LifeCommand> = fc.record({ kind: fc.constant('uncancel' as const), pick });

const changePlan: fc.Arbitrary<LifeCommand> = fc.record({
  kind: fc.constant('change plan' as const),
  pick,
  plan: fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 5 }) }, { weight: 1, arbitrary: fc.constant('own' as const) }),
  version: fc.constantFrom(null, 1, 2),
  at: fc.constantFrom('now' as const, 'now' as const, 'period_end' as const),
  proration: fc.constantFrom('by_time' as const, 'by_time' as const, 'none' as const),
});

export const ZONES = ['UTC', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Kiritimati', 'Europe/Berlin'] as const;

const zone: fc.Arbitrary<LifeCommand> = fc.record({
  kind: fc.constant('zone' as const),
  timezone: fc.constantFrom(...ZONES),
});

const tax: fc.Arbitrary<LifeCommand> = fc.record({
  kind: fc.constant('tax' as const),
  rates: fc.constantFrom<readonly string[]>([], ['19'], ['7.7', '2.55'], ['33.333', '0', '5.5']),
  inclusive: fc.boolean(),
  exempt: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

const delay: fc.Arbitrary<LifeCommand> = fc.record({
  kind: fc.constant('delay' as const),
  seconds: fc.constantFrom(0, 3_600, 86_400 * 9),
});

const poison: fc.Arbitrary<LifeCommand> = fc.record({
  kind: fc.constant('poison' as const),
  tick: fc.integer({ min: -60, max: 10 }),
});

/** What belongs together is drawn together, so that commands find something to act on. */
const chapters: fc.Arbitrary<readonly LifeCommand[]> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(events(0, 130)) },
  { weight: 2, arbitrary: fc.tuple(grant) },
  { weight: 1, arbitrary: fc.tuple(cancel) },
  { weight: 1, arbitrary: fc.tuple(subscribe) },
  { weight: 1, arbitrary: fc.tuple(subscribe, cancelLast) },
  { weight: 1, arbitrary: fc.tuple(on('revoke')) },
  { weight: 1, arbitrary: fc.tuple(cancel, advance(10), uncancel) },
  { weight: 2, arbitrary: fc.tuple(pause, advance(60), late, resume, advance(60)) },
  { weight: 1, arbitrary: fc.tuple(pause, advance(60), late, cancel) },
  { weight: 2, arbitrary: fc.tuple(changePlan, advance(30)) },
  { weight: 1, arbitrary: fc.tuple(changePlan, changePlan, advance(90), voiding) },
  { weight: 2, arbitrary: fc.tuple(changePlan, pause, advance(40), changePlan, resume, advance(20)) },
  { weight: 1, arbitrary: fc.tuple(zone, advance(130)) },
  { weight: 1, arbitrary: fc.tuple(zone, changePlan, advance(130), late, voiding) },
  { weight: 1, arbitrary: fc.tuple(tax) },
  { weight: 1, arbitrary: fc.tuple(delay) },
  { weight: 1, arbitrary: fc.tuple(poison, advance(80), voiding) },
  { weight: 3, arbitrary: fc.tuple(events(0, 6), advance(8), on('trigger')) },
  { weight: 2, arbitrary: fc.tuple(events(0, 6), advance(8), on('trigger'), grant, on('trigger'), voiding) },
  { weight: 2, arbitrary: fc.tuple(advance(140), voiding, voiding) },
  { weight: 3, arbitrary: fc.tuple(events(0, 60), advance(140), late, advance(60)) },
  { weight: 2, arbitrary: fc.tuple(advance(140), late, voiding, late, advance(140), voiding) },
  { weight: 2, arbitrary: fc.tuple(cancel, advance(140), late, on('trigger'), late, voiding) },
  { weight: 2, arbitrary: fc.tuple(advance(140), pay, credit, advance(140), voiding) },
  { weight: 1, arbitrary: fc.tuple(subscribe, advance(60), cancel, advance(140), voiding) },
  { weight: 2, arbitrary: fc.tuple(advance(140), on('finalize')) },
  { weight: 2, arbitrary: fc.tuple(advance(140)) },
);

export const billingLives: fc.Arbitrary<Life> = fc.record({
  timezone: fc.constantFrom(...ZONES),
  currency: fc.constantFrom('USD', 'USD', 'JPY', 'KWD'),
  // Long enough that drafts wait for each other, or none at all.
  delaySeconds: fc.constantFrom(0, 3_600, 3_600, 86_400 * 20),
  commands: fc
    .tuple(
      subscribe,
      fc.array(fc.tuple(optional(fc.oneof(events(-60, 60), grant)), chapters), { minLength: 2, maxLength: 6 }),
    )
    .map(([first, rest]) => [
      first,
      ...atMostTwo(rest.flatMap(([before, chapter]) => (before === null ? chapter : [before, ...chapter]))),
    ]),
});

/** One to three subscriptions in all. */
function atMostTwo(list: readonly LifeCommand[]): LifeCommand[] {
  let left = 2;
  return list.filter((command) => command.kind !== 'subscribe' || left-- > 0);
}
