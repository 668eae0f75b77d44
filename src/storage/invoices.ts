import type { Instant } from '../domain/instant.ts';
import { type Queryable, type Tenant, type Transaction, timestamptz } from './database.ts';
import { type KeysetPage, keysetStart } from './keyset.ts';
import { fragment, sql } from './sql.ts';

export type InvoiceStatus = 'draft' | 'open' | 'paid' | 'void';
export type InvoiceKind = 'interim' | 'closing';
export type BillingReason = 'period_end' | 'manual' | 'cancel';

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
  readonly replaces: string | null;
  readonly replacedBy: string | null;
  readonly metadata: string;
  readonly createdAt: Instant;
}

const COLUMNS = fragment`
  i.id, i.customer_id as "customerId", i.subscription_id as "subscriptionId", i.period_number as "periodNumber", i.kind,
  i.sequence, i.billing_reason as "billingReason", i.trigger_id as "triggerId", i.status,
  i.payment_status as "paymentStatus", i.number, i.currency, i.plan_id as "planId", i.plan_version as "planVersion",
  i.period_start as "periodStart", i.period_end as "periodEnd", i.usage_cutoff_seq as "usageCutoffSeq",
  i.usage_cutoff_at as "usageCutoffAt", i.finalize_at as "finalizeAt", i.subtotal, i.tax_total as "taxTotal", i.total,
  i.balance_applied as "balanceApplied", i.amount_credited as "amountCredited", i.amount_paid as "amountPaid",
  i.amount_due as "amountDue", i.issues, i.finalized_at as "finalizedAt", i.due_at as "dueAt", i.paid_at as "paidAt",
  i.voided_at as "voidedAt", i.void_reason as "voidReason", i.replaces, i.replaced_by as "replacedBy", i.metadata,
  i.created_at as "createdAt",
  (select c.external_id from customers c
    where c.account_id = i.account_id and c.livemode = i.livemode and c.id = i.customer_id) as "customerExternalId"`;

export type NewInvoice = Omit<InvoiceRow, 'customerExternalId'>;

export async function insertInvoice(tx: Transaction, tenant: Tenant, row: NewInvoice): Promise<void> {
  await tx.query(sql`
    insert into invoices (account_id, livemode, id, customer_id, subscription_id, period_number, kind, sequence,
      billing_reason, trigger_id, status, payment_status, currency, plan_id, plan_version, period_start, period_end,
      finalize_at, subtotal, tax_total, total, balance_applied, amount_credited, amount_paid, amount_due, issues, created_at)
    values (${tenant.accountId}, ${tenant.livemode}, ${row.id}, ${row.customerId}, ${row.subscriptionId},
      ${row.periodNumber}, ${row.kind}, ${row.sequence}, ${row.billingReason}, ${row.triggerId}, ${row.status},
      ${row.paymentStatus}, ${row.currency}, ${row.planId}, ${row.planVersion}, ${timestamptz(row.periodStart)},
      ${timestamptz(row.periodEnd)}, ${timestamptz(row.finalizeAt)}, ${row.subtotal}, ${row.taxTotal}, ${row.total}, ${row.balanceApplied},
      ${row.amountCredited}, ${row.amountPaid}, ${row.amountDue}, ${row.issues}, ${timestamptz(row.createdAt)})`);
}

export async function selectInvoice(db: Queryable, tenant: Tenant, id: string): Promise<InvoiceRow | null> {
  const rows = await db.query<InvoiceRow>(sql`
    select ${COLUMNS} from invoices i
    where i.account_id = ${tenant.accountId} and i.livemode = ${tenant.livemode} and i.id = ${id}`);
  return rows[0] ?? null;
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
 * Of each subscription of a customer the two earliest drafts: the next one to be finalized, and the one that waits for
 * it. However many wait, by the index invoices_drafts.
 */
export async function selectNextDrafts(db: Queryable, tenant: Tenant, customerId: string): Promise<InvoiceRow[]> {
  return db.query<InvoiceRow>(sql`
    select ${COLUMNS} from subscriptions s
    cross join lateral (
      select d.* from invoices d
      where d.account_id = s.account_id and d.livemode = s.livemode and d.subscription_id = s.id and d.status = 'draft'
      order by d.period_number limit 2
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

export interface DraftAmounts {
  readonly subtotal: string;
  readonly total: string;
  readonly amountDue: string;
  readonly issues: string;
}

/** Replaces a draft's amounts by a newer rating. */
export async function updateDraftAmounts(
  tx: Transaction,
  key: { readonly tenant: Tenant; readonly id: string },
  amounts: DraftAmounts,
): Promise<void> {
  await tx.query(sql`
    update invoices set subtotal = ${amounts.subtotal}, total = ${amounts.total}, amount_due = ${amounts.amountDue},
      issues = ${amounts.issues}
    where account_id = ${key.tenant.accountId} and livemode = ${key.tenant.livemode} and id = ${key.id} and status = 'draft'`);
}

export interface Finalization {
  readonly number: string;
  readonly finalizedAt: Instant;
  readonly dueAt: Instant;
  readonly usageCutoffSeq: bigint;
  readonly usageCutoffAt: Instant;
  /** Nothing is due: the invoice is paid at once. */
  readonly settled: boolean;
}

export async function markInvoiceFinalized(
  tx: Transaction,
  key: { readonly tenant: Tenant; readonly id: string },
  facts: Finalization,
): Promise<void> {
  await tx.query(sql`
    update invoices set number = ${facts.number}, finalized_at = ${timestamptz(facts.finalizedAt)},
      due_at = ${timestamptz(facts.dueAt)}, usage_cutoff_seq = ${facts.usageCutoffSeq},
      usage_cutoff_at = ${timestamptz(facts.usageCutoffAt)},
      status = case when ${facts.settled} then 'paid' else 'open' end,
      payment_status = case when ${facts.settled} then 'not_required' else 'unpaid' end,
      paid_at = case when ${facts.settled} then ${timestamptz(facts.finalizedAt)}::timestamptz end
    where account_id = ${key.tenant.accountId} and livemode = ${key.tenant.livemode} and id = ${key.id} and status = 'draft'`);
}

/** Drafts that waited for an earlier one of their subscription: their time is when that one was out of their way. */
export async function postponeDrafts(
  tx: Transaction,
  tenant: Tenant,
  postponement: { readonly ids: readonly string[]; readonly finalizeAt: Instant },
): Promise<void> {
  await tx.query(sql`
    update invoices set finalize_at = ${timestamptz(postponement.finalizeAt)}
    where account_id = ${tenant.accountId} and livemode = ${tenant.livemode} and id = any(${[...postponement.ids]})
      and status = 'draft'`);
}

export async function markInvoiceVoid(
  tx: Transaction,
  key: { readonly tenant: Tenant; readonly id: string },
  facts: { readonly voidedAt: Instant; readonly reason: string | null },
): Promise<void> {
  await tx.query(sql`
    update invoices set status = 'void', voided_at = ${timestamptz(facts.voidedAt)}, void_reason = ${facts.reason}
    where account_id = ${key.tenant.accountId} and livemode = ${key.tenant.livemode} and id = ${key.id} and status <> 'void'`);
}

export interface InvoiceNumber {
  readonly value: bigint;
  /** The database's clock, read after the counter was locked, so finalized_at ascends with the numbers. */
  readonly lockedAt: Instant;
}

/** The next number of the account and mode. Locked last in the transaction: a rollback gives it back. */
export async function takeInvoiceNumber(tx: Transaction, tenant: Tenant): Promise<InvoiceNumber> {
  const rows = await tx.query<{ value: bigint }>(sql`
    insert into invoice_counters (account_id, livemode, last_number) values (${tenant.accountId}, ${tenant.livemode}, 1)
    on conflict (account_id, livemode) do update set last_number = invoice_counters.last_number + 1
    returning last_number as value`);
  const [clock] = await tx.query<{ now: Instant }>(sql`select clock_timestamp() as now`);
  const value = rows[0]?.value;
  if (value === undefined || clock === undefined) throw new Error('the invoice counter gave no number');
  return { value, lockedAt: clock.now };
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
