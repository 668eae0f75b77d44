import { Failure } from '../domain/errors/failure.ts';
import { type Instant, minInstant } from '../domain/instant.ts';
import { formatMoney } from '../domain/money.ts';
import { endOfPeriod } from '../domain/subscription/steps.ts';
import { UnrateableError } from '../domain/rating/unrateable.ts';
import { selectBillingCustomer, selectParties } from '../storage/billing-customers.ts';
import type { Database, Queryable, Tenant } from '../storage/database.ts';
import type { BillingReason } from '../storage/invoices.ts';
import type { PeriodRow } from '../storage/periods.ts';
import type { SubscriptionRow } from '../storage/subscriptions.ts';
import { businessNow } from './business-time.ts';
import { type CustomerBilling, currentPeriodOf, loadCustomerBilling } from './billing/customer-billing.ts';
import { amountsOf, lineRows } from './billing/invoice-content.ts';
import { emptyContent } from './billing/invoice-row.ts';
import { afterPeriod } from './billing/after-period.ts';
import { periodToOpen } from './billing/open-period.ts';
import { type InvoiceTask, rateInvoice, type RatedInvoice } from './billing/rate-invoice.ts';
import { taxRows } from './billing/tax-rows.ts';
import type { InvoiceWithLines } from './get-invoice.ts';
import { getSubscription } from './get-subscription.ts';

export type PreviewAt = 'period_end' | 'now' | 'interim';

/** An invoice that does not exist: no ids, no number. */
export type PreviewedInvoice = Omit<InvoiceWithLines, 'id' | 'sequence'> & {
  readonly id: null;
  readonly sequence: null;
};

/**
 * The invoice that would come: of the running period at its boundary with usage so far, as a cancel now would make
 * it, or as a manual trigger now. The same rating as the real one, from one snapshot; writes nothing. Throws Failure
 * `not_found`, `no_running_period`, `needs_attention`.
 */
export async function previewInvoice(
  db: Database,
  tenant: Tenant,
  query: { readonly subscriptionId: string; readonly at: PreviewAt },
): Promise<PreviewedInvoice> {
  return db.snapshot(async (tx) => {
    const { customerId } = await getSubscription(tx, tenant, query.subscriptionId);
    const customer = await selectBillingCustomer(tx, tenant, customerId);
    if (customer === null) throw new Failure('not_found', `No customer ${customerId}.`);
    const now = await businessNow(tx, customer);
    const billing = await loadCustomerBilling(tx, tenant, customer);
    const subscription = billing.subscriptions.find((each) => each.id === query.subscriptionId);
    const period = subscription === undefined ? null : currentPeriodOf(billing, subscription);
    if (subscription === undefined || period === null || subscription.status !== 'active') {
      throw new Failure('no_running_period', `Subscription ${query.subscriptionId} has no running period.`);
    }
    const task = await previewTask(tx, { billing, subscription, period, at: query.at, now });
    try {
      const { document, basis } = await rateInvoice(tx, task);
      const parties = await selectParties(tx, tenant, customer.id);
      return { ...previewed({ task, document, basis, now }), ...parties };
    } catch (error) {
      if (error instanceof UnrateableError) throw new Failure('needs_attention', error.message, { cause: error });
      throw error;
    }
  });
}

interface PreviewTask extends InvoiceTask {
  readonly reason: BillingReason;
}

async function previewTask(
  db: Queryable,
  of: {
    readonly billing: CustomerBilling;
    readonly subscription: SubscriptionRow;
    readonly period: PeriodRow;
    readonly at: PreviewAt;
    readonly now: Instant;
  },
): Promise<PreviewTask> {
  const { billing, subscription, period, now } = of;
  const boundary = endOfPeriod(period.endAt, subscription);
  const endAt = endOf(of.at, { boundary, now, startAt: period.startAt });
  const common = { billing, endAt, cutoffSeq: null, replaces: null };
  if (of.at === 'interim') return { ...common, kind: 'interim', period, next: null, reason: 'manual' };
  const cut = { ...period, endAt };
  const by = (at: Instant | null) => at !== null && at <= endAt;
  const closing = { ...common, kind: 'closing' as const, period: cut };
  if (of.at === 'now' || by(subscription.cancelAt)) return { ...closing, next: null, reason: 'cancel' };
  if (by(subscription.pauseAt)) return { ...closing, next: null, reason: 'pause' };
  const after = await afterPeriod(db, billing.tenant, { subscription, at: endAt });
  if (after.isReanchored) return { ...closing, next: null, reason: 'period_end' };
  const next = await periodToOpen(db, {
    billing,
    subscription: after.subscription,
    zoneBefore: period.timezone,
    number: period.number + 1,
    startAt: endAt,
    openedAt: endAt,
    reason: null,
  });
  return { ...closing, next, reason: 'period_end' };
}

function previewed({
  task,
  document,
  basis,
  now,
}: RatedInvoice & { task: PreviewTask; now: Instant }): PreviewedInvoice {
  const { billing, kind, period, endAt } = task;
  const { customer } = billing;
  const { currency } = basis;
  const invoice = { id: '', currency };
  return {
    ...emptyContent(currency),
    ...amountsOf(document, currency),
    balanceApplied: formatMoney(document.balanceApplied, currency),
    amountDue: formatMoney(document.amountDue, currency),
    id: null,
    sequence: null,
    customerId: customer.id,
    customerExternalId: customer.externalId,
    subscriptionId: period.subscriptionId,
    periodNumber: period.number,
    kind,
    billingReason: task.reason,
    planId: period.planId,
    planVersion: period.planVersion,
    periodStart: period.startAt,
    periodEnd: endAt,
    finalizeAt: endAt,
    createdAt: now,
    lines: lineRows(document, invoice),
    taxes: taxRows(document.taxes, invoice),
    payments: [],
  };
}

function endOf(
  at: PreviewAt,
  instants: { readonly boundary: Instant; readonly now: Instant; readonly startAt: Instant },
): Instant {
  switch (at) {
    case 'period_end':
      return instants.boundary;
    case 'now':
    case 'interim':
      // A boundary that has passed, but was not carried out yet, bounds the period all the same.
      return minInstant(instants.boundary, instants.now);
  }
}
