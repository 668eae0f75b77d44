import { formatInstant } from '../../../src/domain/instant.ts';
import { grantStep, isLive, nextDueAt, subscriptionSteps } from '../../../src/domain/subscription/steps.ts';
import type { Deadline, SubscriptionView } from '../../../src/orchestration/messages.ts';
import { instantOf } from '../../../workflows/state.ts';
import type { NaiveBilling } from './naive-billing.ts';
import { factsOf, grantFactsOf, instant } from './naive-facts.ts';
import type { NaiveSubscription } from './naive-model.ts';

/** What an activity tells a workflow of its subscription: the product's steps, as its doors encode them. */
export function viewOf(
  books: NaiveBilling,
  subscription: NaiveSubscription,
  { jitterMs, onClock }: { readonly jitterMs: number; readonly onClock: boolean },
): SubscriptionView {
  const facts = factsOf(books, subscription);
  const period = facts.status === 'active' ? facts.currentPeriod : null;
  const live = isLive(facts);
  return {
    status: facts.status,
    live,
    late: false,
    customer: 'acme',
    plan: 'plan',
    planName: 'Plan',
    period: period === null ? null : { number: period.number, start: '', end: formatInstant(period.endAt) },
    deadlines: live && !facts.needsAttention ? deadlinesOf(books, facts, jitterMs) : [],
    clock: onClock ? { id: 'clock', frozenTime: formatInstant(instant(books.now)) } : null,
    attention: facts.needsAttention ? { code: 'unrateable', message: 'It cannot be rated.' } : null,
    lastInvoice: null,
  };
}

function deadlinesOf(books: NaiveBilling, facts: ReturnType<typeof factsOf>, jitterMs: number): Deadline[] {
  const blank = { closes: false, jitterMs: 0, periodNumber: null };
  const own = subscriptionSteps(facts).map(({ kind, at }): Deadline => {
    const isSpread = kind === 'end_period' || kind === 'finalize';
    const instants = { at: formatInstant(at), asOf: formatInstant(at) };
    return { ...blank, kind, ...instants, jitterMs: isSpread ? jitterMs : 0 };
  });
  const grants = books.grants.map((each) => grantFactsOf(books, each));
  const ends = grants.flatMap((grant): Deadline[] => {
    const at = grantStep(grant)?.at;
    if (at === undefined) return [];
    return [{ ...blank, kind: 'end_grants', at: formatInstant(at), asOf: formatInstant(at) }];
  });
  const all = [...own, ...ends].toSorted((left, right) => Number(instantOf(left.at) - instantOf(right.at)));
  const next = nextDueAt(facts, grants);
  if (all[0] !== undefined && (next === null || instantOf(all[0].at) !== next)) throw new Error('two next steps');
  return all;
}
