import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareInstants } from '../../src/domain/instant.ts';
import { BillingLife, type LifeCommand, type Pace } from '../support/billing-life.ts';
import { BillingWorld, CALLS, charge, FEE } from '../support/billing-world.ts';
import { expectVerified } from '../support/expect-verified.ts';
import { expectInvariants } from '../support/invariants.ts';

const TOKENS = charge({
  pricing_model: 'graduated',
  event_name: 'token',
  aggregation: { type: 'sum', property: 'n' },
  tiers: [
    { up_to: '10', unit_amount: '0.333', flat_amount: '0' },
    { up_to: null, unit_amount: '0.1', flat_amount: '1' },
  ],
});
const SUMS = charge({
  pricing_model: 'per_unit',
  event_name: 'token',
  unit_amount: '0.0335',
  aggregation: { type: 'sum', property: 'n' },
});

const AHEAD = charge({ ...FEE, id: 'chg_ahead', bill_in: 'advance' });

/** What can't be cut: grants in force at a period's end cover the whole of it. */
const PEAK = charge({ ...SUMS, id: 'chg_peak', aggregation: { type: 'max', property: 'n' } });
const MEAN = charge({ ...SUMS, id: 'chg_mean', aggregation: { type: 'average', property: 'n' } });

const pick = fc.oneof(fc.constant(0), fc.nat({ max: 20 }));
const optional = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: null });

const subscribe: fc.Arbitrary<LifeCommand> = fc.record({
  kind: fc.constant('subscribe' as const),
  plan: fc.nat({ max: 3 }),
  start: fc.oneof(fc.constantFrom(null, 'begin' as const, 'begin' as const), fc.integer({ min: -160, max: 60 })),
  trial: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat({ max: 60 }) }),
});

function events(maxTicks: number): fc.Arbitrary<LifeCommand> {
  return fc.record({
    kind: fc.constant('events' as const),
    ticks: fc.array(fc.nat({ max: maxTicks }), { minLength: 1, maxLength: 8 }),
    early: fc.boolean(),
    name: fc.constantFrom('call', 'call', 'token'),
  });
}

function advance(maxTicks: number): fc.Arbitrary<LifeCommand> {
  return fc.record({ kind: fc.constant('advance' as const), ticks: fc.integer({ min: 1, max: maxTicks }) });
}

const grant: fc.Arbitrary<LifeCommand> = fc.record({
  kind: fc.constant('grant' as const),
  amount: fc.integer({ min: 1, max: 12 }),
  rollover: fc.boolean(),
  days: optional(fc.integer({ min: 1, max: 50 })),
  from: fc.oneof(fc.constant(null), fc.integer({ min: -60, max: 0 }), fc.integer({ min: -60, max: 60 })),
  priority: fc.constantFrom(10, 50),
  limit: fc.constantFrom(null, null, 'call' as const, 'token' as const),
  subscription: fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: pick }),
});

function on(kind: 'trigger' | 'revoke' | 'void' | 'finalize'): fc.Arbitrary<LifeCommand> {
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

/** What belongs together is drawn together, so that commands find something to act on. */
const chapters: fc.Arbitrary<readonly LifeCommand[]> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(events(130)) },
  { weight: 2, arbitrary: fc.tuple(grant) },
  { weight: 1, arbitrary: fc.tuple(cancel) },
  { weight: 1, arbitrary: fc.tuple(subscribe) },
  { weight: 1, arbitrary: fc.tuple(on('revoke')) },
  { weight: 3, arbitrary: fc.tuple(events(6), advance(8), on('trigger')) },
  { weight: 2, arbitrary: fc.tuple(events(6), advance(8), on('trigger'), grant, on('trigger'), on('void')) },
  { weight: 2, arbitrary: fc.tuple(advance(140), on('void'), on('void')) },
  { weight: 2, arbitrary: fc.tuple(advance(140), pay, credit, advance(140), voiding) },
  { weight: 1, arbitrary: fc.tuple(subscribe, advance(60), cancel, advance(140), voiding) },
  { weight: 2, arbitrary: fc.tuple(advance(140), on('finalize')) },
  { weight: 2, arbitrary: fc.tuple(advance(140)) },
);

const lives = fc.record({
  timezone: fc.constantFrom('UTC', 'America/New_York', 'Asia/Kathmandu'),
  tax: fc.constantFrom(null, { percentage: '19', inclusive: false }, { percentage: '7.7', inclusive: true }),
  // Long enough that drafts wait for each other, or none at all.
  delaySeconds: fc.constantFrom(0, 3_600, 3_600, (40 * 86_400) / 2),
  commands: fc
    .tuple(subscribe, fc.array(chapters, { minLength: 3, maxLength: 8 }))
    .map(([first, rest]) => [first, ...atMostTwo(rest.flat())]),
});

/** One to three subscriptions in all. */
function atMostTwo(list: readonly LifeCommand[]): LifeCommand[] {
  let left = 2;
  return list.filter((command) => command.kind !== 'subscribe' || left-- > 0);
}

test('whatever happens to a customer, the books agree, and its invoices are the same at any pace', async () => {
  const paces: readonly Pace[] = ['step by step', 'catching up', 'all at once'];
  const until = performance.now() + 60_000;
  let done = 0;
  await fc.assert(
    fc.asyncProperty(lives, async ({ timezone, tax, delaySeconds, commands: list }) => {
      // A slow machine lives fewer lives, and each of them whole.
      if (performance.now() > until) return;
      const world = await BillingWorld.create();
      try {
        await world.db.pool.query('update accounts set finalization_delay_seconds = $1', [delaySeconds]);
        if (tax !== null) await world.taxed(tax.percentage, tax.inclusive);
        const plans = [
          await world.plan([FEE, CALLS]),
          await world.plan([CALLS, PEAK, TOKENS], { billingPeriod: 'weekly' }),
          await world.plan([FEE, SUMS, MEAN], { billingPeriod: 'daily', intervalCount: 3 }),
          // A cancel returns what was billed ahead.
          await world.plan([AHEAD, CALLS]),
        ];
        const accounts: unknown[] = [];
        for (const pace of paces) {
          const life = new BillingLife(world, plans, pace);
          await life.live(list, { timezone });
          accounts.push(await life.account());
          const finalizations = await life.finalizations();
          const byRule = finalizations.toSorted(
            (left, right) => compareInstants(left[0], right[0]) || left[1] - right[1] || left[2] - right[2],
          );
          expect(finalizations).toEqual(byRule);
        }
        await expectInvariants(world.db);
        await expectVerified(world.db);
        expect(accounts[1]).toEqual(accounts[0]);
        expect(accounts[2]).toEqual(accounts[0]);
      } finally {
        await world.drop();
      }
      done += 1;
    }),
    { numRuns: 40 },
  );
  expect(done).toBeGreaterThan(3);
}, 180_000);
