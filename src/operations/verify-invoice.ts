import { Failure } from '../domain/errors/failure.ts';
import { decimalText } from '../domain/decimal.ts';
import { type Difference, differencesOf, type Facts } from '../domain/invoicing/differences.ts';
import { settle } from '../domain/invoicing/settlement.ts';
import { formatInstant, type Instant } from '../domain/instant.ts';
import { formatMoney } from '../domain/money.ts';
import { parseSeqRanges, prefix, seqRangesText } from '../domain/rating/seq-ranges.ts';
import { UnrateableError } from '../domain/rating/unrateable.ts';
import { selectBillingCustomer } from '../storage/billing-customers.ts';
import { selectIssuedDraws } from '../storage/credit-entries.ts';
import { selectIssuedBalanceEntry } from '../storage/customer-balance.ts';
import type { Database, Queryable, Tenant } from '../storage/database.ts';
import { selectInvoiceLines } from '../storage/invoice-lines.ts';
import { selectInvoiceTaxes } from '../storage/invoice-taxes.ts';
import { type InvoiceRow, selectInvoice } from '../storage/invoices.ts';
import { invoiceDraws } from './billing/credit-ledger.ts';
import { amountsOf, lineRows } from './billing/invoice-content.ts';
import { taxRows } from './billing/tax-rows.ts';
import { businessNow } from './business-time.ts';
import { checkBasis } from './verification/check-basis.ts';
import { contentOf, type InvoiceSide, moneyText } from './verification/invoice-facts.ts';
import { type Recomputation, recomputeInvoice } from './verification/recompute-invoice.ts';

/** The amounts that the computation came to, as text in the currency's decimals. */
export interface RecomputedAmounts {
  readonly subtotal: string;
  readonly taxTotal: string;
  readonly total: string;
  readonly balanceApplied: string;
}

export interface InvoiceVerification {
  readonly invoiceId: string;
  readonly number: string;
  /** Nothing differs. */
  readonly equal: boolean;
  readonly differences: readonly Difference[];
  /** null where it could not be computed again; `problem` then says why. */
  readonly recomputed: RecomputedAmounts | null;
  readonly problem: string | null;
  readonly verifiedAt: Instant;
}

/**
 * Computes a finalized invoice, live or void, again from stored events, plan versions and what was recorded of grants,
 * order and cut-off at its finalization, and compares (billing rules 7); and compares what was recorded with the database
 * where that still tells how it was. From one snapshot; writes nothing. Throws Failure `not_found`, `invoice_not_final`,
 * `invoice_without_basis`.
 */
export async function verifyInvoice(db: Database, tenant: Tenant, id: string): Promise<InvoiceVerification> {
  return db.snapshot(async (snapshot) => {
    const invoice = await selectInvoice(snapshot, tenant, id);
    if (invoice === null) throw new Failure('not_found', `No invoice ${id}.`);
    const { number, numberSeq } = invoice;
    const outcome = await recomputed(snapshot, tenant, invoice);
    const customer = await selectBillingCustomer(snapshot, tenant, invoice.customerId);
    if (number === null || numberSeq === null || customer === null) throw new Error(`invoice ${id} is not whole`);
    const common = { invoiceId: id, number, verifiedAt: await businessNow(snapshot, customer) };
    if (typeof outcome === 'string') {
      const total = moneyText(invoice.total, invoice.currency);
      const differences = [{ path: 'total', stored: total, recomputed: null }];
      return { ...common, equal: false, differences, recomputed: null, problem: outcome };
    }
    const stored = await storedSide(snapshot, tenant, invoice);
    const differences = [
      ...differencesOf(contentOf(stored), contentOf(sideOf(invoice, outcome))),
      ...(await checkBasis(snapshot, { tenant, invoice, numberSeq, basis: outcome.basis })),
    ];
    const amounts = amountsIn(outcome, invoice.currency);
    return { ...common, equal: differences.length === 0, differences, recomputed: amounts, problem: null };
  });
}

/** The computation, or why there is none: what is stored does not fit together any more. */
async function recomputed(db: Queryable, tenant: Tenant, invoice: InvoiceRow): Promise<Recomputation | string> {
  try {
    return await recomputeInvoice(db, tenant, invoice);
  } catch (error) {
    if (error instanceof UnrateableError || error instanceof RangeError) return error.message;
    throw error;
  }
}

async function storedSide(db: Queryable, tenant: Tenant, invoice: InvoiceRow): Promise<InvoiceSide> {
  const { currency, id } = invoice;
  const money = (text: string) => moneyText(text, currency);
  const entry = await selectIssuedBalanceEntry(db, tenant, invoice);
  return {
    currency,
    lines: await selectInvoiceLines(db, tenant, [id]),
    taxes: await selectInvoiceTaxes(db, tenant, [id]),
    draws: await selectIssuedDraws(db, tenant, id),
    facts: {
      kind: invoice.kind,
      currency,
      subscription_id: invoice.subscriptionId,
      ...(invoice.kind === 'late' ? {} : ownPeriodFacts(invoice)),
      counted: invoice.usageCutoffSeq === null ? null : seqRangesText(prefix(invoice.usageCutoffSeq)),
      late_seqs: invoice.lateSeqs === null ? null : seqRangesText(parseSeqRanges(invoice.lateSeqs)),
      issues: issuesText(invoice.issues),
      subtotal: money(invoice.subtotal),
      tax_total: money(invoice.taxTotal),
      total: money(invoice.total),
      balance_applied: money(invoice.balanceApplied),
      balance_change: money(entry?.amount ?? '0'),
    },
  };
}

function ownPeriodFacts(invoice: InvoiceRow): Facts {
  return {
    period_number: String(invoice.periodNumber),
    period_start: formatInstant(invoice.periodStart),
    period_end: formatInstant(invoice.periodEnd),
    plan: `${invoice.planId} version ${invoice.planVersion}`,
  };
}

function sideOf(invoice: InvoiceRow, { basis, document }: Recomputation): InvoiceSide {
  const { currency, own } = basis;
  const place = { id: invoice.id, currency };
  const { subtotal, taxTotal, total, balanceApplied } = amountsIn({ document }, currency);
  const { balanceChange } = settle({ total: document.total, balance: basis.balance });
  return {
    currency,
    lines: lineRows(document, place),
    taxes: taxRows(document.taxes, place),
    draws: invoiceDraws({ draft: invoice, document, previousDraws: own?.draws ?? [] }).map((draw) => ({
      ...draw,
      drawn: decimalText(draw.quantity),
    })),
    facts: {
      kind: basis.kind,
      currency,
      subscription_id: basis.subscriptionId,
      ...(own === null
        ? {}
        : {
            period_number: String(own.period.number),
            period_start: formatInstant(own.period.start),
            period_end: formatInstant(own.period.end),
            plan: `${own.plan.planId} version ${own.plan.version}`,
          }),
      counted: basis.counted === null ? null : seqRangesText(basis.counted),
      late_seqs: basis.lateSeqs.length === 0 ? null : seqRangesText(basis.lateSeqs),
      issues: issuesText(amountsOf(document, currency).issues),
      subtotal,
      tax_total: taxTotal,
      total,
      balance_applied: balanceApplied,
      balance_change: formatMoney(balanceChange, currency),
    },
  };
}

function amountsIn({ document }: Pick<Recomputation, 'document'>, currency: string): RecomputedAmounts {
  const { subtotal, taxTotal, total } = amountsOf(document, currency);
  return { subtotal, taxTotal, total, balanceApplied: formatMoney(document.balanceApplied, currency) };
}

/** One text for the same issues, however the database orders their members. */
function issuesText(json: string): string {
  const issues: readonly { code: string; charge_id: string | null; message: string }[] = JSON.parse(json);
  return issues.map(({ code, charge_id, message }) => `${code} ${charge_id ?? ''} ${message}`).join('\n');
}
