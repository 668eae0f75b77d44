import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addDays24h, formatInstant, type Instant } from '../../src/domain/instant.ts';
import { NaiveBilling } from '../support/naive-billing/naive-billing.ts';
import { HOUR, type NaiveSubscription } from '../support/naive-billing/naive-model.ts';
import { type NaiveCommand, naiveCommands } from '../support/naive-billing/naive-commands.ts';
import { BEGIN, instant, nameOf } from '../support/naive-billing/naive-facts.ts';
import { type Surroundings, type Wait, type Workflow, WorkflowRuns } from '../support/naive-billing/workflow-runs.ts';

const rarely = fc.integer({ min: 0, max: 9 }).map((each) => each === 9);
const surroundings: fc.Arbitrary<Surroundings> = fc.record({
  nudge: fc.constantFrom('in time', 'in time', 'in time', 'late', 'lost', 'twice'),
  trigger: rarely,
  fails: rarely,
  outdated: rarely,
});
const PLAIN: Surroundings = { nudge: 'in time', trigger: false, fails: false, outdated: false };
const END: NaiveCommand = { kind: 'advance', hours: 80 * 24 };

/** The naive life's own word on what that workflow waits for, why, and when its alarm rings. */
function expectedWait(runs: WorkflowRuns, subscription: NaiveSubscription, jitterMs: number) {
  const { books, now } = runs;
  const sweep = { until: addDays24h(now, 31), why: 'sweep' };
  const at = books.nextOf(subscription);
  if (subscription.standsStill || at === null) return sweep;
  const why = books.dueOf(subscription).find((due) => due.at === at)?.what ?? 'end_grants';
  if (runs.onClock) return { ...sweep, why };
  const jitter = why === 'end_period' || why === 'finalize' ? jitterMs * 1_000 : 0;
  const until = instant(Math.ceil(at / 1_000) * 1_000 + jitter);
  return { until: until < sweep.until ? until : sweep.until, why };
}

function expectRightWait(runs: WorkflowRuns, workflow: Workflow, wait: Wait): void {
  const subscription = runs.books.subscriptions.find(({ name }) => name === workflow.name);
  if (subscription === undefined) throw new Error(`no ${workflow.name}`);
  const expected = expectedWait(runs, subscription, workflow.jitterMs);
  const told = { until: formatInstant(wait.until), why: wait.deadline?.kind ?? 'sweep' };
  expect(told).toEqual({ until: formatInstant(expected.until), why: expected.why });
  expect((wait.until as Instant) > runs.now).toBe(true);
}

test('whatever messages are late, lost or twice, runs do what is due once and in order, wait for the right thing and come to rest', () => {
  let waits = 0;
  fc.assert(
    fc.property(
      naiveCommands,
      fc.array(surroundings, { minLength: 25, maxLength: 25 }),
      fc.boolean(),
      (commands, around, onClock) => {
        const runs: WorkflowRuns = new WorkflowRuns((workflow, wait) => {
          waits += 1;
          expectRightWait(runs, workflow, wait);
        }, onClock);
        const naive = new NaiveBilling(BEGIN);
        for (const [index, command] of [...commands, END].entries()) {
          runs.command(command, nameOf(index), around[index] ?? PLAIN);
          naive.command(command, nameOf(index));
        }
        runs.sweep();
        naive.settle(naive.now);
        const tell = ({ done }: NaiveBilling) =>
          done.map(({ at, what, name, draft }) => `${at / HOUR} ${what} ${name} ${draft?.kind} ${draft?.period}`);
        expect(tell(runs.books)).toEqual(tell(naive));
        expect(runs.triggersDone).toBe(runs.triggersSent);
        expect(runs.stillRunning).toEqual(
          naive.subscriptions.filter((each) => naive.isLive(each)).map(({ name }) => name),
        );
      },
    ),
    { numRuns: 250 },
  );
  expect(waits).toBeGreaterThan(3_000);
}, 120_000);
