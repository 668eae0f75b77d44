import { startOfLocalDay } from '../domain/calendar.ts';
import { Failure, invalidField } from '../domain/errors/failure.ts';
import type { Id } from '../domain/ids.ts';
import type { Instant } from '../domain/instant.ts';
import { LIMITS } from '../domain/limits.ts';
import type { BillingPeriod } from '../domain/plan.ts';
import { type BillingCustomer, findBillingCustomer } from '../storage/billing-customers.ts';
import type { Database, Tenant } from '../storage/database.ts';
import { insertNudges } from '../storage/outbox.ts';
import type { SubscribablePlan } from '../storage/plan-versions.ts';
import { noteHistory } from '../storage/subscription-history.ts';
import { insertSubscription, type NewSubscriptionRow, type SubscriptionRow } from '../storage/subscriptions.ts';
import { loadCustomerBilling } from './billing/customer-billing.ts';
import { type CommandContext, commandOnCustomer } from './billing/due-steps.ts';
import { finalizeDueDrafts } from './billing/finalize-due-drafts.ts';
import { openFirstPeriod } from './billing/perform-step.ts';
import { startOfSecond } from './business-time.ts';
import { getSubscription } from './get-subscription.ts';
import { subscribablePlan } from './subscribable-plan.ts';

/** An instant, or a date without time: local midnight of the customer (billing rules 6). */
export type TimeInput = { readonly instant: Instant } | { readonly date: string };

export interface NewSubscription {
  /** Of the caller's making: a repeat with the same one finds what the first attempt made. */
  readonly id: Id<'subscription'>;
  /** external_id or `cus_…`. */
  readonly customerId: string;
  readonly planId: string;
  /** null: the newest. */
  readonly planVersion: number | null;
  /** null: now. */
  readonly startDate: TimeInput | null;
  readonly trialEndDate: TimeInput | null;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Subscribes a customer to a plan version and, through the outbox, starts its workflow. A start in the past opens
 * period 0 at once and leaves the missed period ends to the workflow. Throws Failure: `not_found` for the customer,
 * plan or version, `invalid_body` for times that contradict each other, `currency_mismatch`, `plan_archived`,
 * `customer_archived`.
 */
export async function createSubscription(
  db: Database,
  tenant: Tenant,
  input: NewSubscription,
): Promise<SubscriptionRow> {
  const found = await findBillingCustomer(db, tenant, input.customerId);
  if (found === null) throw new Failure('not_found', `No customer ${input.customerId}.`, { param: 'customer_id' });
  await commandOnCustomer(db, { tenant, customerId: found.id }, async (context) => {
    if (context.billing.subscriptions.some((each) => each.id === input.id)) return;
    const row = await newRow(context, tenant, input);
    await insertSubscription(context.tx, tenant, row);
    noteBeginning(context, tenant, row);
    if (row.status === 'active') await openAnchorPeriod(context, tenant, row);
    await insertNudges(context.tx, tenant, [row.id]);
  });
  return getSubscription(db, tenant, input.id);
}

async function newRow(context: CommandContext, tenant: Tenant, input: NewSubscription): Promise<NewSubscriptionRow> {
  const { tx, customer, now } = context;
  if (customer.archivedAt !== null) {
    throw new Failure('customer_archived', `Customer ${customer.externalId} is archived.`, { param: 'customer_id' });
  }
  const { planId, planVersion } = input;
  const plan = await subscribablePlan(tx, tenant, { planId, planVersion, customer });
  const startAt = input.startDate === null ? startOfSecond(now) : resolveTime(input.startDate, customer, 'start_date');
  const trialEndAt = input.trialEndDate === null ? null : resolveTime(input.trialEndDate, customer, 'trial_end_date');
  if (trialEndAt !== null && trialEndAt < startAt) {
    throw invalidField('trial_end_date', 'trial_end_date must not be before start_date.');
  }
  const anchorAt = trialEndAt ?? startAt;
  requireCatchable(plan, { anchorAt, now });
  return {
    id: input.id,
    customerId: customer.id,
    planId: input.planId,
    planVersion: plan.version,
    status: startAt > now ? 'scheduled' : anchorAt > now ? 'trialing' : 'active',
    startAt,
    trialEndAt,
    anchorAt,
    cancelAt: null,
    pauseAt: null,
    resumeAt: null,
    pendingPlanId: null,
    pendingPlanVersion: null,
    endedAt: null,
    currentPeriodNumber: null,
    attentionCode: null,
    attentionMessage: null,
    attentionAt: null,
    nextDueAt: null,
    lateDueAt: null,
    metadata: JSON.stringify(input.metadata),
    createdAt: now,
  };
}

/** A trial that lies in the past has begun and ended by now. */
function noteBeginning({ tx, now }: CommandContext, tenant: Tenant, row: NewSubscriptionRow): void {
  const { id, planId, planVersion, startAt, trialEndAt, status } = row;
  const key = { tenant, id };
  noteHistory(tx, key, { kind: 'created', at: now, plan: { planId, planVersion }, effectiveAt: startAt });
  if (trialEndAt === null || trialEndAt <= startAt || status === 'scheduled') return;
  noteHistory(tx, key, { kind: 'trial_started', at: startAt, effectiveAt: trialEndAt });
  if (status === 'active') noteHistory(tx, key, { kind: 'trial_ended', at: trialEndAt });
}

async function openAnchorPeriod(context: CommandContext, tenant: Tenant, row: NewSubscriptionRow): Promise<void> {
  const { tx, customer, now } = context;
  const billing = await loadCustomerBilling(tx, tenant, customer);
  await openFirstPeriod(tx, billing, { subscription: row, stampedAt: now });
  await finalizeDueDrafts(context, row.id);
}

const DAYS_OF: Readonly<Record<BillingPeriod, number>> = {
  daily: 1,
  weekly: 7,
  monthly: 30,
  quarterly: 91,
  yearly: 365,
};

/** Every missed period is closed one by one, so there is an end to how many there may be. */
function requireCatchable(plan: SubscribablePlan, span: { readonly anchorAt: Instant; readonly now: Instant }): void {
  const days = Number((span.now - span.anchorAt) / 86_400_000_000n);
  const missed = days / (DAYS_OF[plan.billingPeriod] * plan.intervalCount);
  if (missed <= LIMITS.missedPeriods) return;
  throw invalidField('start_date', `start_date may lie at most ${LIMITS.missedPeriods} billing periods in the past.`);
}

function resolveTime(input: TimeInput, customer: BillingCustomer, param: string): Instant {
  if ('instant' in input) return input.instant;
  const instant = startOfLocalDay(input.date, customer.timezone);
  if (instant === null) throw invalidField(param, `${param} is no date of the calendar.`);
  return instant;
}
