import { type Decimal, decimal, isNegative, isPositive } from '../../domain/decimal.ts';
import { Failure } from '../../domain/errors/failure.ts';
import type { Instant } from '../../domain/instant.ts';
import { formatMoney } from '../../domain/money.ts';
import { newId } from '../../platform/new-id.ts';
import { type BalanceEntryKind, insertBalanceEntry, selectBalance } from '../../storage/customer-balance.ts';
import type { Queryable, Tenant, Transaction } from '../../storage/database.ts';
import type { InvoiceRow } from '../../storage/invoices.ts';

/** What the customer has to its credit, in its currency. Throws Failure `not_found`. */
export async function selectCustomerBalance(db: Queryable, tenant: Tenant, customerId: string): Promise<Decimal> {
  const balance = await selectBalance(db, tenant, customerId);
  if (balance === null) throw new Failure('not_found', `No customer ${customerId}.`);
  return decimal(balance);
}

/** A change of a customer's balance: `amount` is signed and rounded; one of zero is none. */
export interface BalanceEntry {
  readonly customerId: string;
  readonly kind: BalanceEntryKind;
  readonly amount: Decimal;
  readonly currency: string;
  readonly invoiceId: string | null;
  readonly creditNoteId: string | null;
  /** Names the step that writes it; written once for a customer. */
  readonly source: string;
  readonly at: Instant;
}

/** Writes the entry once and keeps `customers.balance` with it. The caller holds the customer's row lock. */
export async function writeBalanceEntry(tx: Transaction, tenant: Tenant, entry: BalanceEntry): Promise<void> {
  const { amount, at, ...rest } = entry;
  if (amount.isZero()) return;
  await insertBalanceEntry(tx, tenant, {
    ...rest,
    id: newId('balanceEntry'),
    amount: formatMoney(amount, entry.currency),
    createdAt: at,
  });
}

type SettledInvoice = Pick<InvoiceRow, 'id' | 'customerId' | 'currency'> & { readonly at: Instant };

/**
 * Carries out what `settle` said of an invoice that is finalized now: what the balance paid of it, or what the invoice
 * adds to the balance (billing rules 7).
 */
export async function writeSettlement(
  tx: Transaction,
  tenant: Tenant,
  invoice: SettledInvoice & { readonly balanceChange: Decimal },
): Promise<void> {
  await writeBalanceEntry(tx, tenant, {
    ...entryOf(invoice),
    kind: isNegative(invoice.balanceChange) ? 'applied' : 'negative_invoice',
    amount: invoice.balanceChange,
    source: `invoice:${invoice.id}`,
  });
}

/**
 * Undoes the settlement of an invoice that is voided now: what the balance paid goes back to it, what the invoice added
 * is taken out of it. Throws Failure `balance_used` if the customer no longer has that (billing rules 7).
 */
export async function undoSettlement(
  tx: Transaction,
  tenant: Tenant,
  invoice: SettledInvoice & Pick<InvoiceRow, 'total' | 'balanceApplied'>,
): Promise<void> {
  const total = decimal(invoice.total);
  const applied = decimal(invoice.balanceApplied);
  const change = isNegative(total) ? total : applied;
  if (isNegative(change)) {
    const balance = await selectCustomerBalance(tx, tenant, invoice.customerId);
    if (isNegative(balance.plus(change))) {
      const left = `${formatMoney(balance, invoice.currency)} ${invoice.currency}`;
      throw new Failure('balance_used', `Of what invoice ${invoice.id} gave, the customer's balance holds ${left}.`);
    }
  }
  await writeBalanceEntry(tx, tenant, {
    ...entryOf(invoice),
    kind: isPositive(change) ? 'returned' : 'taken_back',
    amount: change,
    source: `void:${invoice.id}`,
  });
}

function entryOf(invoice: SettledInvoice) {
  const { customerId, currency, at } = invoice;
  return { customerId, currency, at, invoiceId: invoice.id, creditNoteId: null };
}
