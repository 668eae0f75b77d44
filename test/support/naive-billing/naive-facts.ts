import { formatInstant, type Instant, instantFromMicros } from '../../../src/domain/instant.ts';
import type { GrantFacts, SubscriptionFacts } from '../../../src/domain/subscription/steps.ts';
import { NaiveBilling } from './naive-billing.ts';
import { HOUR, type Micros, type NaiveDraft, type NaiveGrant, type NaiveSubscription } from './naive-model.ts';
import type { NaiveCommand } from './naive-commands.ts';

/** Not a whole millisecond: an alarm rings after it. */
export const BEGIN: Micros = Date.UTC(2027, 0, 1) * 1_000 + 1;

export function instant(at: Micros): Instant {
  return instantFromMicros(BigInt(at));
}

function instantOrNull(at: Micros | null): Instant | null {
  return at === null ? null : instant(at);
}

/** The names of what a command makes: in an order of their own, as ids are. */
export function nameOf(index: number): string {
  return `s${(index * 7) % 10}${index}`;
}

/** A life, looked at before each thing that is done; it ends long after its last command. */
export function live(commands: readonly NaiveCommand[], look: (naive: NaiveBilling) => void): NaiveBilling {
  const naive: NaiveBilling = new NaiveBilling(BEGIN, () => look(naive));
  for (const [index, command] of commands.entries()) {
    naive.command(command, nameOf(index));
    look(naive);
  }
  naive.now += 60 * 24 * HOUR;
  naive.settle(naive.now);
  return naive;
}

/** What the product's functions are told of a subscription. */
export function factsOf(naive: NaiveBilling, subscription: NaiveSubscription): SubscriptionFacts {
  const { name, periods } = subscription;
  const last = periods.at(-1);
  return {
    id: name,
    createdAt: instant(subscription.createdAt),
    status: subscription.status,
    startAt: instant(subscription.startAt),
    trialEndAt: instantOrNull(subscription.trialEndAt),
    cancelAt: instantOrNull(subscription.cancelAt),
    pauseAt: instantOrNull(subscription.pauseAt),
    resumeAt: instantOrNull(subscription.resumeAt),
    needsAttention: subscription.standsStill,
    currentPeriod: last === undefined ? null : { number: last.number, endAt: instant(last.end) },
    lateDueAt: null,
    drafts: naive.drafts
      .filter((draft) => draft.subscription === subscription)
      .map(({ kind, period, finalizeAt }) => ({
        invoiceId: `${kind} ${period}`,
        kind,
        periodNumber: period,
        finalizeAt: instant(finalizeAt),
      })),
  };
}

export function grantFactsOf(naive: NaiveBilling, { name, createdAt, endsAt }: NaiveGrant): GrantFacts {
  const status = naive.ended.includes(name) ? 'ended' : 'active';
  return { id: name, createdAt: instant(createdAt), status, endsAt: instant(endsAt), expiresAt: null };
}

/** The naive life in the words of `BilledLife.tell`. */
export function tellNaive(naive: NaiveBilling): unknown {
  const text = (at: Micros | null) => formatInstant(instantOrNull(at));
  const told = naive.subscriptions.map((subscription) => ({
    status: subscription.status,
    plan: subscription.plan,
    nextPlan: subscription.nextPlan,
    at: [subscription.cancelAt, subscription.pauseAt, subscription.resumeAt].map(text),
    standsStill: subscription.standsStill,
    next: text(naive.nextOf(subscription)),
    periods: subscription.periods.map(({ number, start, end }) => `${number} ${text(start)} ${text(end)}`),
    drafts: tellDrafts(naive.drafts, subscription),
    final: tellDrafts(naive.final, subscription),
  }));
  return { told, endedGrants: naive.ended.length };
}

function tellDrafts(drafts: readonly NaiveDraft[], subscription: NaiveSubscription): string[] {
  return drafts
    .filter((each) => each.subscription === subscription)
    .map(({ kind, period, finalizeAt }) => `${kind} ${period} ${formatInstant(instant(finalizeAt))}`)
    .toSorted();
}
