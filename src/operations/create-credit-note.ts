import { decimal, type DecimalText, ZERO } from '../domain/decimal.ts';
import { ERRORS, type ErrorCode } from '../domain/errors/catalogue.ts';
import { type Fault, Failure } from '../domain/errors/failure.ts';
import type { Id } from '../domain/ids.ts';
import { type ComputedNote, type CreditableTax, computeCreditNote } from '../domain/invoicing/credit-note.ts';
import { formatMoney } from '../domain/money.ts';
import {
  type CreditNoteRow,
  insertCreditNote,
  insertCreditNoteLines,
  insertCreditNoteTaxes,
  selectCreditedLines,
  selectCreditedTaxes,
  selectCreditNote,
  takeCreditNoteNumber,
} from '../storage/credit-notes.ts';
import type { Database, Tenant, Transaction } from '../storage/database.ts';
import { selectInvoiceLines } from '../storage/invoice-lines.ts';
import { updateInvoiceSettlement } from '../storage/invoice-settlement.ts';
import { type InvoiceTaxRow, selectInvoiceTaxes } from '../storage/invoice-taxes.ts';
import { type InvoiceRow, selectInvoice } from '../storage/invoices.ts';
import { writeBalanceEntry } from './billing/balance-ledger.ts';
import { type CommandContext, commandOnCustomer } from './billing/due-steps.ts';
import { type CreditNote, getCreditNote } from './get-credit-note.ts';

export interface NewCreditNote {
  /** Of the caller's making: a repeat with the same one finds what the first attempt issued. */
  readonly id: Id<'creditNote'>;
  readonly invoiceId: string;
  /** null: all that is left of the invoice. An `amount` of null: all that is left of the line. */
  readonly lines: readonly { readonly lineId: string; readonly amount: DecimalText | null }[] | null;
  readonly reason: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Issues a credit note for an open or paid invoice: numbered in its own series, it first lowers what is due, the rest
 * becomes the customer's balance (billing rules 7). Throws Failure `not_found`, `invoice_is_draft`, `invoice_is_void`,
 * `nothing_to_credit`, and for lines that cannot be credited so `credit_exceeds_line`, `credit_exceeds_invoice`,
 * `line_not_creditable`, or `invalid_body` for faults of several kinds.
 */
export async function createCreditNote(db: Database, tenant: Tenant, input: NewCreditNote): Promise<CreditNote> {
  const found = await selectInvoice(db, tenant, input.invoiceId);
  if (found === null) throw new Failure('not_found', `No invoice ${input.invoiceId}.`, { param: 'invoice_id' });
  await commandOnCustomer(db, { tenant, customerId: found.customerId }, async (context) => {
    if ((await selectCreditNote(context.tx, tenant, input.id)) === null) await issueNote(context, input);
  });
  return getCreditNote(db, tenant, input.id);
}

async function issueNote(context: CommandContext, input: NewCreditNote): Promise<void> {
  const { tx, billing, customer, now } = context;
  const { tenant } = billing;
  const invoice = await selectInvoice(tx, tenant, input.invoiceId);
  if (invoice === null) throw new Failure('not_found', `No invoice ${input.invoiceId}.`, { param: 'invoice_id' });
  requireFinal(invoice);
  const note = await computedNote(tx, tenant, { invoice, lines: input.lines });
  const { currency } = invoice;
  await updateInvoiceSettlement(
    tx,
    { tenant, id: invoice.id },
    {
      amountCredited: formatMoney(note.invoice.amountCredited, currency),
      amountPaid: invoice.amountPaid,
      amountDue: formatMoney(note.invoice.amountDue, currency),
      status: note.invoice.status,
      paymentStatus: note.invoice.paymentStatus,
      paidAt: note.invoice.status === 'paid' ? (invoice.paidAt ?? now) : null,
    },
  );
  const number = await takeCreditNoteNumber(tx, tenant);
  const row = {
    id: input.id,
    number: `CN-${number.value.toString().padStart(6, '0')}`,
    numberSeq: number.value,
    invoiceId: invoice.id,
    customerId: customer.id,
    currency,
    reason: input.reason,
    metadata: JSON.stringify(input.metadata),
    createdAt: customer.clockFrozenAt === null ? number.lockedAt : now,
  };
  await storeNote(tx, tenant, { row, note });
  await writeBalanceEntry(tx, tenant, {
    customerId: customer.id,
    kind: 'credit_note',
    amount: note.toBalance,
    currency,
    invoiceId: invoice.id,
    creditNoteId: row.id,
    source: `credit_note:${row.id}`,
    at: row.createdAt,
  });
}

function requireFinal(invoice: InvoiceRow): void {
  if (invoice.status === 'draft') {
    throw new Failure('invoice_is_draft', `Invoice ${invoice.id} is a draft.`, { param: 'invoice_id' });
  }
  if (invoice.status === 'void') {
    throw new Failure('invoice_is_void', `Invoice ${invoice.id} is void.`, { param: 'invoice_id' });
  }
}

/** A tax row of the invoice as the domain takes it, with its stored form. */
type TaxOfInvoice = CreditableTax & { readonly row: InvoiceTaxRow };

/** Throws Failure for what cannot be credited. */
async function computedNote(
  tx: Transaction,
  tenant: Tenant,
  asked: { readonly invoice: InvoiceRow; readonly lines: NewCreditNote['lines'] },
): Promise<ComputedNote<TaxOfInvoice>> {
  const { invoice } = asked;
  const lines = await selectInvoiceLines(tx, tenant, [invoice.id]);
  const taxes = await selectInvoiceTaxes(tx, tenant, [invoice.id]);
  const ofLines = new Map(
    (await selectCreditedLines(tx, tenant, invoice.id)).map((each) => [each.lineId, each.amount]),
  );
  const ofTaxes = new Map(
    (await selectCreditedTaxes(tx, tenant, invoice.id)).map((each) => [each.taxRateId, each.amount]),
  );
  const amountOr0 = (text: string | undefined) => (text === undefined ? ZERO : decimal(text));
  const outcome = computeCreditNote(
    {
      currency: invoice.currency,
      subtotal: decimal(invoice.subtotal),
      amountCredited: decimal(invoice.amountCredited),
      amountPaid: decimal(invoice.amountPaid),
      amountDue: decimal(invoice.amountDue),
      lines: lines.map((line) => ({
        id: line.id,
        description: line.description,
        amount: decimal(line.amount),
        credited: amountOr0(ofLines.get(line.id)),
      })),
      taxes: taxes.map((row) => ({
        row,
        taxRateId: row.taxRateId,
        inclusive: row.inclusive,
        amount: decimal(row.amount),
        credited: amountOr0(ofTaxes.get(row.taxRateId)),
      })),
    },
    asked.lines?.map(({ lineId, amount }) => ({ lineId, amount: amount === null ? null : decimal(amount) })) ?? null,
  );
  switch (outcome.kind) {
    case 'note':
      return outcome.note;
    case 'nothing_left':
      throw new Failure('nothing_to_credit', `Nothing is left of invoice ${invoice.id}.`, { param: 'invoice_id' });
    case 'refused':
      throw refusal(outcome.faults);
  }
}

/** With the faults' own code where all have the same one. */
function refusal(faults: readonly Fault[]): Failure {
  const [first] = faults;
  const codes = new Set(faults.map(({ code }) => code));
  const message =
    faults.length === 1 ? (first?.message ?? '') : `${faults.length} faults; the first: ${first?.message}`;
  const code = first !== undefined && codes.size === 1 && isErrorCode(first.code) ? first.code : 'invalid_body';
  return new Failure(code, message, { details: faults });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}

async function storeNote(
  tx: Transaction,
  tenant: Tenant,
  issued: {
    readonly row: Pick<
      CreditNoteRow,
      'id' | 'number' | 'numberSeq' | 'invoiceId' | 'customerId' | 'currency' | 'reason' | 'metadata' | 'createdAt'
    >;
    readonly note: ComputedNote<TaxOfInvoice>;
  },
): Promise<void> {
  const { row, note } = issued;
  const text = (amount: ComputedNote<TaxOfInvoice>['total']) => formatMoney(amount, row.currency);
  await insertCreditNote(tx, tenant, {
    ...row,
    subtotal: text(note.subtotal),
    taxTotal: text(note.taxTotal),
    total: text(note.total),
    amountApplied: text(note.appliedToInvoice),
    amountToBalance: text(note.toBalance),
  });
  const lines = note.lines.map(({ lineId, description, amount }, position) => ({
    creditNoteId: row.id,
    position,
    invoiceLineId: lineId,
    description,
    amount: text(amount),
  }));
  await insertCreditNoteLines(tx, tenant, lines);
  const taxes = note.taxes.map(({ tax, taxable, amount }, position) => ({
    creditNoteId: row.id,
    position,
    taxRateId: tax.taxRateId,
    name: tax.row.name,
    percentage: tax.row.percentage,
    inclusive: tax.inclusive,
    taxable: text(taxable),
    amount: text(amount),
  }));
  await insertCreditNoteTaxes(tx, tenant, taxes);
}
