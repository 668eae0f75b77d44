import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BillingWorld } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';
import { BilledLife } from '../support/naive-billing/billed-life.ts';
import { NaiveBilling } from '../support/naive-billing/naive-billing.ts';
import { type NaiveCommand, naiveCommands } from '../support/naive-billing/naive-commands.ts';
import { BEGIN, nameOf, tellNaive } from '../support/naive-billing/naive-facts.ts';

/** For a look that takes longer: seconds, instead of those of every run of the tests. */
const SECONDS = Number(process.env.BILLING_LIVES_SECONDS ?? 20);

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterAll(() => world.drop());

const END: readonly NaiveCommand[] = [{ kind: 'advance', hours: 60 * 24 }];

test(
  'commands and time leave the periods, drafts, invoices and next steps of a model that does one thing after the other',
  async () => {
    const until = performance.now() + SECONDS * 1_000;
    let done = 0;
    await fc.assert(
      fc.asyncProperty(naiveCommands, async (commands) => {
        if (performance.now() > until) return;
        const naive = new NaiveBilling(BEGIN);
        const life = await BilledLife.begin(world);
        for (const [index, command] of [...commands, ...END].entries()) {
          const expected = naive.command(command, nameOf(index));
          const outcome = await life.command(command);
          expect({ command, outcome }).toEqual({ command, outcome: expected });
          // The next command is to find what is due itself.
          if (command.kind === 'advance' && index < commands.length) continue;
          await life.settle();
          expect({ index, command, told: await life.tell() }).toEqual({ index, command, told: tellNaive(naive) });
        }
        done += 1;
      }),
      { numRuns: SECONDS > 20 ? 10_000 : 200 },
    );
    await expectInvariants(world.db);
    expect(done).toBeGreaterThan(0);
  },
  120_000 + SECONDS * 2_000,
);
