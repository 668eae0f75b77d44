import type { DecimalText } from '../domain/decimal.ts';
import type { Queryable, Tenant, Transaction } from './database.ts';
import { sql } from './sql.ts';

/** What one rate takes of one invoice, with the terms that it had; amounts are exact decimal text. */
export interface InvoiceTaxRow {
  readonly invoiceId: string;
  readonly position: number;
  readonly taxRateId: string;
  readonly name: string;
  readonly percentage: DecimalText;
  readonly inclusive: boolean;
  readonly taxable: string;
  readonly amount: string;
}

/** Only for drafts: the taxes of a finalized invoice are frozen by a trigger. */
export async function insertInvoiceTaxes(
  tx: Transaction,
  tenant: Tenant,
  rows: readonly InvoiceTaxRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(sql`
    insert into invoice_taxes (account_id, livemode, invoice_id, position, tax_rate_id, name, percentage, inclusive,
      taxable, amount)
    select ${tenant.accountId}, ${tenant.livemode}, t.*
    from unnest(${rows.map((row) => row.invoiceId)}::text[], ${rows.map((row) => row.position)}::int[],
      ${rows.map((row) => row.taxRateId)}::text[], ${rows.map((row) => row.name)}::text[],
      ${rows.map((row) => row.percentage)}::numeric[], ${rows.map((row) => row.inclusive)}::boolean[],
      ${rows.map((row) => row.taxable)}::numeric[], ${rows.map((row) => row.amount)}::numeric[]) as t`);
}

/** Taxes of several invoices, in their order, by the primary key. */
export async function selectInvoiceTaxes(
  db: Queryable,
  tenant: Tenant,
  invoiceIds: readonly string[],
): Promise<InvoiceTaxRow[]> {
  return db.query<InvoiceTaxRow>(sql`
    select invoice_id as "invoiceId", position, tax_rate_id as "taxRateId", name, percentage, inclusive, taxable, amount
    from invoice_taxes
    where account_id = ${tenant.accountId} and livemode = ${tenant.livemode} and invoice_id = any(${[...invoiceIds]})
    order by invoice_id, position`);
}
