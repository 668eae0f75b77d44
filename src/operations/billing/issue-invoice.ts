import { basisToJson } from '../../domain/invoicing/basis-json.ts';
import { settle } from '../../domain/invoicing/settlement.ts';
import { addDays24h, type Instant } from '../../domain/instant.ts';
import { formatMoney } from '../../domain/money.ts';
import { seqRangesText } from '../../domain/rating/seq-ranges.ts';
import { selectParties } from '../../storage/billing-customers.ts';
import type { Transaction } from '../../storage/database.ts';
import { markInvoiceFinalized, takeInvoiceNumber } from '../../storage/invoice-changes.ts';
import type { NewInvoice } from '../../storage/invoices.ts';
import { markPeriodClosed } from '../../storage/periods.ts';
import { noteHistory } from '../../storage/subscription-history.ts';
import { writeSettlement } from './balance-ledger.ts';
import { lapseGrants, writeDraws } from './credit-ledger.ts';
import type { CustomerBilling } from './customer-billing.ts';
import { amountsOf } from './invoice-content.ts';
import type { RatedInvoice } from './rate-invoice.ts';
import { replaceLines } from './write-draft.ts';

/** A draft row in the database and the computation that becomes its content. */
export interface Issue {
  readonly billing: CustomerBilling;
  readonly draft: NewInvoice;
  readonly rated: RatedInvoice;
  readonly cutoffSeq: bigint;
  /** The instant of the step or command. */
  readonly asOf: Instant;
  readonly stampedAt: Instant;
}

/**
 * Freezes a draft: its lines and taxes, what it draws from credit grants and from the customer's balance, its gapless
 * number, copies of both parties, and what it was computed from; a closing invoice closes its period. The counter row is
 * locked last. An invoice with nothing due is paid at once (billing rules 7).
 */
export async function issueInvoice(tx: Transaction, issue: Issue): Promise<void> {
  const numberIt = await prepareIssue(tx, issue);
  await numberIt();
}

/**
 * All of that but the number, which what is returned gives it: every invoice of the account waits for who holds the
 * counter's lock, so whoever has more to do in the transaction does it before.
 */
export async function prepareIssue(tx: Transaction, issue: Issue): Promise<() => Promise<void>> {
  const { billing, draft, rated, stampedAt } = issue;
  const { tenant, customer } = billing;
  const { document, basis } = rated;
  const lines = await replaceLines(tx, tenant, { draft, document });
  await writeDraws(tx, tenant, { draft, lines, document, previousDraws: basis.own?.draws ?? [], at: stampedAt });
  let closes = false;
  if (draft.kind === 'closing') {
    const key = { tenant, subscriptionId: draft.subscriptionId, number: draft.periodNumber };
    closes = await markPeriodClosed(tx, key, stampedAt);
    // Where no grant is in work there is none to lapse, but one to which the void of a replaced invoice gave units back.
    if (billing.grants.length > 0 || draft.replaces !== null)
      await lapseGrants(tx, tenant, { customerId: customer.id, asOf: issue.asOf, at: stampedAt });
  }
  const settlement = settle({ total: document.total, balance: basis.balance });
  await writeSettlement(tx, tenant, {
    id: draft.id,
    customerId: customer.id,
    currency: draft.currency,
    balanceChange: settlement.balanceChange,
    at: stampedAt,
  });
  const parties = await selectParties(tx, tenant, customer.id);
  return () => numberInvoice(tx, issue, { parties, settlement, closes });
}

async function numberInvoice(
  tx: Transaction,
  issue: Issue,
  prepared: {
    readonly parties: Awaited<ReturnType<typeof selectParties>>;
    readonly settlement: ReturnType<typeof settle>;
    readonly closes: boolean;
  },
): Promise<void> {
  const { billing, draft, rated, stampedAt } = issue;
  const { tenant, customer } = billing;
  const { document, basis } = rated;
  const { parties, settlement, closes } = prepared;
  const number = await takeInvoiceNumber(tx, tenant);
  const finalizedAt = customer.clockFrozenAt === null ? number.lockedAt : stampedAt;
  const numberText = `${customer.invoicePrefix}-${number.value.toString().padStart(6, '0')}`;
  await markInvoiceFinalized(
    tx,
    { tenant, id: draft.id },
    {
      number: numberText,
      numberSeq: number.value,
      finalizedAt,
      dueAt: addDays24h(finalizedAt, customer.netDays),
      usageCutoffSeq: issue.cutoffSeq,
      usageCutoffAt: stampedAt,
      lateSeqs: basis.lateSeqs.length === 0 ? null : seqRangesText(basis.lateSeqs),
      ...amountsOf(document, draft.currency),
      balanceApplied: formatMoney(settlement.balanceApplied, draft.currency),
      amountDue: formatMoney(settlement.amountDue, draft.currency),
      settled: settlement.settled,
      basis: JSON.stringify(basisToJson(basis)),
      ...parties,
    },
  );
  noteIssue(tx, issue, { number: numberText, closes });
}

function noteIssue(
  tx: Transaction,
  issue: Issue,
  outcome: { readonly number: string; readonly closes: boolean },
): void {
  const { draft, billing, asOf: at } = issue;
  const key = { tenant: billing.tenant, id: draft.subscriptionId };
  const facts = { at, periodNumber: draft.periodNumber, invoice: { id: draft.id, number: outcome.number } };
  noteHistory(tx, key, { kind: 'invoice_finalized', ...facts });
  if (outcome.closes) noteHistory(tx, key, { kind: 'period_closed', ...facts });
}
