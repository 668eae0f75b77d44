import type { InvoiceKind } from '../domain/invoicing/basis.ts';
import type { Instant } from '../domain/instant.ts';
import { type Queryable, type Tenant, type Transaction, timestamptz } from './database.ts';
import { type KeysetPage, keysetStart } from './keyset.ts';
import { fragment, sql } from './sql.ts';

export type InvoiceStatus = 'draft' | 'open' | 'paid' | 'void';
export type BillingReason =
  | 'subscription_start'
  | 'period_end'
  | 'manual'
  | 'cancel'
  | 'pause'
  | 'plan_change'
  | 'late_usage';

/** One invoice without its lines; amounts are exact decimal text. */
export interface InvoiceRow {
  readonly id: string;
  readonly customerId: string;
  /** As answers give the customer. */
  readonly customerExternalId: string;
  readonly subscriptionId: string;
  readonly periodNumber: number;
  readonly kind: InvoiceKind;
  readonly sequence: number;
  readonly billingReason: BillingReason;
  readonly triggerId: string | null;
  readonly status: InvoiceStatus;
  readonly paymentStatus: 'unpaid' | 'partially_paid' | 'paid' | 'not_required';
  readonly number: string | null;
  /** The counter's value behind the number: the order in which invoices became final. */
  readonly numberSeq: bigint | null;
  readonly currency: string;
  readonly planId: string;
  readonly planVersion: number;
  readonly periodStart: Instant;
  readonly periodEnd: Instant;
  readonly usageCutoffSeq: bigint | null;
  readonly usageCutoffAt: Instant | null;
  readonly finalizeAt: Instant;
  readonly subtotal: string;
  readonly taxTotal: string;
  readonly total: string;
  readonly balanceApplied: string;
  readonly amountCredited: string;
  readonly amountPaid: string;
  readonly amountDue: string;
  /** JSON text. */
  readonly issues: string;
  readonly finalizedAt: Instant | null;
  readonly dueAt: Instant | null;
  readonly paidAt: Instant | null;
  readonly voidedAt: Instant | null;
  readonly voidReason: string | null;
  /** Void, and no other invoice bills its content: it counts as settled. */
  readonly waived: boolean;
  /** The counter's value when it was voided. */
  readonly voidedAfter: bigint | null;
  /** Events that it counts for periods closed before, as an int8multirange; null: none. */
  readonly lateSeqs: string | null;
  /** JSON texts: who it is to and from, as they were called when it became final. */
  readonly customerDetails: string | null;
  readonly sellerDetails: string | null;
  readonly replaces: string | null;
  readonly replacedBy: string | null;
  readonly metadata: string;
  readonly createdAt: Instant;
}

const COLUMNS = fragment`
  i.id, i.customer_id as "customerId", i.subscription_id as "subscriptionId", i.period_number as "periodNumber", i.kind,
  i.sequence, i.billing_reason as "billingReason", i.trigger_id as "triggerId", i.status,
  i.payment_status as "paymentStatus", i.number, i.number_seq as "numberSeq", i.currency, i.plan_id as "planId", i.plan_version as "planVersion",
  i.period_start as "periodStart", i.period_end as "periodEnd", i.usage_cutoff_seq as "usageCutoffSeq",
  i.usage_cutoff_at as "usageCutoffAt", i.finalize_at as "finalizeAt", i.subtotal, i.tax_total as "taxTotal", i.total,
  i.balance_applied as "balanceApplied", i.amount_credited as "amountCredited", i.amount_paid as "amountPaid",
  i.amount_due as "amountDue", i.issues, i.finalized_at as "finalizedAt", i.due_at as "dueAt", i.paid_at as "paidAt",
  i.voided_at as "voidedAt", i.void_reason as "voidReason", i.waived,
  i.voided_after as "voidedAfter", i.late_seqs::text as "lateSeqs", i.customer_details as "customerDetails",
  i.seller_details as "sellerDetails", i.replaces, i.replaced_by as "replacedBy", i.metadata,
  i.created_at as "createdAt",
  (select c.external_id from customers c
    where c.account_id = i.account_id and c.livemode = i.livemode and c.id = i.customer_id) as "customerExternalId"`;

export type NewInvoice = Omit<InvoiceRow, 'customerExternalId'>;

export async function insertInvoice(tx: Transaction, tenant: Tenant, row: NewInvoice): Promise<void> {
  await tx.query(sql`
    insert into invoices (account_id, livemode, id, customer_id, subscription_id, period_number, kind, sequence,
      billing_reason, trigger_id, status, payment_status, currency, plan_id, plan_version, period_start, period_end,
      finalize_at, subtotal, tax_total, total, balance_applied, amount_credited, amount_paid, amount_due, issues, replaces, created_at)
    values (${tenant.accountId}, ${tenant.livemode}, ${row.id}, ${row.customerId}, ${row.subscriptionId},
      ${row.periodNumber}, ${row.kind}, ${row.sequence}, ${row.billingReason}, ${row.triggerId}, ${row.status},
      ${row.paymentStatus}, ${row.currency}, ${row.planId}, ${row.planVersion}, ${timestamptz(row.periodStart)},
      ${timestamptz(row.periodEnd)}, ${timestamptz(row.finalizeAt)}, ${row.subtotal}, ${row.taxTotal}, ${row.total}, ${row.balanceApplied},
      ${row.amountCredited}, ${row.amountPaid}, ${row.amountDue}, ${row.issues}, ${row.replaces}, ${timestamptz(row.createdAt)})`);
}

export async function selectInvoice(db: Queryable, tenant: Tenant, id: string): Promise<InvoiceRow | null> {
  const rows = await db.query<InvoiceRow>(sql`
    select ${COLUMNS} from invoices i
    where i.account_id = ${tenant.accountId} and i.livemode = ${tenant.livemode} and i.id = ${id}`);
  return rows[0] ?? null;
}

/** What an invoice was computed from, as JSON text (`BasisJson`); null for one that was final before that was recorded. */
export async function selectInvoiceBasis(db: Queryable, tenant: Tenant, id: string): Promise<string | null> {
  const [row] = await db.query<{ basis: string | null }>(sql`
    select i.basis from invoices i
    where i.account_id = ${tenant.accountId} and i.livemode = ${tenant.livemode} and i.id = ${id}`);
  return row?.basis ?? null;
}

export async function selectInvoiceByTrigger(
  db: Queryable,
  key: { readonly tenant: Tenant; readonly subscriptionId: string; readonly triggerId: string },
): Promise<InvoiceRow | null> {
  const rows = await db.query<InvoiceRow>(sql`
    select ${COLUMNS} from invoices i
    where i.account_id = ${key.tenant.accountId} and i.livemode = ${key.tenant.livemode}
      and i.subscription_id = ${key.subscriptionId} and i.trigger_id = ${key.triggerId}`);
  return rows[0] ?? null;
}

/** All invoices of one period, void ones included, in the order they were made. */
export async function selectPeriodInvoices(
  db: Queryable,
  key: { readonly tenant: Tenant; readonly subscriptionId: string; readonly number: number },
): Promise<InvoiceRow[]> {
  return db.query<InvoiceRow>(sql`
    select ${COLUMNS} from invoices i
    where i.account_id = ${key.tenant.accountId} and i.livemode = ${key.tenant.livemode}
      and i.subscription_id = ${key.subscriptionId} and i.period_number = ${key.number}
    order by i.created_at, i.id`);
}

/**
 * Of each subscription of a customer its drafts that are not closing ones, and the two earliest closing ones: the next
 * to be finalized, and the one that waits for it. However many wait, by the index invoices_drafts.
 */
export async function selectNextDrafts(db: Queryable, tenant: Tenant, customerId: string): Promise<InvoiceRow[]> {
  return db.query<InvoiceRow>(sql`
    select ${COLUMNS} from subscriptions s
    cross join lateral (
      (select d.* from invoices d
        where d.account_id = s.account_id and d.livemode = s.livemode and d.subscription_id = s.id and d.status = 'draft'
          and d.kind = 'closing'
        order by d.period_number limit 2)
      union all
      (select d.* from invoices d
        where d.account_id = s.account_id and d.livemode = s.livemode and d.subscription_id = s.id and d.status = 'draft'
          and d.kind <> 'closing')
    ) i
    where s.account_id = ${tenant.accountId} and s.livemode = ${tenant.livemode} and s.customer_id = ${customerId}
    order by i.subscription_id, i.period_number`);
}

export interface InvoicePage extends KeysetPage {
  readonly customerId: string | null;
  readonly subscriptionId: string | null;
  readonly status: string | null;
  /** Half-open on period_end. */
  readonly from: Instant | null;
  readonly to: Instant | null;
}

export async function selectInvoicePage(db: Queryable, tenant: Tenant, page: InvoicePage): Promise<InvoiceRow[]> {
  const start = keysetStart(page);
  return db.query<InvoiceRow>(sql`
    select ${COLUMNS} from invoices i
    where i.account_id = ${tenant.accountId} and i.livemode = ${tenant.livemode}
      and (${page.customerId}::text is null or i.customer_id = ${page.customerId})
      and (${page.subscriptionId}::text is null or i.subscription_id = ${page.subscriptionId})
      and (${page.status}::text is null or i.status = ${page.status})
      and (${timestamptz(page.from)}::timestamptz is null or i.period_end >= ${timestamptz(page.from)})
      and (${timestamptz(page.to)}::timestamptz is null or i.period_end < ${timestamptz(page.to)})
      and (i.created_at, i.id) < (${start.createdAt}::timestamptz, ${start.id})
    order by i.created_at desc, i.id desc
    limit ${page.limit}`);
}

/** The newest invoice of a subscription, for its operator's view. */
export async function selectLastInvoice(
  db: Queryable,
  tenant: Tenant,
  subscriptionId: string,
): Promise<Pick<InvoiceRow, 'id' | 'number' | 'total' | 'currency'> | null> {
  const rows = await db.query<Pick<InvoiceRow, 'id' | 'number' | 'total' | 'currency'>>(sql`
    select i.id, i.number, i.total, i.currency from invoices i
    where i.account_id = ${tenant.accountId} and i.livemode = ${tenant.livemode} and i.subscription_id = ${subscriptionId}
      and i.status <> 'void'
    order by i.period_number desc, i.created_at desc, i.id desc
    limit 1`);
  return rows[0] ?? null;
}
