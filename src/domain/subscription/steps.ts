import type { InvoiceKind } from '../invoicing/basis.ts';
import { compareInstants, type Instant, minInstant } from '../instant.ts';

/** What the billing of one subscription waits for; enough to know its next steps. */
export interface SubscriptionFacts {
  readonly id: string;
  readonly createdAt: Instant;
  readonly status: 'scheduled' | 'trialing' | 'active' | 'paused' | 'canceled';
  readonly startAt: Instant;
  readonly trialEndAt: Instant | null;
  readonly cancelAt: Instant | null;
  readonly pauseAt: Instant | null;
  readonly resumeAt: Instant | null;
  /** A subscription that needs attention stands still; the others of the customer go on. */
  readonly needsAttention: boolean;
  readonly currentPeriod: { readonly number: number; readonly endAt: Instant } | null;
  /** When late events of an ended subscription are billed; null: there are none. */
  readonly lateDueAt: Instant | null;
  /** All but closing ones, and the earliest of those; the ones after them wait. */
  readonly drafts: readonly {
    readonly invoiceId: string;
    readonly kind: InvoiceKind;
    readonly periodNumber: number;
    readonly finalizeAt: Instant;
  }[];
}

export interface GrantFacts {
  readonly id: string;
  readonly createdAt: Instant;
  readonly status: 'active' | 'ended';
  readonly endsAt: Instant | null;
  readonly expiresAt: Instant | null;
}

export type SubscriptionStep =
  | {
      readonly kind: 'start' | 'end_trial' | 'end_period' | 'resume' | 'cancel' | 'bill_late_usage';
      readonly at: Instant;
      readonly subscriptionId: string;
    }
  | {
      readonly kind: 'finalize';
      readonly at: Instant;
      readonly subscriptionId: string;
      readonly invoiceId: string;
      readonly periodNumber: number;
    };

export type Step = SubscriptionStep | { readonly kind: 'end_grant'; readonly at: Instant; readonly grantId: string };

/**
 * The next steps of one subscription: one of its life (start, trial end, period end, resume, cancel), the finalization of its
 * opening drafts and of its earliest closing draft, since closing invoices finalize in the order of their periods, and
 * after its end the invoice of late usage.
 */
export function subscriptionSteps(facts: SubscriptionFacts): SubscriptionStep[] {
  const { id: subscriptionId, lateDueAt } = facts;
  const steps: SubscriptionStep[] = [];
  const life = lifeStep(facts);
  if (life !== null) steps.push(life);
  for (const { invoiceId, periodNumber, finalizeAt } of nextDrafts(facts)) {
    steps.push({ kind: 'finalize', at: finalizeAt, subscriptionId, invoiceId, periodNumber });
  }
  if (lateDueAt !== null) steps.push({ kind: 'bill_late_usage', at: lateDueAt, subscriptionId });
  return steps;
}

/** Drafts that wait for no other one, in the order of their periods; of one period the opening one goes first. */
function nextDrafts({ drafts }: SubscriptionFacts): SubscriptionFacts['drafts'] {
  const [closing] = drafts
    .filter(({ kind }) => kind === 'closing')
    .toSorted((left, right) => left.periodNumber - right.periodNumber);
  const others = drafts.filter(({ kind }) => kind !== 'closing');
  const rank = ({ kind }: { readonly kind: InvoiceKind }) => Number(kind !== 'opening');
  return (closing === undefined ? others : [...others, closing]).toSorted(
    (left, right) => left.periodNumber - right.periodNumber || rank(left) - rank(right),
  );
}

function lifeStep(facts: SubscriptionFacts): SubscriptionStep | null {
  const { id: subscriptionId, cancelAt } = facts;
  switch (facts.status) {
    case 'canceled':
      return null;
    case 'scheduled':
      // Before the first period there is nothing to bill, so a cancel just ends it.
      if (cancelAt !== null && cancelAt <= facts.startAt) return { kind: 'cancel', at: cancelAt, subscriptionId };
      return { kind: 'start', at: facts.startAt, subscriptionId };
    case 'trialing': {
      const trialEndAt = facts.trialEndAt;
      if (trialEndAt === null) throw new Error(`subscription ${subscriptionId} is trialing without a trial end`);
      if (cancelAt !== null && cancelAt <= trialEndAt) return { kind: 'cancel', at: cancelAt, subscriptionId };
      return { kind: 'end_trial', at: trialEndAt, subscriptionId };
    }
    case 'active': {
      const period = facts.currentPeriod;
      if (period === null) throw new Error(`subscription ${subscriptionId} is active without a period`);
      return { kind: 'end_period', at: endOfPeriod(period.endAt, facts), subscriptionId };
    }
    case 'paused': {
      const { resumeAt } = facts;
      if (cancelAt !== null && (resumeAt === null || cancelAt <= resumeAt)) {
        return { kind: 'cancel', at: cancelAt, subscriptionId };
      }
      return resumeAt === null ? null : { kind: 'resume', at: resumeAt, subscriptionId };
    }
  }
}

/** Where the running period ends: at its boundary, or earlier at a cancellation or pause. */
export function endOfPeriod(
  boundary: Instant,
  { cancelAt, pauseAt }: Pick<SubscriptionFacts, 'cancelAt' | 'pauseAt'>,
): Instant {
  return minInstant(boundary, cancelAt ?? boundary, pauseAt ?? boundary);
}

/** The step that ends a grant, or null while its end is not known or past. */
export function grantStep(grant: GrantFacts): Step | null {
  const at = grant.endsAt ?? grant.expiresAt;
  return grant.status === 'active' && at !== null ? { kind: 'end_grant', at, grantId: grant.id } : null;
}

/**
 * Everything a customer's billing waits for, in the one order in which it is carried out: by instant; at one instant
 * first the turns of lives (a period that opens can set a grant's end), then finalizations in the order (finalize
 * instant, subscription created_at, id, period), then ends of grants (billing rules 5).
 */
export function customerSteps(subscriptions: readonly SubscriptionFacts[], grants: readonly GrantFacts[]): Step[] {
  const ranked: { step: Step; createdAt: Instant; id: string }[] = [];
  for (const facts of subscriptions) {
    if (facts.needsAttention) continue;
    for (const step of subscriptionSteps(facts)) ranked.push({ step, createdAt: facts.createdAt, id: facts.id });
  }
  for (const grant of grants) {
    const step = grantStep(grant);
    if (step !== null) ranked.push({ step, createdAt: grant.createdAt, id: grant.id });
  }
  return ranked.toSorted(compareRanked).map((each) => each.step);
}

function compareRanked(
  left: { step: Step; createdAt: Instant; id: string },
  right: { step: Step; createdAt: Instant; id: string },
): number {
  return (
    compareInstants(left.step.at, right.step.at) ||
    rankOf(left.step) - rankOf(right.step) ||
    compareInstants(left.createdAt, right.createdAt) ||
    (left.id < right.id ? -1 : left.id > right.id ? 1 : 0)
  );
}

function rankOf(step: Step): number {
  switch (step.kind) {
    case 'start':
    case 'end_trial':
    case 'end_period':
    case 'resume':
    case 'cancel':
      return 0;
    case 'finalize':
    case 'bill_late_usage':
      return 1;
    case 'end_grant':
      return 2;
  }
}

/** Whether the subscription's workflow still has something to wait for. */
export function isLive(facts: Pick<SubscriptionFacts, 'status' | 'drafts' | 'lateDueAt'>): boolean {
  return facts.status !== 'canceled' || facts.drafts.length > 0 || facts.lateDueAt !== null;
}

/**
 * When the subscription's workflow must act next: its own earliest step or the customer's earliest end of a grant;
 * null once it is over. It keeps its instant while it needs attention, so that it stays countable as live.
 */
export function nextDueAt(facts: SubscriptionFacts, grants: readonly GrantFacts[]): Instant | null {
  if (!isLive(facts)) return null;
  const instants = subscriptionSteps(facts).map((step) => step.at);
  for (const grant of grants) {
    const step = grantStep(grant);
    if (step !== null) instants.push(step.at);
  }
  const [first, ...rest] = instants;
  return first === undefined ? null : minInstant(first, ...rest);
}
