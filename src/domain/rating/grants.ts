import { compareInstants, type Instant } from '../instant.ts';
import type { UsageCharge } from '../plan.ts';
import type { GrantView } from './model.ts';

/** A span of usage: `from <= timestamp < to`. */
interface Span {
  readonly from: Instant;
  readonly to: Instant;
}

/** Whether the grant is for the customer's subscriptions in general, or for this one. */
export function mayCover(grant: GrantView, subscriptionId: string): boolean {
  return grant.subscriptionId === null || grant.subscriptionId === subscriptionId;
}

/** Whether the grant can cover events of the charge at all; when is another question. */
export function appliesTo(grant: GrantView, charge: UsageCharge): boolean {
  return grant.eventNames === null || grant.eventNames.includes(charge.eventName);
}

/** Whether the grant is in force over the whole span: no cover before it starts, its end exclusive. */
export function isInForce(grant: GrantView, { from, to }: Span): boolean {
  return grant.effectiveAt <= from && (grant.endsAt === null || to <= grant.endsAt);
}

/** Whether the grant is in force at the last instant of the span, which is what counts where usage can't be cut. */
export function isInForceAtEnd(grant: GrantView, { to }: Span): boolean {
  return grant.effectiveAt < to && (grant.endsAt === null || to <= grant.endsAt);
}

/** The instants inside the span at which the grant starts or ends. */
export function changesWithin(grant: GrantView, { from, to }: Span): Instant[] {
  const changes = grant.endsAt === null ? [grant.effectiveAt] : [grant.effectiveAt, grant.endsAt];
  return changes.filter((instant) => from < instant && instant < to);
}

/**
 * The order in which grants are drawn: lower priority, soonest end (never-ending last), limited before unlimited,
 * created_at, id (billing rules 5).
 */
export function compareInDrawOrder(left: GrantView, right: GrantView): number {
  return (
    left.priority - right.priority ||
    compareEnds(left, right) ||
    Number(isLimited(right)) - Number(isLimited(left)) ||
    compareInstants(left.createdAt, right.createdAt) ||
    (left.id < right.id ? -1 : 1)
  );
}

function compareEnds(left: GrantView, right: GrantView): number {
  if (left.endsAt !== null && right.endsAt !== null) return compareInstants(left.endsAt, right.endsAt);
  return Number(left.endsAt === null) - Number(right.endsAt === null);
}

function isLimited(grant: GrantView): boolean {
  return grant.eventNames !== null || grant.subscriptionId !== null;
}
