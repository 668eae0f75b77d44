import type { Instant } from '../../domain/instant.ts';
import type { Step } from '../../domain/subscription/steps.ts';
import { markGrantEnded, updateGrantEnd } from '../../storage/credit-grants.ts';
import type { Transaction } from '../../storage/database.ts';
import { noteHistory } from '../../storage/subscription-history.ts';
import { type NewSubscriptionRow, type SubscriptionRow, updateSubscription } from '../../storage/subscriptions.ts';
import { lapseGrants } from './credit-ledger.ts';
import type { CustomerBilling } from './customer-billing.ts';
import { endPeriod } from './end-period.ts';
import { billLateUsage, endIdle } from './bill-late-usage.ts';
import { prepareFinalization } from './finalize-draft.ts';
import { openPeriod } from './open-period.ts';
import { resumePeriods } from './resume-periods.ts';

/** An invoice that is issued but for its number: see `prepareIssue`. */
export interface UnnumberedInvoice {
  readonly id: string;
  readonly numberIt: () => Promise<void>;
}

/**
 * Carries out one due step of a customer inside the caller's transaction, under the customer's row lock. An invoice that it
 * makes final is handed to `leave`, for the caller to number last.
 */
export async function performStep(
  tx: Transaction,
  billing: CustomerBilling,
  turn: { readonly step: Step; readonly stampedAt: Instant; readonly leave: (invoice: UnnumberedInvoice) => void },
): Promise<void> {
  const { step, stampedAt } = turn;
  switch (step.kind) {
    case 'start':
      return start(tx, billing, { subscription: subscriptionOf(billing, step.subscriptionId), stampedAt });
    case 'end_trial':
      noteHistory(tx, { tenant: billing.tenant, id: step.subscriptionId }, { kind: 'trial_ended', at: step.at });
      return openFirstPeriod(tx, billing, { subscription: subscriptionOf(billing, step.subscriptionId), stampedAt });
    case 'cancel':
      return endIdle(tx, { billing, subscription: subscriptionOf(billing, step.subscriptionId) }, step.at);
    case 'end_period':
      return endPeriod(tx, {
        billing,
        subscription: subscriptionOf(billing, step.subscriptionId),
        at: step.at,
        stampedAt,
      });
    case 'resume':
      return resumePeriods(tx, {
        billing,
        subscription: subscriptionOf(billing, step.subscriptionId),
        at: step.at,
        stampedAt,
      });
    case 'finalize': {
      const draft = billing.drafts.find((each) => each.id === step.invoiceId);
      if (draft === undefined) throw new Error(`no draft ${step.invoiceId}`);
      const numberIt = await prepareFinalization(tx, { billing, draft, asOf: step.at, stampedAt });
      if (numberIt !== null) turn.leave({ id: draft.id, numberIt });
      return;
    }
    case 'bill_late_usage':
      await billLateUsage(tx, {
        billing,
        subscription: subscriptionOf(billing, step.subscriptionId),
        asOf: step.at,
        stampedAt,
      });
      return;
    case 'end_grant':
      return endGrant(tx, billing, { grantId: step.grantId, at: step.at, stampedAt });
  }
}

function subscriptionOf(billing: CustomerBilling, id: string): SubscriptionRow {
  const subscription = billing.subscriptions.find((each) => each.id === id);
  if (subscription === undefined) throw new Error(`customer ${billing.customer.id} has no subscription ${id}`);
  return subscription;
}

interface Beginning {
  readonly subscription: NewSubscriptionRow;
  readonly stampedAt: Instant;
}

async function start(tx: Transaction, billing: CustomerBilling, beginning: Beginning): Promise<void> {
  const { subscription } = beginning;
  const { trialEndAt, startAt } = subscription;
  if (trialEndAt !== null && trialEndAt > startAt) {
    const key = { tenant: billing.tenant, id: subscription.id };
    await updateSubscription(tx, key, { status: 'trialing' });
    noteHistory(tx, key, { kind: 'trial_started', at: startAt, effectiveAt: trialEndAt });
    return;
  }
  await openFirstPeriod(tx, billing, beginning);
}

/** Period 0 opens at the anchor: the start, or the trial's end. */
export async function openFirstPeriod(tx: Transaction, billing: CustomerBilling, beginning: Beginning): Promise<void> {
  const { subscription, stampedAt } = beginning;
  await openPeriod(tx, {
    billing,
    subscription,
    zoneBefore: billing.customer.timezone,
    number: 0,
    startAt: subscription.anchorAt,
    openedAt: stampedAt,
    reason: 'subscription_start',
  });
}

async function endGrant(
  tx: Transaction,
  billing: CustomerBilling,
  end: { readonly grantId: string; readonly at: Instant; readonly stampedAt: Instant },
): Promise<void> {
  const { tenant, customer } = billing;
  const grant = billing.grants.find((each) => each.id === end.grantId);
  if (grant === undefined) throw new Error(`customer ${customer.id} has no grant ${end.grantId}`);
  // Its period never became known, so its expiry ends it.
  if (grant.endsAt === null) await updateGrantEnd(tx, { tenant, id: grant.id }, { endsAt: end.at, endsBy: 'expiry' });
  await markGrantEnded(tx, { tenant, id: grant.id });
  await lapseGrants(tx, tenant, { customerId: customer.id, asOf: end.at, at: end.stampedAt });
}
