import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareInstants } from '../../src/domain/instant.ts';
import { BillingLife, type Pace } from '../support/billing-life.ts';
import { billingLives } from '../support/billing-life/lives.ts';
import { lifePlans } from '../support/billing-life/plans.ts';
import { BillingWorld } from '../support/billing-world.ts';
import { expectVerified } from '../support/expect-verified.ts';
import { expectInvariants } from '../support/invariants.ts';

/** For a look that takes longer: seconds, instead of those of every run of the tests. */
const SECONDS = Number(process.env.BILLING_LIVES_SECONDS ?? 40);

test(
  'whatever happens to a customer, the books agree, and its invoices are the same at any pace',
  async () => {
    const paces: readonly Pace[] = ['step by step', 'catching up', 'all at once'];
    const until = performance.now() + SECONDS * 1_000;
    let done = 0;
    await fc.assert(
      fc.asyncProperty(billingLives, async ({ timezone, currency, delaySeconds, commands: list }) => {
        // A slow machine lives fewer lives, and each of them whole.
        if (performance.now() > until) return;
        const world = await BillingWorld.create();
        try {
          const plans = await lifePlans(world, currency);
          const accounts: unknown[] = [];
          for (const pace of paces) {
            const life = new BillingLife(world, plans, pace);
            await life.live(list, { timezone, currency, delaySeconds });
            accounts.push(await life.account());
            // Numbers come late to a subscription that stood still.
            if (list.some(({ kind }) => kind === 'poison')) continue;
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
      { numRuns: SECONDS > 40 ? 10_000 : 40 },
    );
    expect(done).toBeGreaterThan(0);
  },
  180_000 + SECONDS * 2_000,
);
