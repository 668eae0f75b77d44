import { boundaryAfter } from '../../domain/calendar.ts';
import { type Coverable, type CoverablePeriod, endOfGrant } from '../../domain/credits/grant-end.ts';
import type { Instant } from '../../domain/instant.ts';
import { type CreditGrantRow, type NewCreditGrant, updateGrantEnd } from '../../storage/credit-grants.ts';
import type { Tenant, Transaction } from '../../storage/database.ts';
import { insertPeriod, selectPeriodsEndingAfter, selectSubscriptionsToOpen } from '../../storage/periods.ts';
import { updateSubscription } from '../../storage/subscriptions.ts';
import { planVersionOf } from './plan-of-period.ts';

/** What a period needs to open; the subscription's plan version at this instant is the one it is rated on. */
export interface PeriodOpening {
  readonly tenant: Tenant;
  readonly subscription: {
    readonly id: string;
    readonly customerId: string;
    readonly planId: string;
    readonly planVersion: number;
    readonly anchorAt: Instant;
  };
  readonly timezone: string;
  /** Of the period before; its own for the first one. */
  readonly zoneBefore: string;
  readonly number: number;
  readonly startAt: Instant;
  readonly openedAt: Instant;
  readonly grants: readonly CreditGrantRow[];
}

/**
 * Opens a period up to the first boundary after its start, in the customer's zone as it is now (billing rules 6),
 * and fixes the ends of grants that waited for it.
 */
export async function openPeriod(tx: Transaction, opening: PeriodOpening): Promise<void> {
  const { tenant, subscription, startAt } = opening;
  const plan = await planVersionOf(tx, tenant, subscription);
  const endAt = boundaryAfter(
    {
      anchorAt: subscription.anchorAt,
      timezone: opening.timezone,
      billingPeriod: plan.billingPeriod,
      intervalCount: plan.intervalCount,
      zoneBefore: opening.zoneBefore,
    },
    startAt,
  );
  await insertPeriod(tx, tenant, {
    subscriptionId: subscription.id,
    number: opening.number,
    startAt,
    endAt,
    fullStartAt: startAt,
    fullEndAt: endAt,
    timezone: opening.timezone,
    planId: subscription.planId,
    planVersion: subscription.planVersion,
    status: 'open',
    openedAt: opening.openedAt,
    closedAt: null,
  });
  await updateSubscription(
    tx,
    { tenant, id: subscription.id },
    { status: 'active', currentPeriodNumber: opening.number },
  );
  await fixGrantEnds(tx, tenant, opening.grants);
}

/**
 * Sets the end of every grant that did not know it and now does; once set it never moves, except by revoke. Run when a
 * grant is made, a period opens, or a subscription will open no more.
 */
export async function fixGrantEnds(tx: Transaction, tenant: Tenant, grants: readonly NewCreditGrant[]): Promise<void> {
  for (const grant of grants) {
    if (grant.endsAt !== null || grant.rollover || grant.status === 'ended') continue;
    const periods: CoverablePeriod[] = [];
    for (const period of await selectPeriodsEndingAfter(tx, tenant, grant)) {
      periods.push({ ...period, charges: (await planVersionOf(tx, tenant, period)).charges });
    }
    const toOpen: Coverable[] = [];
    for (const held of await selectSubscriptionsToOpen(tx, tenant, grant)) {
      toOpen.push({ ...held, charges: (await planVersionOf(tx, tenant, held)).charges });
    }
    const end = endOfGrant(grant, periods, toOpen);
    if (end !== null) await updateGrantEnd(tx, { tenant, id: grant.id }, end);
  }
}
