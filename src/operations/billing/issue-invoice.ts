import { addDays24h, type Instant } from '../../domain/instant.ts';
import { decimal, isPositive } from '../../domain/decimal.ts';
import type { Transaction } from '../../storage/database.ts';
import { deleteInvoiceLines, insertInvoiceLines } from '../../storage/invoice-lines.ts';
import {
  markInvoiceFinalized,
  type NewInvoice,
  takeInvoiceNumber,
  updateDraftAmounts,
} from '../../storage/invoices.ts';
import { markPeriodClosed, type PeriodRow } from '../../storage/periods.ts';
import { lapseGrants, writeDraws } from './credit-ledger.ts';
import type { CustomerBilling } from './customer-billing.ts';
import { amountsOf, lineRows } from './invoice-content.ts';
import type { RatedTask } from './rate-period.ts';

/** A draft row in the database and the rating that becomes its content. */
export interface Issue {
  readonly billing: CustomerBilling;
  readonly draft: NewInvoice;
  readonly period: PeriodRow;
  readonly task: RatedTask;
  readonly cutoff: { readonly seq: bigint; readonly at: Instant };
  /** The instant of the step or command. */
  readonly asOf: Instant;
  readonly stampedAt: Instant;
}

/**
 * Freezes a draft: its lines, what it draws from credit grants, its gapless number; a closing invoice closes its
 * period. The counter row is locked last. An invoice with nothing due is paid at once (billing rules 7).
 */
export async function issueInvoice(tx: Transaction, issue: Issue): Promise<void> {
  const { billing, draft, period, task } = issue;
  const { tenant, customer } = billing;
  const key = { tenant, id: draft.id };
  const amounts = amountsOf(task.rated, draft.currency);
  const lines = lineRows(task.rated, { id: draft.id, currency: draft.currency, period, endAt: draft.periodEnd });
  await deleteInvoiceLines(tx, tenant, draft.id);
  await insertInvoiceLines(tx, tenant, lines);
  await updateDraftAmounts(tx, key, amounts);
  await writeDraws(tx, tenant, {
    id: draft.id,
    subscriptionId: draft.subscriptionId,
    periodNumber: draft.periodNumber,
    draws: task.rated.draws,
    previousDraws: task.previousDraws,
    lines,
    at: issue.stampedAt,
  });
  if (draft.kind === 'closing') {
    const periodKey = { tenant, subscriptionId: draft.subscriptionId, number: draft.periodNumber };
    await markPeriodClosed(tx, periodKey, issue.stampedAt);
    await lapseGrants(tx, tenant, { customerId: customer.id, asOf: issue.asOf, at: issue.stampedAt });
  }
  const number = await takeInvoiceNumber(tx, tenant);
  const finalizedAt = customer.clockFrozenAt === null ? number.lockedAt : issue.stampedAt;
  await markInvoiceFinalized(tx, key, {
    number: `${customer.invoicePrefix}-${number.value.toString().padStart(6, '0')}`,
    finalizedAt,
    dueAt: addDays24h(finalizedAt, customer.netDays),
    usageCutoffSeq: issue.cutoff.seq,
    usageCutoffAt: issue.cutoff.at,
    settled: !isPositive(decimal(amounts.total)),
  });
}
