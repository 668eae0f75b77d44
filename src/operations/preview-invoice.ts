import { Failure } from '../domain/errors/failure.ts';
import { type Instant, minInstant } from '../domain/instant.ts';
import { UnrateableError } from '../domain/rating/unrateable.ts';
import { selectBillingCustomer } from '../storage/billing-customers.ts';
import type { Database, Tenant } from '../storage/database.ts';
import { businessNow } from './business-time.ts';
import { currentPeriodOf, loadCustomerBilling } from './billing/customer-billing.ts';
import { amountsOf, lineRows } from './billing/invoice-content.ts';
import { emptyContent } from './billing/invoice-row.ts';
import { rateTask } from './billing/rate-period.ts';
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
    const boundary = subscription.cancelAt === null ? period.endAt : minInstant(period.endAt, subscription.cancelAt);
    const endAt = endOf(query.at, { boundary, now, startAt: period.startAt });
    const kind = query.at === 'interim' ? 'interim' : 'closing';
    const cut = { ...period, endAt };
    const cancels = query.at === 'now' || (subscription.cancelAt !== null && subscription.cancelAt <= endAt);
    try {
      const { rated } = await rateTask(tx, { billing, period: cut, kind, endAt, cutoffSeq: null });
      return {
        ...emptyContent(customer.currency),
        ...amountsOf(rated, customer.currency),
        id: null,
        sequence: null,
        customerId: customer.id,
        customerExternalId: customer.externalId,
        subscriptionId: subscription.id,
        periodNumber: period.number,
        kind,
        billingReason: kind === 'interim' ? 'manual' : cancels ? 'cancel' : 'period_end',
        planId: period.planId,
        planVersion: period.planVersion,
        periodStart: period.startAt,
        periodEnd: endAt,
        finalizeAt: endAt,
        createdAt: now,
        taxes: [],
        lines: lineRows(rated, { id: '', currency: customer.currency, period, endAt }),
        payments: [],
      };
    } catch (error) {
      if (error instanceof UnrateableError) throw new Failure('needs_attention', error.message, { cause: error });
      throw error;
    }
  });
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
