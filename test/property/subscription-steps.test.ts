import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatInstant } from '../../src/domain/instant.ts';
import { customerSteps, nextDueAt } from '../../src/domain/subscription/steps.ts';
import type { NaiveBilling } from '../support/naive-billing/naive-billing.ts';
import type { Due } from '../support/naive-billing/naive-model.ts';
import { factsOf, grantFactsOf, instant, live } from '../support/naive-billing/naive-facts.ts';
import { naiveCommands } from '../support/naive-billing/naive-commands.ts';

function tellDue({ at, what, name, draft }: Due): string {
  const of = draft === undefined ? '' : ` ${draft.kind} ${draft.period}`;
  return `${formatInstant(instant(at))} ${what} ${name}${of}`;
}

function expectSameSteps(naive: NaiveBilling): void {
  const subscriptions = naive.subscriptions.map((each) => factsOf(naive, each));
  const grants = naive.grants.map((each) => grantFactsOf(naive, each));
  const steps = customerSteps(subscriptions, grants).map((step) => {
    const name = step.kind === 'end_grant' ? step.grantId : step.subscriptionId;
    const of = step.kind === 'finalize' ? ` ${step.invoiceId}` : '';
    return `${formatInstant(step.at)} ${step.kind} ${name}${of}`;
  });
  expectSame(steps, naive.due().map(tellDue));
  const next = subscriptions.map((each) => String(nextDueAt(each, grants)));
  expectSame(
    next,
    naive.subscriptions.map((each) => String(naive.nextOf(each))),
  );
}

/** Asked ten thousand times: the matcher is slow, and needed for its words only. */
function expectSame(product: readonly string[], naive: readonly string[]): void {
  if (product.join() !== naive.join()) expect(product).toEqual(naive);
}

test('what is due, its order and its instants are those of a list that is sorted and done one at a time', () => {
  let steps = 0;
  fc.assert(
    fc.property(naiveCommands, (commands) => {
      const naive = live(commands, (each) => {
        steps += 1;
        expectSameSteps(each);
      });
      expectSameSteps(naive);
      const told = naive.done.map(tellDue);
      expect(new Set(told).size).toBe(told.length);
    }),
    { numRuns: 500 },
  );
  expect(steps).toBeGreaterThan(5_000);
}, 120_000);
