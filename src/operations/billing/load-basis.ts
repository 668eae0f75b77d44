import { decimal } from '../../domain/decimal.ts';
import type { InvoiceBasis, PeriodBasis } from '../../domain/invoicing/basis.ts';
import type { Draw, GrantView, SettledAmount } from '../../domain/rating/model.ts';
import { parseSeqRanges, prefix, type SeqRanges, seqRangesText, union } from '../../domain/rating/seq-ranges.ts';
import { selectOwnDraws, selectPeriodDraws } from '../../storage/credit-entries.ts';
import { type CreditGrantRow, selectGrantsById } from '../../storage/credit-grants.ts';
import type { Queryable, Tenant } from '../../storage/database.ts';
import type { AsOfNumber } from '../../storage/invoice-order.ts';
import { selectCountedSeq, selectLatePeriods } from '../../storage/late-events.ts';
import type { PeriodRow } from '../../storage/periods.ts';
import { selectSettledAmounts, selectSettledDraws, type SettledRow } from '../../storage/settled-amounts.ts';
import { selectApplicableTaxRates, shareApplicableTaxRates } from '../../storage/tax-rates.ts';
import { selectCustomerBalance } from './balance-ledger.ts';
import { planVersionOf } from './plan-of-period.ts';
import type { InvoiceTask } from './rate-invoice.ts';

/** What an invoice depends on that earlier invoices decide. */
export type BillingPast = Pick<InvoiceBasis, 'own' | 'next' | 'late' | 'lateSeqs'>;

/** An invoice whose past is to be read: as it is now, or as it was when the invoice of a certain number became final. */
export interface PastTask extends Omit<InvoiceTask, 'billing'>, AsOfNumber {
  readonly billing: {
    readonly tenant: Tenant;
    readonly customer: { readonly externalId: string };
  };
}

/** Reads everything that the invoice depends on besides events; exact under the customer's row lock. */
export async function loadBasis(db: Queryable, task: InvoiceTask): Promise<InvoiceBasis> {
  const { tenant, customer } = task.billing;
  const past = await loadPast(db, task);
  return {
    kind: task.kind,
    currency: customer.currency,
    subscriptionId: task.period.subscriptionId,
    ...past,
    counted: task.cutoffSeq === null ? null : prefix(task.cutoffSeq),
    grants: await grantsOf(db, task, past.own),
    taxRates: await taxRatesOf(db, task),
    balance: await selectCustomerBalance(db, tenant, customer.id),
  };
}

export async function loadPast(db: Queryable, task: PastTask): Promise<BillingPast> {
  const lateSeqs = await lateSeqsOf(db, task);
  const late = await latePeriods(db, task, lateSeqs);
  return {
    own: task.kind === 'late' ? null : await ownBasis(db, task),
    next: task.next === null ? null : await advanceBasis(db, task, task.next),
    late,
    lateSeqs: late.length === 0 ? [] : lateSeqs,
  };
}

/** Of an invoice that becomes final they keep their terms until it is: what it says of a rate is what the rate is. */
async function taxRatesOf(db: Queryable, { billing: { tenant, customer }, cutoffSeq }: InvoiceTask) {
  const isDraft = cutoffSeq === null;
  return (isDraft ? selectApplicableTaxRates : shareApplicableTaxRates)(db, tenant, customer.id);
}

async function ownBasis(db: Queryable, task: PastTask): Promise<PeriodBasis> {
  const { tenant } = task.billing;
  const { period, endAt, asOfNumber } = task;
  const key = { tenant, subscriptionId: period.subscriptionId, number: period.number, asOfNumber };
  return {
    period: { ...ratedPeriod(period), end: endAt },
    plan: await planVersionOf(db, tenant, period),
    settled: await settledOf(db, task, period),
    // Late usage lies behind the part that an interim bills, and keeps what covers it.
    draws: (await (task.kind === 'interim' ? selectOwnDraws : selectPeriodDraws)(db, key)).map(draw),
  };
}

/**
 * A reissue bills again what was waived, elsewhere that counts as billed. But an advance flat that was waived is not what
 * a closing invoice bills, so the plan's minimum does not ask for it either.
 */
async function settledOf(
  db: Queryable,
  { billing: { tenant }, kind, cutoffSeq, replaces, asOfNumber }: PastTask,
  { subscriptionId, number }: PeriodRow,
): Promise<SettledAmount[]> {
  // What a draft shows is what it will be once the one before it is final, which bills its period's advance flats.
  const advanceOnDrafts = kind === 'closing' && cutoffSeq === null;
  const rows = await selectSettledAmounts(db, { tenant, subscriptionId, number, asOfNumber }, { advanceOnDrafts });
  const counts = ({ waived, kind: of }: SettledRow) =>
    !waived || replaces === null || (kind === 'closing' && of === 'flat');
  return rows.filter(counts).map(settledAmount);
}

/** Those in work, and what else the own period has drawn from: a closed one that is billed again may draw it again. */
async function grantsOf(db: Queryable, { billing }: InvoiceTask, own: PeriodBasis | null): Promise<GrantView[]> {
  const { tenant, grants } = billing;
  const drawn = new Set(own?.draws.map(({ grantId }) => grantId));
  const others = [...drawn].filter((id) => !grants.some((grant) => grant.id === id));
  return [...grants, ...(await selectGrantsById(db, tenant, others))].map(grantView);
}

/** A period whose advance flats are billed: nothing of it has been used yet. */
async function advanceBasis(db: Queryable, task: PastTask, period: PeriodRow): Promise<PeriodBasis> {
  return {
    period: ratedPeriod(period),
    plan: await planVersionOf(db, task.billing.tenant, period),
    settled: await settledOf(db, { ...task, kind: 'opening' }, period),
    draws: [],
  };
}

/**
 * The events that the invoice counts for periods closed before: those after the last invoice that did, and of a reissue
 * also those that the void one counted. Opening and interim invoices count none.
 */
async function lateSeqsOf(
  db: Queryable,
  { kind, billing, period, cutoffSeq, replaces, asOfNumber }: PastTask,
): Promise<SeqRanges> {
  if (kind === 'opening' || kind === 'interim') return [];
  const after = await selectCountedSeq(db, billing.tenant, { subscriptionId: period.subscriptionId, asOfNumber });
  if (after === null) return [];
  const fresh: SeqRanges = [{ after, upTo: cutoffSeq }];
  const counted = replaces?.lateSeqs ?? null;
  return counted === null ? fresh : union(parseSeqRanges(counted), fresh);
}

async function latePeriods(db: Queryable, task: PastTask, lateSeqs: SeqRanges): Promise<PeriodBasis[]> {
  if (lateSeqs.length === 0) return [];
  const { billing, period, kind, replaces } = task;
  const { tenant, customer } = billing;
  const { subscriptionId } = period;
  const periods = await selectLatePeriods(db, {
    tenant,
    subscriptionId,
    customerRef: customer.externalId,
    seqs: seqRangesText(lateSeqs),
    // Behind a closing invoice's own period nothing is closed, unless it is made again.
    before: kind === 'closing' && replaces === null ? period.startAt : null,
    asOfNumber: task.asOfNumber,
  });
  const others = kind === 'closing' ? periods.filter(({ number }) => number !== period.number) : periods;
  const bases: PeriodBasis[] = [];
  for (const each of others) bases.push(await lateBasis(db, task, each));
  return bases;
}

async function lateBasis(db: Queryable, task: PastTask, period: PeriodRow): Promise<PeriodBasis> {
  const { tenant } = task.billing;
  const { asOfNumber } = task;
  const key = { tenant, subscriptionId: period.subscriptionId, number: period.number, asOfNumber };
  return {
    period: ratedPeriod(period),
    plan: await planVersionOf(db, tenant, period),
    settled: await settledOf(db, { ...task, kind: 'late', replaces: null }, period),
    draws: (await selectSettledDraws(db, key)).map(draw),
  };
}

function ratedPeriod(period: PeriodRow): PeriodBasis['period'] {
  return {
    number: period.number,
    start: period.startAt,
    end: period.endAt,
    fullStart: period.fullStartAt,
    fullEnd: period.fullEndAt,
    proration: period.proration,
  };
}

function settledAmount(row: SettledRow): SettledAmount {
  return { ...row, amount: decimal(row.amount) };
}

function draw(row: Awaited<ReturnType<typeof selectPeriodDraws>>[number]): Draw {
  return { grantId: row.grantId, chargeId: row.chargeId, quantity: decimal(row.drawn) };
}

function grantView(grant: CreditGrantRow): GrantView {
  return {
    id: grant.id,
    effectiveAt: grant.effectiveAt,
    // Until its period is known, an expiry is the only bound there is.
    endsAt: grant.endsAt ?? grant.expiresAt,
    priority: grant.priority,
    eventNames: grant.eventNames,
    subscriptionId: grant.subscriptionId,
    createdAt: grant.createdAt,
    available: decimal(grant.balance),
  };
}
