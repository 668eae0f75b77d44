import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BillingLife, type Pace } from '../support/billing-life.ts';
import { billingLives } from '../support/billing-life/lives.ts';
import { lifePlans } from '../support/billing-life/plans.ts';
import { BillingWorkers } from '../support/billing-workers.ts';
import { BillingWorld } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';

/** For a look that takes longer: seconds, instead of those of every run of the tests. */
const SECONDS = Number(process.env.BILLING_LIVES_SECONDS ?? 30);

/** One has a worker and Temporal, the other billing operations alone. */
let world: BillingWorld;
let alone: BillingWorld;
let workers: BillingWorkers;
beforeAll(async () => {
  world = await BillingWorld.create();
  alone = await BillingWorld.create();
  workers = await BillingWorkers.start(world);
}, 120_000);
afterAll(async () => {
  await workers.stop();
  await world.drop();
  await alone.drop();
});

test(
  'a life whose time passes through its workflows leaves the rows of one without Temporal',
  async () => {
    const until = performance.now() + SECONDS * 1_000;
    let done = 0;
    await fc.assert(
      fc.asyncProperty(billingLives, async ({ timezone, currency, delaySeconds, commands }) => {
        if (performance.now() > until) return;
        const lived = async (at: BillingWorld, pace: Pace) => {
          const life = new BillingLife(at, await lifePlans(at, currency), pace);
          await life.live(commands, { timezone, currency, delaySeconds });
          return { outcomes: life.outcomes, rows: await life.rows(), account: await life.account() };
        };
        expect(await lived(world, 'by workflows')).toEqual(await lived(alone, 'step by step'));
        done += 1;
      }),
      { numRuns: SECONDS > 30 ? 10_000 : 40 },
    );
    await expectInvariants(world.db);
    await expectInvariants(alone.db);
    expect(done).toBeGreaterThan(0);
  },
  180_000 + SECONDS * 2_000,
);
