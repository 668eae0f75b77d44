import type { Instant } from '../domain/instant.ts';
import { type Queryable, type Tenant, type Transaction, timestamptz } from './database.ts';
import { type KeysetPage, keysetStart } from './keyset.ts';
import { type AsOfNumber, countedBelow, ENTRY_SINCE } from './invoice-order.ts';
import { fragment, sql } from './sql.ts';

export type CreditEntryKind = 'granted' | 'consumed' | 'restored' | 'expired' | 'revoked';

/** One change of a grant's balance; `amount` is signed exact decimal text. */
export interface NewCreditEntry {
  readonly id: string;
  readonly grantId: string;
  readonly kind: CreditEntryKind;
  readonly amount: string;
  readonly invoiceId: string | null;
  readonly lineId: string | null;
  readonly chargeId: string | null;
  readonly subscriptionId: string | null;
  readonly periodNumber: number | null;
  /** Unique with the grant: a repeated step finds its entry instead of writing a second one. */
  readonly source: string;
  readonly createdAt: Instant;
}

export interface CreditEntryRow extends NewCreditEntry {
  readonly balanceAfter: string;
}

const COLUMNS = fragment`
  e.id, e.grant_id as "grantId", e.kind, e.amount, e.balance_after as "balanceAfter", e.invoice_id as "invoiceId",
  e.line_id as "lineId", e.charge_id as "chargeId", e.subscription_id as "subscriptionId",
  e.period_number as "periodNumber", e.source, e.created_at as "createdAt"`;

/** Moves the grant's balance and appends the entry, in one statement; the check on balance refuses a negative one. */
export async function insertCreditEntry(tx: Transaction, tenant: Tenant, entry: NewCreditEntry): Promise<void> {
  await tx.query(sql`
    with moved as (
      update credit_grants set balance = balance + ${entry.amount}::numeric
      where account_id = ${tenant.accountId} and livemode = ${tenant.livemode} and id = ${entry.grantId}
      returning balance
    )
    insert into credit_entries (account_id, livemode, id, grant_id, kind, amount, balance_after, invoice_id, line_id,
      charge_id, subscription_id, period_number, source, created_at)
    select ${tenant.accountId}, ${tenant.livemode}, ${entry.id}, ${entry.grantId}, ${entry.kind}, ${entry.amount},
      moved.balance, ${entry.invoiceId}, ${entry.lineId}, ${entry.chargeId}, ${entry.subscriptionId},
      ${entry.periodNumber}, ${entry.source}, ${timestamptz(entry.createdAt)}
    from moved`);
}

/** A period of a subscription. */
interface PeriodKey extends AsOfNumber {
  readonly tenant: Tenant;
  readonly subscriptionId: string;
  readonly number: number;
}

/**
 * Units that one period has drawn so far (positive), a grant and charge; what it gave back is subtracted. By the index
 * credit_entries_period.
 */
export async function selectPeriodDraws(
  db: Queryable,
  key: PeriodKey,
): Promise<{ grantId: string; chargeId: string; drawn: string }[]> {
  return db.query<{ grantId: string; chargeId: string; drawn: string }>(sql`
    select e.grant_id as "grantId", e.charge_id as "chargeId", -sum(e.amount) as drawn
    from credit_entries e
    left join invoices i on i.account_id = e.account_id and i.livemode = e.livemode and i.id = e.invoice_id
    where e.account_id = ${key.tenant.accountId} and e.livemode = ${key.tenant.livemode}
      and e.subscription_id = ${key.subscriptionId} and e.period_number = ${key.number}
      and e.kind in ('consumed', 'restored') and ${ENTRY_SINCE} < ${countedBelow(key)}
    group by e.grant_id, e.charge_id`);
}

/** The same of the period's own invoices alone, without what late usage of it draws on later ones. */
export async function selectOwnDraws(
  db: Queryable,
  key: PeriodKey,
): Promise<{ grantId: string; chargeId: string; drawn: string }[]> {
  return db.query<{ grantId: string; chargeId: string; drawn: string }>(sql`
    select e.grant_id as "grantId", e.charge_id as "chargeId", -sum(e.amount) as drawn
    from credit_entries e
    join invoices i on i.account_id = e.account_id and i.livemode = e.livemode and i.id = e.invoice_id
    where e.account_id = ${key.tenant.accountId} and e.livemode = ${key.tenant.livemode}
      and e.subscription_id = ${key.subscriptionId} and e.period_number = ${key.number}
      and e.kind in ('consumed', 'restored') and i.period_number = ${key.number} and i.kind <> 'late'
      and ${ENTRY_SINCE} < ${countedBelow(key)}
    group by e.grant_id, e.charge_id`);
}

/** Net units that one invoice took from a grant for a charge of a period (positive: taken). */
export interface InvoiceDrawRow {
  readonly grantId: string;
  readonly chargeId: string;
  readonly periodNumber: number;
  readonly lineId: string | null;
  readonly drawn: string;
}

/**
 * What one invoice drew when it became final, whatever its void gave back. By the index credit_entries_invoice.
 */
export async function selectIssuedDraws(
  db: Queryable,
  tenant: Tenant,
  invoiceId: string,
): Promise<Omit<InvoiceDrawRow, 'lineId'>[]> {
  return db.query<Omit<InvoiceDrawRow, 'lineId'>>(sql`
    select e.grant_id as "grantId", e.charge_id as "chargeId", e.period_number as "periodNumber", -sum(e.amount) as drawn
    from credit_entries e
    where e.account_id = ${tenant.accountId} and e.livemode = ${tenant.livemode} and e.invoice_id = ${invoiceId}
      and e.kind in ('consumed', 'restored') and e.source not like 'void:%'
    group by e.grant_id, e.charge_id, e.period_number
    order by e.period_number, e.grant_id, e.charge_id`);
}

/** What one invoice drew, of its own period and for late usage of earlier ones. By the index credit_entries_invoice. */
export async function selectInvoiceDraws(
  db: Queryable,
  tenant: Tenant,
  key: { readonly subscriptionId: string; readonly invoiceId: string },
): Promise<InvoiceDrawRow[]> {
  return db.query<InvoiceDrawRow>(sql`
    select e.grant_id as "grantId", e.charge_id as "chargeId", e.period_number as "periodNumber",
      min(e.line_id) as "lineId", -sum(e.amount) as drawn
    from credit_entries e
    where e.account_id = ${tenant.accountId} and e.livemode = ${tenant.livemode}
      and e.subscription_id = ${key.subscriptionId} and e.invoice_id = ${key.invoiceId}
      and e.kind in ('consumed', 'restored')
    group by e.grant_id, e.charge_id, e.period_number
    order by e.period_number, e.grant_id, e.charge_id`);
}

export async function selectEntryPage(
  db: Queryable,
  tenant: Tenant,
  page: KeysetPage & { readonly grantId: string },
): Promise<CreditEntryRow[]> {
  const start = keysetStart(page);
  return db.query<CreditEntryRow>(sql`
    select ${COLUMNS} from credit_entries e
    where e.account_id = ${tenant.accountId} and e.livemode = ${tenant.livemode} and e.grant_id = ${page.grantId}
      and (e.created_at, e.id) < (${start.createdAt}::timestamptz, ${start.id})
    order by e.created_at desc, e.id desc
    limit ${page.limit}`);
}
