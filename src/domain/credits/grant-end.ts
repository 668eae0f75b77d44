import { addDays24h, type Instant, maxInstant, minInstant } from '../instant.ts';
import { type Charge, isUsageCharge } from '../plan.ts';

/** What of a grant decides which usage it can cover and when it ends. */
export interface GrantTerms {
  readonly effectiveAt: Instant;
  /** effective_at + expires_in_days × 24 h, or null. */
  readonly expiresAt: Instant | null;
  readonly rollover: boolean;
  readonly eventNames: readonly string[] | null;
  readonly subscriptionId: string | null;
}

/** What a subscription charges for decides which grants can cover it. */
export interface Coverable {
  readonly subscriptionId: string;
  readonly charges: readonly Charge[];
}

/** A paid period of one of the customer's live subscriptions. */
export interface CoverablePeriod extends Coverable {
  readonly startAt: Instant;
  readonly endAt: Instant;
}

export function expiryOf(effectiveAt: Instant, expiresInDays: number | null): Instant | null {
  return expiresInDays === null ? null : addDays24h(effectiveAt, expiresInDays);
}

/** Whether the grant may draw for some charge of that subscription's plan, whatever the time. */
export function canCover(
  terms: Pick<GrantTerms, 'eventNames' | 'subscriptionId'>,
  subscriptionId: string,
  charges: readonly Charge[],
): boolean {
  if (terms.subscriptionId !== null && terms.subscriptionId !== subscriptionId) return false;
  const { eventNames } = terms;
  return charges.some(
    (charge) => isUsageCharge(charge) && (eventNames === null || eventNames.includes(charge.eventName)),
  );
}

/**
 * When a grant ends, as far as the customer's known periods tell; null: never, or not known yet (billing rules 5).
 * Without rollover it ends with the period that contains effective_at, of several the one that ends last; when
 * effective_at lies in no period, with the first paid period that ends after it. With an expiry too, the earlier.
 *
 * `toOpen` are the subscriptions whose next period opens at or before effective_at: while there is one that the grant
 * can cover, nobody knows which period will end last, and an end that is set never moves.
 */
export function endOfGrant(
  terms: GrantTerms,
  periods: readonly CoverablePeriod[],
  toOpen: readonly Coverable[],
): { readonly endsAt: Instant; readonly endsBy: 'period' | 'expiry' } | null {
  const { expiresAt } = terms;
  if (terms.rollover) return expiresAt === null ? null : { endsAt: expiresAt, endsBy: 'expiry' };
  if (toOpen.some((subscription) => belongsTo(terms, subscription))) return null;
  const periodEnd = endByPeriod(terms, periods);
  if (periodEnd === null) return null;
  return expiresAt !== null && expiresAt < periodEnd
    ? { endsAt: expiresAt, endsBy: 'expiry' }
    : { endsAt: periodEnd, endsBy: 'period' };
}

/** Whether the grant lives by that subscription's periods: its own whatever is charged there, else any that it can cover. */
function belongsTo(terms: GrantTerms, { subscriptionId, charges }: Coverable): boolean {
  return terms.subscriptionId === subscriptionId || canCover(terms, subscriptionId, charges);
}

function endByPeriod(terms: GrantTerms, periods: readonly CoverablePeriod[]): Instant | null {
  const later = periods.filter((period) => period.endAt > terms.effectiveAt && belongsTo(terms, period));
  const [containing, ...others] = later
    .filter((period) => period.startAt <= terms.effectiveAt)
    .map((each) => each.endAt);
  if (containing !== undefined) return maxInstant(containing, ...others);
  const [first, ...rest] = later.map((period) => period.endAt);
  return first === undefined ? null : minInstant(first, ...rest);
}

/**
 * Whether what is left of an ended grant lapses now: no unfinalized period that it can cover starts before its end, so
 * nothing can draw it any more (billing rules 5). One that ended before the grant began counts too: the periods after it
 * may not have opened yet, when its subscription stands still.
 */
export function lapses(
  grant: Pick<GrantTerms, 'effectiveAt' | 'eventNames' | 'subscriptionId'> & { readonly endsAt: Instant | null },
  asOf: Instant,
  unfinalized: readonly (Coverable & { readonly startAt: Instant })[],
): boolean {
  const { endsAt } = grant;
  if (endsAt === null || endsAt > asOf) return false;
  // Revoked before it began: it covers no time at all.
  if (endsAt <= grant.effectiveAt) return true;
  return !unfinalized.some(
    (period) => period.startAt < endsAt && canCover(grant, period.subscriptionId, period.charges),
  );
}
