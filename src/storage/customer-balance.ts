import type { Instant } from '../domain/instant.ts';
import { type Queryable, type Tenant, type Transaction, timestamptz } from './database.ts';
import { fragment, sql } from './sql.ts';

export type BalanceEntryKind = 'negative_invoice' | 'applied' | 'returned' | 'taken_back' | 'credit_note';

/** One change of a customer's money balance; `amount` is signed exact decimal text in the currency's decimals. */
export interface NewBalanceEntry {
  readonly id: string;
  readonly customerId: string;
  readonly kind: BalanceEntryKind;
  readonly amount: string;
  readonly currency: string;
  readonly invoiceId: string | null;
  readonly creditNoteId: string | null;
  /** Unique with the customer: a repeated step finds its entry instead of writing a second one. */
  readonly source: string;
  readonly createdAt: Instant;
}

export interface BalanceEntryRow extends NewBalanceEntry {
  /** Ascends in the order in which a customer's entries were written. */
  readonly seq: bigint;
  readonly balanceAfter: string;
}

const COLUMNS = fragment`
  e.id, e.seq, e.customer_id as "customerId", e.kind, e.amount, e.balance_after as "balanceAfter", e.currency,
  e.invoice_id as "invoiceId", e.credit_note_id as "creditNoteId", e.source, e.created_at as "createdAt"`;

/** What the customer has to its credit, as exact decimal text; null without such a customer. */
export async function selectBalance(db: Queryable, tenant: Tenant, customerId: string): Promise<string | null> {
  const [row] = await db.query<{ balance: string }>(sql`
    select c.balance from customers c
    where c.account_id = ${tenant.accountId} and c.livemode = ${tenant.livemode} and c.id = ${customerId}`);
  return row?.balance ?? null;
}

/**
 * Appends the entry and moves the customer's balance, in one statement, unless its source is written already. The caller
 * holds the customer's row lock; the check on the balance refuses a negative one.
 */
export async function insertBalanceEntry(tx: Transaction, tenant: Tenant, entry: NewBalanceEntry): Promise<void> {
  await tx.query(sql`
    with written as (
      insert into customer_balance_entries (account_id, livemode, id, customer_id, kind, amount, balance_after,
        currency, invoice_id, credit_note_id, source, created_at)
      select c.account_id, c.livemode, ${entry.id}, c.id, ${entry.kind}, ${entry.amount}::numeric,
        c.balance + ${entry.amount}::numeric, ${entry.currency}, ${entry.invoiceId}, ${entry.creditNoteId},
        ${entry.source}, ${timestamptz(entry.createdAt)}
      from customers c
      where c.account_id = ${tenant.accountId} and c.livemode = ${tenant.livemode} and c.id = ${entry.customerId}
      on conflict (account_id, livemode, customer_id, source) do nothing
      returning account_id, livemode, customer_id, balance_after
    )
    update customers c set balance = written.balance_after from written
    where c.account_id = written.account_id and c.livemode = written.livemode and c.id = written.customer_id`);
}

/** A customer's entries, newest first, below `before` where it is given. Index customer_balance_entries_list. */
export async function selectBalanceEntries(
  db: Queryable,
  tenant: Tenant,
  page: { readonly customerId: string; readonly before: bigint | null; readonly limit: number },
): Promise<BalanceEntryRow[]> {
  const before = page.before ?? LAST_SEQ;
  return db.query<BalanceEntryRow>(sql`
    select ${COLUMNS} from customer_balance_entries e
    where e.account_id = ${tenant.accountId} and e.livemode = ${tenant.livemode}
      and e.customer_id = ${page.customerId} and e.seq < ${before}
    order by e.seq desc
    limit ${page.limit}`);
}

/** The entry that an invoice wrote when it became final; null where balance and invoice left each other alone. */
export async function selectIssuedBalanceEntry(
  db: Queryable,
  tenant: Tenant,
  invoice: { readonly id: string; readonly customerId: string },
): Promise<BalanceEntryRow | null> {
  const rows = await db.query<BalanceEntryRow>(sql`
    select ${COLUMNS} from customer_balance_entries e
    where e.account_id = ${tenant.accountId} and e.livemode = ${tenant.livemode}
      and e.customer_id = ${invoice.customerId} and e.source = ${`invoice:${invoice.id}`}`);
  return rows[0] ?? null;
}

/** The first page starts here, so every page is one range of the same index. */
const LAST_SEQ = 2n ** 63n - 1n;
