import type { Instant } from '../../domain/instant.ts';
import type { Step } from '../../domain/subscription/steps.ts';
import { markGrantEnded, updateGrantEnd } from '../../storage/credit-grants.ts';
import type { Transaction } from '../../storage/database.ts';
import { noteHistory } from '../../storage/subscription-history.ts';
import { type NewSubscriptionRow, type SubscriptionRow, updateSubscription } from '../../storage/subscriptions.ts';
import { lapseGrants } from './credit-ledger.ts';
import type { CustomerBilling } from './customer-billing.ts';
import { endPeriodUnrated, type UnratedDraft } from './end-period.ts';
import { billLateUsage, endIdle } from './bill-late-usage.ts';
import { prepareFinalization } from './finalize-draft.ts';
import { openPeriod } from './open-period.ts';
import { resumePeriods } from './resume-periods.ts';

/** An invoice that is issued but for its number: see `prepareIssue`. */
export interface Unnumbered {
  readonly kind: 'unnumbered';
  readonly id: string;
  readonly numberIt: () => Promise<void>;
}

/** What a step leaves to be done in the same transaction: a draft to rate, or to make final; a number to give, last. */
export type Leftover = Unrated | Unnumbered;

interface Unrated extends UnratedDraft {
  readonly kind: 'unrated';
}

interface StepTurn<OneStep extends Step = Step> {
  readonly step: OneStep;
  readonly stampedAt: Instant;
}

type Finalization = Extract<Step, { readonly kind: 'finalize' }>;

/** Carries out one due step of a customer inside the caller's transaction, under the customer's row lock. */
export async function performStep(
  tx: Transaction,
  billing: CustomerBilling,
  { step, stampedAt }: StepTurn,
): Promise<Leftover | null> {
  if (step.kind === 'finalize') return finalize(tx, billing, { step, stampedAt });
  if (step.kind === 'end_grant') {
    await endGrant(tx, billing, { grantId: step.grantId, at: step.at, stampedAt });
    return null;
  }
  const subscription = subscriptionOf(billing, step.subscriptionId);
  const turn = { billing, subscription, at: step.at, stampedAt };
  switch (step.kind) {
    case 'start':
      await start(tx, billing, { subscription, stampedAt });
      return null;
    case 'end_trial':
      noteHistory(tx, { tenant: billing.tenant, id: subscription.id }, { kind: 'trial_ended', at: step.at });
      await openFirstPeriod(tx, billing, { subscription, stampedAt });
      return null;
    case 'cancel':
      await endIdle(tx, { billing, subscription }, step.at);
      return null;
    case 'end_period':
      return { kind: 'unrated', ...(await endPeriodUnrated(tx, turn)) };
    case 'resume':
      await resumePeriods(tx, turn);
      return null;
    case 'bill_late_usage':
      await billLateUsage(tx, { billing, subscription, asOf: step.at, stampedAt });
      return null;
  }
}

/** Makes a draft final that is due. `stuckAt`: since when it needs attention where that fails, if not since now. */
export async function finalize(
  tx: Transaction,
  billing: CustomerBilling,
  { step, ...instants }: StepTurn<Finalization> & { readonly stuckAt?: Instant },
): Promise<Unnumbered | null> {
  const draft = billing.drafts.find((each) => each.id === step.invoiceId);
  if (draft === undefined) throw new Error(`no draft ${step.invoiceId}`);
  const numberIt = await prepareFinalization(tx, { billing, draft, asOf: step.at, ...instants });
  return numberIt === null ? null : { kind: 'unnumbered', id: draft.id, numberIt };
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
