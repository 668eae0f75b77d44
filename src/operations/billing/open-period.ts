import { boundaryAfter } from '../../domain/calendar.ts';
import { type Coverable, type CoverablePeriod, endOfGrant } from '../../domain/credits/grant-end.ts';
import { type Instant, maxInstant } from '../../domain/instant.ts';
import { type NewCreditGrant, updateGrantEnd } from '../../storage/credit-grants.ts';
import type { Queryable, Tenant, Transaction } from '../../storage/database.ts';
import type { BillingReason } from '../../storage/invoices.ts';
import {
  insertPeriod,
  type PeriodRow,
  selectPeriodsEndingAfter,
  selectSubscriptionsToOpen,
} from '../../storage/periods.ts';
import { noteHistory } from '../../storage/subscription-history.ts';
import { type SubscriptionRow, updateSubscription } from '../../storage/subscriptions.ts';
import type { CustomerBilling } from './customer-billing.ts';
import { planVersionOf } from './plan-of-period.ts';
import { rateInvoice } from './rate-invoice.ts';
import { draftOf, insertDraft, noteDraft } from './write-draft.ts';

/** What a period needs to open; the subscription's plan version at this instant is the one it is rated on. */
export interface PeriodOpening {
  readonly billing: CustomerBilling;
  readonly subscription: Pick<SubscriptionRow, 'id' | 'planId' | 'planVersion' | 'anchorAt' | 'createdAt'>;
  /** Of the period before; its own for the first one. */
  readonly zoneBefore: string;
  readonly number: number;
  readonly startAt: Instant;
  readonly openedAt: Instant;
  /** Of a period that a change of plan begins in the midst of another; else it lasts to the next boundary. */
  readonly within?: Pick<PeriodRow, 'endAt' | 'fullStartAt' | 'fullEndAt' | 'proration'>;
  /** Why it opens anew, with an opening invoice for its advance flats; null: it goes on from the period before. */
  readonly reason: BillingReason | null;
}

/**
 * The period that opens at `startAt`: up to the first boundary after it, in the customer's zone as it is now (billing
 * rules 6). Writes nothing.
 */
export async function periodToOpen(db: Queryable, opening: PeriodOpening): Promise<PeriodRow> {
  const { billing, subscription, startAt } = opening;
  const { timezone } = billing.customer;
  const plan = await planVersionOf(db, billing.tenant, subscription);
  const rule = {
    anchorAt: subscription.anchorAt,
    timezone,
    billingPeriod: plan.billingPeriod,
    intervalCount: plan.intervalCount,
    zoneBefore: opening.zoneBefore,
  };
  const endAt = boundaryAfter(rule, startAt);
  return {
    subscriptionId: subscription.id,
    number: opening.number,
    startAt,
    endAt,
    fullStartAt: startAt,
    fullEndAt: endAt,
    timezone,
    planId: subscription.planId,
    planVersion: subscription.planVersion,
    proration: 'by_time',
    continues: opening.reason === null,
    status: 'open',
    openedAt: opening.openedAt,
    closedAt: null,
    ...opening.within,
  };
}

/**
 * Opens a period, fixes the ends of grants that waited for it, and where it begins anew drafts the opening invoice of
 * its advance flats, which is final at max(period start, subscription created_at). Returns the period.
 */
export async function openPeriod(tx: Transaction, opening: PeriodOpening): Promise<PeriodRow> {
  const { billing, subscription } = opening;
  const { tenant } = billing;
  const period = await periodToOpen(tx, opening);
  await insertPeriod(tx, tenant, period);
  await updateSubscription(
    tx,
    { tenant, id: subscription.id },
    { status: 'active', currentPeriodNumber: opening.number },
  );
  const { planId, planVersion, startAt: at, number: periodNumber } = period;
  const plan = { planId, planVersion };
  noteHistory(tx, { tenant, id: subscription.id }, { kind: 'period_opened', at, periodNumber, plan });
  await fixGrantEnds(tx, tenant, billing.grants);
  if (opening.reason !== null) await draftOpening(tx, opening, { period, reason: opening.reason });
  return period;
}

async function draftOpening(
  tx: Transaction,
  { billing, subscription, openedAt }: PeriodOpening,
  { period, reason }: { readonly period: PeriodRow; readonly reason: BillingReason },
): Promise<void> {
  const { document } = await rateInvoice(tx, {
    billing,
    kind: 'opening',
    period,
    endAt: period.endAt,
    next: null,
    cutoffSeq: null,
    replaces: null,
  });
  if (document.lines.length === 0) return;
  const draft = draftOf(billing, {
    kind: 'opening',
    sequence: 0,
    reason,
    period,
    periodEnd: period.endAt,
    finalizeAt: maxInstant(period.startAt, subscription.createdAt),
    createdAt: openedAt,
  });
  await insertDraft(tx, billing.tenant, { draft, document });
  noteDraft(tx, billing.tenant, { draft, at: period.startAt });
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
