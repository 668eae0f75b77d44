import { Failure } from '../domain/errors/failure.ts';
import { isPositive } from '../domain/decimal.ts';
import { UnrateableError } from '../domain/rating/unrateable.ts';
import { findBillingCustomer } from '../storage/billing-customers.ts';
import type { Database, Tenant } from '../storage/database.ts';
import { insertInvoice, selectInvoiceByTrigger, selectPeriodInvoices } from '../storage/invoices.ts';
import { insertNudges } from '../storage/outbox.ts';
import type { PeriodRow } from '../storage/periods.ts';
import { causedBy } from '../storage/subscription-history.ts';
import { selectCustomerSubscriptions, type SubscriptionRow } from '../storage/subscriptions.ts';
import { readUsageCutoff } from '../storage/usage-cutoff.ts';
import { billLateUsage } from './billing/bill-late-usage.ts';
import { currentPeriodOf } from './billing/customer-billing.ts';
import { type CommandContext, commandOnCustomer } from './billing/due-steps.ts';
import { issueInvoice } from './billing/issue-invoice.ts';
import { rateInvoice } from './billing/rate-invoice.ts';
import { draftOf } from './billing/write-draft.ts';
import { getInvoice, type InvoiceWithLines } from './get-invoice.ts';
import { getSubscription } from './get-subscription.ts';

/** Why a trigger made no invoice. */
export interface TriggerSkip {
  readonly subscriptionId: string;
  readonly code: 'nothing_new' | 'no_running_period' | 'needs_attention';
  readonly message: string;
}

export type TriggerOutcome =
  | { readonly made: true; readonly invoice: InvoiceWithLines }
  | { readonly made: false; readonly skip: TriggerSkip };

/**
 * Makes an interim invoice: usage charges up to now, cumulative, minus what earlier invoices of the period billed;
 * finalized at once (billing rules 7). A repeat with the same trigger id returns the stored invoice.
 */
export async function triggerInvoice(
  db: Database,
  tenant: Tenant,
  trigger: { readonly subscriptionId: string; readonly triggerId: string | null },
): Promise<TriggerOutcome> {
  const { customerId } = await getSubscription(db, tenant, trigger.subscriptionId);
  const outcome = await commandOnCustomer(db, { tenant, customerId }, (context) =>
    interimInvoice({ ...context, tx: causedBy(context.tx, 'trigger') }, trigger),
  );
  if ('skip' in outcome) return { made: false, skip: outcome.skip };
  return { made: true, invoice: await getInvoice(db, tenant, outcome.invoiceId) };
}

/**
 * A trigger for each subscription of a customer, in their one order; an ended one is mentioned only if it
 * has late usage to bill. A repeat with the
 * same trigger id returns what was made, and makes what was not yet.
 */
export async function triggerCustomerInvoices(
  db: Database,
  tenant: Tenant,
  { customerRef, triggerId }: { readonly customerRef: string; readonly triggerId: string },
): Promise<TriggerOutcome[]> {
  const customer = await findBillingCustomer(db, tenant, customerRef);
  if (customer === null) throw new Failure('not_found', `No customer ${customerRef}.`, { param: 'customer_id' });
  const outcomes: TriggerOutcome[] = [];
  for (const subscription of await selectCustomerSubscriptions(db, tenant, customer.id)) {
    const outcome = await triggerInvoice(db, tenant, { subscriptionId: subscription.id, triggerId });
    if (outcome.made || subscription.status !== 'canceled') outcomes.push(outcome);
  }
  return outcomes;
}

async function interimInvoice(
  context: CommandContext,
  trigger: { readonly subscriptionId: string; readonly triggerId: string | null },
): Promise<{ invoiceId: string } | { skip: TriggerSkip }> {
  const { tx, billing } = context;
  const { subscriptionId, triggerId } = trigger;
  if (triggerId !== null) {
    const stored = await selectInvoiceByTrigger(tx, { tenant: billing.tenant, subscriptionId, triggerId });
    if (stored !== null) return { invoiceId: stored.id };
  }
  const skip = (code: TriggerSkip['code'], message: string) => ({ skip: { subscriptionId, code, message } });
  const subscription = billing.subscriptions.find((each) => each.id === subscriptionId);
  if (subscription === undefined) throw new Failure('not_found', `No subscription ${subscriptionId}.`);
  if (subscription.attentionCode !== null) return skip('needs_attention', subscription.attentionMessage ?? '');
  if (subscription.status === 'canceled' && !billing.drafts.some((draft) => draft.subscriptionId === subscription.id)) {
    const invoiceId = await issueLate(context, { subscription, triggerId });
    return invoiceId === null ? skip('nothing_new', 'No usage came since the last invoice.') : { invoiceId };
  }
  const period = currentPeriodOf(billing, subscription);
  if (subscription.status !== 'active' || period === null) {
    return skip('no_running_period', `The subscription is ${subscription.status} and has no running period.`);
  }
  try {
    const invoiceId = await issueInterim(context, { subscription, period, triggerId });
    return invoiceId === null ? skip('nothing_new', 'Nothing new to bill since the last invoice.') : { invoiceId };
  } catch (error) {
    // Nothing is written yet at this point; the period's end will ask for attention if it still cannot be rated.
    if (error instanceof UnrateableError) return skip('needs_attention', error.message);
    throw error;
  }
}

/** The late usage of a subscription that has ended, at once (billing rules 7). */
async function issueLate(
  { tx, billing, now }: CommandContext,
  of: { readonly subscription: SubscriptionRow; readonly triggerId: string | null },
): Promise<string | null> {
  const invoiceId = await billLateUsage(tx, { billing, ...of, asOf: now, stampedAt: now });
  await insertNudges(tx, billing.tenant, [of.subscription.id]);
  return invoiceId;
}

async function issueInterim(
  context: CommandContext,
  of: { readonly subscription: SubscriptionRow; readonly period: PeriodRow; readonly triggerId: string | null },
): Promise<string | null> {
  const { tx, billing, customer, now } = context;
  const { tenant } = billing;
  const { subscription, period, triggerId } = of;
  const cutoffSeq = await readUsageCutoff(tx, tenant, customer.externalId);
  const task = { billing, kind: 'interim' as const, period, endAt: now, next: null, cutoffSeq, replaces: null };
  const rated = await rateInvoice(tx, task);
  if (!isPositive(rated.document.subtotal)) return null;
  const key = { tenant, subscriptionId: subscription.id, number: period.number };
  const earlier = (await selectPeriodInvoices(tx, key)).filter((invoice) => invoice.kind === 'interim');
  const draft = draftOf(billing, {
    kind: 'interim',
    sequence: earlier.length,
    reason: 'manual',
    period,
    periodEnd: now,
    finalizeAt: now,
    createdAt: now,
    triggerId,
  });
  await insertInvoice(tx, tenant, draft);
  await issueInvoice(tx, { billing, draft, rated, cutoffSeq, asOf: now, stampedAt: now });
  await insertNudges(tx, tenant, [subscription.id]);
  return draft.id;
}
