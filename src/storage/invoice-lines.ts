import type { Instant } from '../domain/instant.ts';
import type { LineKind } from '../domain/rating/model.ts';
import { type Queryable, type Tenant, type Transaction, timestamptz } from './database.ts';
import { fragment, sql } from './sql.ts';

/** One line; quantities and amounts are exact decimal text. */
export interface InvoiceLineRow {
  readonly id: string;
  readonly invoiceId: string;
  readonly position: number;
  readonly chargeId: string | null;
  readonly kind: LineKind;
  readonly description: string;
  readonly eventName: string | null;
  readonly pricingModel: string | null;
  /** The period that the line bills. */
  readonly periodNumber: number;
  readonly periodStart: Instant;
  readonly periodEnd: Instant;
  readonly eventCount: bigint | null;
  readonly quantity: string | null;
  readonly usageQuantity: string | null;
  readonly creditedQuantity: string | null;
  readonly billableQuantity: string | null;
  readonly amountUnrounded: string;
  readonly amount: string;
  readonly previouslyBilled: string;
  /** JSON text: the tiers entered, as the API shows them. */
  readonly tiers: string;
}

const COLUMNS = fragment`
  id, invoice_id as "invoiceId", position, charge_id as "chargeId", kind, description, event_name as "eventName",
      pricing_model as "pricingModel", period_number as "periodNumber", period_start as "periodStart", period_end as "periodEnd",
      event_count as "eventCount", quantity, usage_quantity as "usageQuantity", credited_quantity as "creditedQuantity",
      billable_quantity as "billableQuantity", amount_unrounded as "amountUnrounded", amount,
      previously_billed as "previouslyBilled", tiers`;

export async function insertInvoiceLines(
  tx: Transaction,
  tenant: Tenant,
  rows: readonly InvoiceLineRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(sql`
    insert into invoice_lines (account_id, livemode, id, invoice_id, position, charge_id, kind, description, event_name,
      pricing_model, period_number, period_start, period_end, event_count, quantity, usage_quantity, credited_quantity,
      billable_quantity, amount_unrounded, amount, previously_billed, tiers)
    select ${tenant.accountId}, ${tenant.livemode}, l.*
    from unnest(${rows.map((row) => row.id)}::text[], ${rows.map((row) => row.invoiceId)}::text[],
      ${rows.map((row) => row.position)}::int[], ${rows.map((row) => row.chargeId)}::text[],
      ${rows.map((row) => row.kind)}::text[], ${rows.map((row) => row.description)}::text[],
      ${rows.map((row) => row.eventName)}::text[], ${rows.map((row) => row.pricingModel)}::text[],
      ${rows.map((row) => row.periodNumber)}::int[], ${rows.map((row) => timestamptz(row.periodStart))}::timestamptz[],
      ${rows.map((row) => timestamptz(row.periodEnd))}::timestamptz[], ${rows.map((row) => row.eventCount)}::bigint[],
      ${rows.map((row) => row.quantity)}::numeric[], ${rows.map((row) => row.usageQuantity)}::numeric[],
      ${rows.map((row) => row.creditedQuantity)}::numeric[], ${rows.map((row) => row.billableQuantity)}::numeric[],
      ${rows.map((row) => row.amountUnrounded)}::numeric[], ${rows.map((row) => row.amount)}::numeric[],
      ${rows.map((row) => row.previouslyBilled)}::numeric[], ${rows.map((row) => row.tiers)}::jsonb[]) as l`);
}

/** Lines of several invoices, in their order, by the primary key. */
export async function selectInvoiceLines(
  db: Queryable,
  tenant: Tenant,
  invoiceIds: readonly string[],
): Promise<InvoiceLineRow[]> {
  return db.query<InvoiceLineRow>(sql`
    select ${COLUMNS}
    from invoice_lines
    where account_id = ${tenant.accountId} and livemode = ${tenant.livemode} and invoice_id = any(${[...invoiceIds]})
    order by invoice_id, position`);
}

/** By its id, which is unique in its tenant. */
export async function selectInvoiceLine(db: Queryable, tenant: Tenant, id: string): Promise<InvoiceLineRow | null> {
  const rows = await db.query<InvoiceLineRow>(sql`
    select ${COLUMNS} from invoice_lines
    where account_id = ${tenant.accountId} and livemode = ${tenant.livemode} and id = ${id}`);
  return rows[0] ?? null;
}
