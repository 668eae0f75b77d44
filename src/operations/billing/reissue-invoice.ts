import { Failure } from '../../domain/errors/failure.ts';
import { isPositive } from '../../domain/decimal.ts';
import { UnrateableError } from '../../domain/rating/unrateable.ts';
import { markInvoiceReplaced } from '../../storage/invoice-changes.ts';
import { insertInvoice, type InvoiceRow, selectPeriodInvoices } from '../../storage/invoices.ts';
import { noteHistory } from '../../storage/subscription-history.ts';
import { readUsageCutoff } from '../../storage/usage-cutoff.ts';
import { loadCustomerBilling } from './customer-billing.ts';
import type { CommandContext } from './due-steps.ts';
import { continuationOf, periodOf } from './finalize-draft.ts';
import { issueInvoice } from './issue-invoice.ts';
import { rateInvoice, type RatedInvoice } from './rate-invoice.ts';
import { draftOf } from './write-draft.ts';

/**
 * Bills the content of an invoice that was voided in this transaction again (billing rules 7): of the same kind, period
 * and plan version, with all events known now, minus what other live invoices billed for that period. An interim whose
 * usage others have billed meanwhile has no replacement. Returns whether there is one. Throws Failure `needs_attention` if
 * it cannot be rated.
 */
export async function reissueInvoice(context: CommandContext, voided: InvoiceRow): Promise<boolean> {
  const { tx, customer, now } = context;
  const { tenant } = context.billing;
  const { subscriptionId, periodNumber: number } = voided;
  // The void gave credits and balance back.
  const billing = await loadCustomerBilling(tx, tenant, customer);
  const period = await periodOf(tx, billing, { subscriptionId, number });
  if (period === null) throw new Error(`invoice ${voided.id} has no period`);
  const cutoffSeq = await readUsageCutoff(tx, tenant, customer.externalId);
  const rated = await rateAgain({ ...context, billing }, { voided, period, cutoffSeq });
  if (voided.kind === 'interim' && !isPositive(rated.document.subtotal)) return false;
  const sameKind = (await selectPeriodInvoices(tx, { tenant, subscriptionId, number })).filter(
    ({ kind }) => kind === voided.kind,
  );
  const draft = draftOf(billing, {
    kind: voided.kind,
    sequence: Math.max(...sameKind.map(({ sequence }) => sequence)) + 1,
    reason: voided.billingReason,
    period,
    periodEnd: voided.periodEnd,
    finalizeAt: now,
    createdAt: now,
    replaces: voided.id,
  });
  await insertInvoice(tx, tenant, draft);
  const reissued = { at: now, periodNumber: number, invoice: { id: draft.id, number: null } };
  noteHistory(tx, { tenant, id: subscriptionId }, { kind: 'invoice_reissued', ...reissued });
  await issueInvoice(tx, { billing, draft, rated, cutoffSeq, asOf: now, stampedAt: now });
  await markInvoiceReplaced(tx, { tenant, id: voided.id }, draft.id);
  return true;
}

async function rateAgain(
  { tx, billing }: CommandContext,
  again: {
    readonly voided: InvoiceRow;
    readonly period: Parameters<typeof rateInvoice>[1]['period'];
    readonly cutoffSeq: bigint;
  },
): Promise<RatedInvoice> {
  const { voided, period, cutoffSeq } = again;
  try {
    return await rateInvoice(tx, {
      billing,
      kind: voided.kind,
      period,
      endAt: voided.periodEnd,
      next: voided.kind === 'closing' ? await continuationOf(tx, billing, period) : null,
      cutoffSeq,
      replaces: voided,
    });
  } catch (error) {
    if (error instanceof UnrateableError) throw new Failure('needs_attention', error.message, { cause: error });
    throw error;
  }
}
