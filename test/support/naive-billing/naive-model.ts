/** Microseconds since 1970. */
export type Micros = number;
export const HOUR = 3_600_000_000;
export const DAY = 24 * HOUR;

export interface NaivePeriod {
  readonly number: number;
  readonly start: Micros;
  end: Micros;
}

export interface NaiveSubscription {
  readonly name: string;
  readonly createdAt: Micros;
  readonly startAt: Micros;
  readonly trialEndAt: Micros | null;
  status: 'scheduled' | 'trialing' | 'active' | 'paused' | 'canceled';
  plan: number;
  nextPlan: number | null;
  /** All boundaries are whole lengths of its plan's period away from here. */
  anchor: Micros;
  cancelAt: Micros | null;
  pauseAt: Micros | null;
  resumeAt: Micros | null;
  isPoisoned: boolean;
  standsStill: boolean;
  readonly periods: NaivePeriod[];
}

export interface NaiveDraft {
  readonly subscription: NaiveSubscription;
  readonly kind: 'opening' | 'closing';
  readonly period: number;
  readonly finalizeAt: Micros;
}

export interface NaiveGrant {
  readonly name: string;
  readonly createdAt: Micros;
  readonly endsAt: Micros;
}

export interface Due {
  readonly at: Micros;
  readonly what: 'start' | 'end_trial' | 'end_period' | 'resume' | 'cancel' | 'finalize' | 'end_grant';
  /** Of a subscription or a grant. */
  readonly name: string;
  /** Of a draft. */
  readonly draft?: NaiveDraft;
}

/** The turns of its life that a subscription waits for: of one instant the cancellation comes first, since sorts are stable. */
export function lifeOf(subscription: NaiveSubscription): Due[] {
  const { name, cancelAt, pauseAt, resumeAt } = subscription;
  const at = (instant: Micros | null, what: Due['what']) => (instant === null ? [] : [{ at: instant, what, name }]);
  switch (subscription.status) {
    case 'scheduled':
      return [...at(cancelAt, 'cancel'), ...at(subscription.startAt, 'start')];
    case 'trialing':
      return [...at(cancelAt, 'cancel'), ...at(subscription.trialEndAt, 'end_trial')];
    case 'active': {
      const end = subscription.periods.at(-1)?.end ?? null;
      return [cancelAt, pauseAt, end].flatMap((instant) => at(instant, 'end_period'));
    }
    case 'paused':
      return [...at(cancelAt, 'cancel'), ...at(resumeAt, 'resume')];
    case 'canceled':
      return [];
  }
}

export interface Ranked {
  readonly due: Due;
  /** At one instant first lives, then finalizations, then ends of grants. */
  readonly rank: number;
  readonly createdAt: Micros;
}

export function inOrder(all: readonly Ranked[]): Due[] {
  return all
    .toSorted(
      (left, right) =>
        left.due.at - right.due.at ||
        left.rank - right.rank ||
        left.createdAt - right.createdAt ||
        (left.due.name < right.due.name ? -1 : left.due.name > right.due.name ? 1 : 0) ||
        (left.due.draft?.period ?? 0) - (right.due.draft?.period ?? 0) ||
        Number(left.due.draft?.kind === 'closing') - Number(right.due.draft?.kind === 'closing'),
    )
    .map(({ due }) => due);
}

/** Scheduled, or in a trial, which may be over: then its first period is opened next. */
export function newSubscription(facts: {
  readonly name: string;
  readonly now: Micros;
  readonly startAt: Micros;
  readonly trialEndAt: Micros | null;
  readonly plan: number;
}): NaiveSubscription {
  const { name, now, startAt, trialEndAt, plan } = facts;
  return {
    name,
    createdAt: now,
    startAt,
    trialEndAt,
    status: startAt > now ? 'scheduled' : 'trialing',
    plan,
    nextPlan: null,
    anchor: trialEndAt ?? startAt,
    cancelAt: null,
    pauseAt: null,
    resumeAt: null,
    isPoisoned: false,
    standsStill: false,
    periods: [],
  };
}
