import { decimal, decimalText } from '../../domain/decimal.ts';
import type { InvoiceBasis, PeriodBasis } from '../../domain/invoicing/basis.ts';
import {
  type Content,
  type Difference,
  differencesOf,
  type Facts,
  type Part,
} from '../../domain/invoicing/differences.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { Draw, GrantView, SettledAmount } from '../../domain/rating/model.ts';
import { seqRangesText } from '../../domain/rating/seq-ranges.ts';
import { type CreditGrantRow, selectGrantsById } from '../../storage/credit-grants.ts';
import { selectIssuedBalanceEntry } from '../../storage/customer-balance.ts';
import type { Queryable, Tenant } from '../../storage/database.ts';
import { type InvoiceRow, selectInvoice } from '../../storage/invoices.ts';
import { type PeriodRow, selectPeriodsByNumber } from '../../storage/periods.ts';
import { type BillingPast, loadPast } from '../billing/load-basis.ts';

/** A finalized invoice with what it was computed from. */
interface Checked {
  readonly tenant: Tenant;
  readonly invoice: InvoiceRow;
  /** The invoice's place in the order in which invoices became final. */
  readonly numberSeq: bigint;
  readonly basis: InvoiceBasis;
}

/**
 * Where what an invoice was computed from is not what the database says that it was at that time: what earlier invoices
 * had billed and drawn, the periods, the grants' terms, which late events were still to be counted, the balance.
 */
export async function checkBasis(db: Queryable, checked: Checked): Promise<Difference[]> {
  const { tenant, invoice, basis } = checked;
  const past = await loadPastOf(db, checked);
  const entry = await selectIssuedBalanceEntry(db, tenant, invoice);
  const balance = entry === null ? basis.balance : decimal(entry.balanceAfter).minus(decimal(entry.amount));
  const recorded: Content = {
    facts: { ...pastFacts(basis, basis.kind), balance: decimalText(basis.balance) },
    parts: [...pastParts(basis), ...basis.grants.map((grant) => grantPart(grant, grant.endsAt))],
  };
  const found: Content = {
    // Where the invoice left the balance alone, nothing says what it was.
    facts: { ...pastFacts(past, basis.kind), balance: decimalText(balance) },
    parts: [...pastParts(past), ...(await foundGrants(db, checked))],
  };
  return differencesOf(recorded, found).map((each) => ({ ...each, path: `basis.${each.path}` }));
}

/** What earlier invoices had left, read again as it was then. */
async function loadPastOf(db: Queryable, { tenant, invoice, basis, numberSeq }: Checked): Promise<BillingPast> {
  const { subscriptionId } = basis;
  const wanted = [invoice.periodNumber, ...(basis.next === null ? [] : [basis.next.period.number])];
  const periods = await selectPeriodsByNumber(db, { tenant, subscriptionId, numbers: wanted });
  const find = (number: number): PeriodRow => {
    const period = periods.find((each) => each.number === number);
    if (period === undefined) throw new Error(`subscription ${subscriptionId} has no period ${number}`);
    return period;
  };
  const period = find(invoice.periodNumber);
  return loadPast(db, {
    billing: { tenant, customer: { externalId: invoice.customerExternalId } },
    kind: basis.kind,
    period,
    endAt: basis.kind === 'closing' ? period.endAt : invoice.periodEnd,
    next: basis.next === null ? null : find(basis.next.period.number),
    cutoffSeq: invoice.usageCutoffSeq,
    replaces: invoice.replaces === null ? null : await selectInvoice(db, tenant, invoice.replaces),
    asOfNumber: numberSeq,
  });
}

/** The periods of an invoice, each with what it is to it. */
function rolesOf({ own, next, late }: BillingPast): [role: string, basis: PeriodBasis][] {
  return [
    ...(own === null ? [] : [['own', own] as [string, PeriodBasis]]),
    ...(next === null ? [] : [['next', next] as [string, PeriodBasis]]),
    ...late.map((each): [string, PeriodBasis] => [`late[${each.period.number}]`, each]),
  ];
}

function pastFacts(past: BillingPast, kind: InvoiceBasis['kind']): Facts {
  const facts = rolesOf(past).flatMap(([role, { period, plan }]) => {
    // The end of another period may have been another then: it was cut since.
    const isEnded = role.startsWith('late') || (role === 'own' && kind === 'closing');
    return Object.entries({
      start: formatInstant(period.start),
      full_start: formatInstant(period.fullStart),
      full_end: formatInstant(period.fullEnd),
      plan: `${plan.planId} version ${plan.version}`,
      ...(isEnded ? { end: formatInstant(period.end), proration: period.proration } : {}),
    }).map(([name, value]) => [`${role}.period.${name}`, value]);
  });
  return {
    ...Object.fromEntries(facts),
    late_periods: past.late.map(({ period }) => period.number).join(', '),
    late_seqs: seqRangesText(past.lateSeqs),
  };
}

function pastParts(past: BillingPast): Part[] {
  return rolesOf(past).flatMap(([role, { settled, draws }]) => [
    ...settled.map((each) => settledPart(role, each)),
    ...draws.filter(({ quantity }) => !quantity.isZero()).map((each) => drawPart(role, each)),
  ]);
}

function settledPart(role: string, { chargeId, kind, waived, amount }: SettledAmount): Part {
  const path = `${role}.settled[${chargeId ?? 'minimum'} ${kind}${waived ? ' waived' : ''}]`;
  const text = decimalText(amount);
  return { key: path, path, summary: text, facts: { amount: text } };
}

function drawPart(role: string, { grantId, chargeId, quantity }: Draw): Part {
  const path = `${role}.draws[${grantId}/${chargeId}]`;
  const text = decimalText(quantity);
  return { key: path, path, summary: text, facts: { quantity: text } };
}

/** An end that a grant may have had at that time passes for its end. */
async function foundGrants(db: Queryable, { tenant, invoice, basis }: Checked): Promise<Part[]> {
  const ids = basis.grants.map(({ id }) => id);
  const rows = new Map(
    (await selectGrantsById(db, tenant, ids))
      .filter(({ customerId }) => customerId === invoice.customerId)
      .map((row) => [row.id, row]),
  );
  return basis.grants.flatMap((grant) => {
    const row = rows.get(grant.id);
    return row === undefined ? [] : [grantPart(row, mayHaveEnded(row, grant.endsAt) ? grant.endsAt : row.endsAt)];
  });
}

/** Unknown or an expiry at first; then fixed, unless a revoke brought it forward (billing rules 5). */
function mayHaveEnded(row: CreditGrantRow, endsAt: GrantView['endsAt']): boolean {
  if (endsAt === row.endsAt || endsAt === row.expiresAt || endsAt === null) return true;
  return row.revokedAt !== null && row.endsAt !== null && endsAt >= row.endsAt;
}

function grantPart(
  grant: Pick<GrantView, 'id' | 'effectiveAt' | 'priority' | 'eventNames' | 'subscriptionId' | 'createdAt'>,
  endsAt: GrantView['endsAt'],
): Part {
  const path = `grants[${grant.id}]`;
  return {
    key: path,
    path,
    summary: grant.id,
    facts: {
      effective_at: formatInstant(grant.effectiveAt),
      ends_at: formatInstant(endsAt),
      priority: String(grant.priority),
      event_names: grant.eventNames === null ? null : JSON.stringify(grant.eventNames),
      subscription_id: grant.subscriptionId,
      created_at: formatInstant(grant.createdAt),
    },
  };
}
