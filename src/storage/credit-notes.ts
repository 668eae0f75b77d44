import type { Instant } from '../domain/instant.ts';
import { type Queryable, type Tenant, type Transaction, timestamptz } from './database.ts';
import { type KeysetPage, keysetStart } from './keyset.ts';
import { fragment, sql } from './sql.ts';

/** A credit note without its lines and taxes; amounts are exact decimal text in the currency's decimals. */
export interface CreditNoteRow {
  readonly id: string;
  readonly number: string;
  readonly numberSeq: bigint;
  readonly invoiceId: string;
  readonly customerId: string;
  /** As answers give the customer. */
  readonly customerExternalId: string;
  readonly currency: string;
  readonly reason: string | null;
  readonly subtotal: string;
  readonly taxTotal: string;
  readonly total: string;
  /** What lowered the invoice's amount due; `amountToBalance` is the rest. */
  readonly amountApplied: string;
  readonly amountToBalance: string;
  /** JSON text. */
  readonly metadata: string;
  readonly createdAt: Instant;
}

export interface CreditNoteLineRow {
  readonly creditNoteId: string;
  readonly position: number;
  readonly invoiceLineId: string;
  readonly description: string;
  readonly amount: string;
}

export interface CreditNoteTaxRow {
  readonly creditNoteId: string;
  readonly position: number;
  readonly taxRateId: string;
  readonly name: string;
  readonly percentage: string;
  readonly inclusive: boolean;
  readonly taxable: string;
  readonly amount: string;
}

const COLUMNS = fragment`
  n.id, n.number, n.number_seq as "numberSeq", n.invoice_id as "invoiceId", n.customer_id as "customerId", n.currency,
  n.reason, n.subtotal, n.tax_total as "taxTotal", n.total, n.amount_applied as "amountApplied",
  n.amount_to_balance as "amountToBalance", n.metadata, n.created_at as "createdAt",
  (select c.external_id from customers c
    where c.account_id = n.account_id and c.livemode = n.livemode and c.id = n.customer_id) as "customerExternalId"`;

/**
 * The next number of the account and mode, and the database's clock after the counter was locked, so that notes ascend
 * in time with their numbers. Locked last in the transaction: a rollback gives it back.
 */
export async function takeCreditNoteNumber(
  tx: Transaction,
  tenant: Tenant,
): Promise<{ readonly value: bigint; readonly lockedAt: Instant }> {
  const [counter] = await tx.query<{ value: bigint }>(sql`
    insert into credit_note_counters (account_id, livemode, last_number)
    values (${tenant.accountId}, ${tenant.livemode}, 1)
    on conflict (account_id, livemode) do update set last_number = credit_note_counters.last_number + 1
    returning last_number as value`);
  const [clock] = await tx.query<{ now: Instant }>(sql`select clock_timestamp() as now`);
  if (counter === undefined || clock === undefined) throw new Error('the counter of credit notes gave no number');
  return { value: counter.value, lockedAt: clock.now };
}

export async function insertCreditNote(
  tx: Transaction,
  tenant: Tenant,
  row: Omit<CreditNoteRow, 'customerExternalId'>,
): Promise<void> {
  await tx.query(sql`
    insert into credit_notes (account_id, livemode, id, number, number_seq, invoice_id, customer_id, currency, reason,
      subtotal, tax_total, total, amount_applied, amount_to_balance, metadata, created_at)
    values (${tenant.accountId}, ${tenant.livemode}, ${row.id}, ${row.number}, ${row.numberSeq}, ${row.invoiceId},
      ${row.customerId}, ${row.currency}, ${row.reason}, ${row.subtotal}, ${row.taxTotal}, ${row.total},
      ${row.amountApplied}, ${row.amountToBalance}, ${row.metadata}, ${timestamptz(row.createdAt)})`);
}

export async function insertCreditNoteLines(
  tx: Transaction,
  tenant: Tenant,
  rows: readonly CreditNoteLineRow[],
): Promise<void> {
  await tx.query(sql`
    insert into credit_note_lines (account_id, livemode, credit_note_id, position, invoice_line_id, description, amount)
    select ${tenant.accountId}, ${tenant.livemode}, l.*
    from unnest(${rows.map((row) => row.creditNoteId)}::text[], ${rows.map((row) => row.position)}::int[],
      ${rows.map((row) => row.invoiceLineId)}::text[], ${rows.map((row) => row.description)}::text[],
      ${rows.map((row) => row.amount)}::numeric[]) as l`);
}

export async function insertCreditNoteTaxes(
  tx: Transaction,
  tenant: Tenant,
  rows: readonly CreditNoteTaxRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(sql`
    insert into credit_note_taxes (account_id, livemode, credit_note_id, position, tax_rate_id, name, percentage,
      inclusive, taxable, amount)
    select ${tenant.accountId}, ${tenant.livemode}, t.*
    from unnest(${rows.map((row) => row.creditNoteId)}::text[], ${rows.map((row) => row.position)}::int[],
      ${rows.map((row) => row.taxRateId)}::text[], ${rows.map((row) => row.name)}::text[],
      ${rows.map((row) => row.percentage)}::numeric[], ${rows.map((row) => row.inclusive)}::boolean[],
      ${rows.map((row) => row.taxable)}::numeric[], ${rows.map((row) => row.amount)}::numeric[]) as t`);
}

export async function selectCreditNote(db: Queryable, tenant: Tenant, id: string): Promise<CreditNoteRow | null> {
  const [row] = await db.query<CreditNoteRow>(sql`
    select ${COLUMNS} from credit_notes n
    where n.account_id = ${tenant.accountId} and n.livemode = ${tenant.livemode} and n.id = ${id}`);
  return row ?? null;
}

/** Whether any note was issued for the invoice. Index credit_notes_invoice. */
export async function existsCreditNote(db: Queryable, tenant: Tenant, invoiceId: string): Promise<boolean> {
  const rows = await db.query(sql`
    select from credit_notes n
    where n.account_id = ${tenant.accountId} and n.livemode = ${tenant.livemode} and n.invoice_id = ${invoiceId}
    limit 1`);
  return rows.length > 0;
}

export interface CreditNotePage extends KeysetPage {
  readonly customerId: string | null;
  readonly invoiceId: string | null;
}

export async function selectCreditNotePage(
  db: Queryable,
  tenant: Tenant,
  page: CreditNotePage,
): Promise<CreditNoteRow[]> {
  const start = keysetStart(page);
  return db.query<CreditNoteRow>(sql`
    select ${COLUMNS} from credit_notes n
    where n.account_id = ${tenant.accountId} and n.livemode = ${tenant.livemode}
      and (${page.customerId}::text is null or n.customer_id = ${page.customerId})
      and (${page.invoiceId}::text is null or n.invoice_id = ${page.invoiceId})
      and (n.created_at, n.id) < (${start.createdAt}::timestamptz, ${start.id})
    order by n.created_at desc, n.id desc
    limit ${page.limit}`);
}

/** Lines of several notes, in their order, by the primary key. */
export async function selectCreditNoteLines(
  db: Queryable,
  tenant: Tenant,
  noteIds: readonly string[],
): Promise<CreditNoteLineRow[]> {
  return db.query<CreditNoteLineRow>(sql`
    select credit_note_id as "creditNoteId", position, invoice_line_id as "invoiceLineId", description, amount
    from credit_note_lines
    where account_id = ${tenant.accountId} and livemode = ${tenant.livemode} and credit_note_id = any(${[...noteIds]})
    order by credit_note_id, position`);
}

/** Taxes of several notes, in their order, by the primary key. */
export async function selectCreditNoteTaxes(
  db: Queryable,
  tenant: Tenant,
  noteIds: readonly string[],
): Promise<CreditNoteTaxRow[]> {
  return db.query<CreditNoteTaxRow>(sql`
    select credit_note_id as "creditNoteId", position, tax_rate_id as "taxRateId", name, percentage, inclusive, taxable,
      amount
    from credit_note_taxes
    where account_id = ${tenant.accountId} and livemode = ${tenant.livemode} and credit_note_id = any(${[...noteIds]})
    order by credit_note_id, position`);
}

/** What the notes of an invoice took back so far of each of its lines. */
export async function selectCreditedLines(
  db: Queryable,
  tenant: Tenant,
  invoiceId: string,
): Promise<{ lineId: string; amount: string }[]> {
  return db.query<{ lineId: string; amount: string }>(sql`
    select l.invoice_line_id as "lineId", sum(l.amount) as amount
    from credit_notes n
    join credit_note_lines l on l.account_id = n.account_id and l.livemode = n.livemode and l.credit_note_id = n.id
    where n.account_id = ${tenant.accountId} and n.livemode = ${tenant.livemode} and n.invoice_id = ${invoiceId}
    group by l.invoice_line_id`);
}

/** What the notes of an invoice took back so far of each of its taxes. */
export async function selectCreditedTaxes(
  db: Queryable,
  tenant: Tenant,
  invoiceId: string,
): Promise<{ taxRateId: string; amount: string }[]> {
  return db.query<{ taxRateId: string; amount: string }>(sql`
    select t.tax_rate_id as "taxRateId", sum(t.amount) as amount
    from credit_notes n
    join credit_note_taxes t on t.account_id = n.account_id and t.livemode = n.livemode and t.credit_note_id = n.id
    where n.account_id = ${tenant.accountId} and n.livemode = ${tenant.livemode} and n.invoice_id = ${invoiceId}
    group by t.tax_rate_id`);
}
