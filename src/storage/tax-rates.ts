import type { DecimalText } from '../domain/decimal.ts';
import type { Instant } from '../domain/instant.ts';
import type { TaxRateTerms } from '../domain/invoicing/tax.ts';
import type { Queryable, Tenant, Transaction } from './database.ts';
import { type KeysetPage, keysetStart } from './keyset.ts';
import { fragment, sql } from './sql.ts';

export interface TaxRateRow extends TaxRateTerms {
  /** JSON text. */
  readonly metadata: string;
  /** The rate that took its place, or null. */
  readonly replacedBy: string | null;
  readonly archivedAt: Instant | null;
  readonly createdAt: Instant;
}

/** What a change may touch. */
export interface TaxRateSettings {
  readonly name: string;
  readonly percentage: DecimalText;
  readonly inclusive: boolean;
  /** JSON text. */
  readonly metadata: string;
}

const COLUMNS = fragment`
  r.id, r.name, r.percentage, r.inclusive, r.metadata, r.replaced_by as "replacedBy", r.archived_at as "archivedAt",
  r.created_at as "createdAt"`;

/** Inserts it unless its id is taken; whether it did. */
export async function insertTaxRate(
  tx: Transaction,
  tenant: Tenant,
  row: TaxRateSettings & { readonly id: string },
): Promise<boolean> {
  const rows = await tx.query(sql`
    insert into tax_rates (account_id, livemode, id, name, percentage, inclusive, metadata, created_at)
    values (${tenant.accountId}, ${tenant.livemode}, ${row.id}, ${row.name}, ${row.percentage}, ${row.inclusive},
      ${row.metadata}, clock_timestamp())
    on conflict (account_id, livemode, id) do nothing
    returning id`);
  return rows.length > 0;
}

export async function selectTaxRate(db: Queryable, tenant: Tenant, id: string): Promise<TaxRateRow | null> {
  const [row] = await db.query<TaxRateRow>(sql`
    select ${COLUMNS} from tax_rates r
    where r.account_id = ${tenant.accountId} and r.livemode = ${tenant.livemode} and r.id = ${id}`);
  return row ?? null;
}

/** Archived ones too. Index tax_rates_list. */
export async function selectTaxRatePage(db: Queryable, tenant: Tenant, page: KeysetPage): Promise<TaxRateRow[]> {
  const start = keysetStart(page);
  return db.query<TaxRateRow>(sql`
    select ${COLUMNS} from tax_rates r
    where r.account_id = ${tenant.accountId} and r.livemode = ${tenant.livemode}
      and (r.created_at, r.id) < (${start.createdAt}::timestamptz, ${start.id})
    order by r.created_at desc, r.id desc
    limit ${page.limit}`);
}

/**
 * The rate with its row locked against everyone who gives it to a customer or puts it on an invoice. Taken before any
 * row of customer_tax_rates, and by no one who holds such a row.
 */
export async function lockTaxRate(tx: Transaction, tenant: Tenant, id: string): Promise<TaxRateRow | null> {
  const [row] = await tx.query<TaxRateRow>(sql`
    select ${COLUMNS} from tax_rates r
    where r.account_id = ${tenant.accountId} and r.livemode = ${tenant.livemode} and r.id = ${id}
    for update`);
  return row ?? null;
}

/** Those of the ids that exist, in the order of their ids, unchanged until the transaction ends. */
export async function shareTaxRates(tx: Transaction, tenant: Tenant, ids: readonly string[]): Promise<TaxRateRow[]> {
  return tx.query<TaxRateRow>(sql`
    select ${COLUMNS} from tax_rates r
    where r.account_id = ${tenant.accountId} and r.livemode = ${tenant.livemode} and r.id = any(${[...ids]})
    order by r.id
    for share`);
}

/** The caller holds the row's lock; a trigger refuses new terms for a rate that stands on an invoice. */
export async function updateTaxRate(
  tx: Transaction,
  key: { readonly tenant: Tenant; readonly id: string },
  settings: TaxRateSettings,
): Promise<void> {
  await tx.query(sql`
    update tax_rates set name = ${settings.name}, percentage = ${settings.percentage},
      inclusive = ${settings.inclusive}, metadata = ${settings.metadata}
    where account_id = ${key.tenant.accountId} and livemode = ${key.tenant.livemode} and id = ${key.id}`);
}

/** Archives a rate in favour of another. */
export async function markTaxRateReplaced(
  tx: Transaction,
  key: { readonly tenant: Tenant; readonly id: string },
  replacedBy: string,
): Promise<void> {
  await tx.query(sql`
    update tax_rates set replaced_by = ${replacedBy}, archived_at = clock_timestamp()
    where account_id = ${key.tenant.accountId} and livemode = ${key.tenant.livemode} and id = ${key.id}
      and archived_at is null`);
}

/** Whether it stands on any invoice, a draft too. Index invoice_taxes_rate. */
export async function isTaxRateUsed(tx: Transaction, tenant: Tenant, id: string): Promise<boolean> {
  const rows = await tx.query(sql`
    select from invoice_taxes t
    where t.account_id = ${tenant.accountId} and t.livemode = ${tenant.livemode} and t.tax_rate_id = ${id}
    limit 1`);
  return rows.length > 0;
}

// A customer's own rates, else those of its account; r is the rate, j where it stands.
const APPLICABLE = fragment`
  select r.id, r.name, r.percentage, r.inclusive
  from customers c
  cross join lateral (
    select own.tax_rate_id, own.position from customer_tax_rates own
    where own.account_id = c.account_id and own.livemode = c.livemode and own.customer_id = c.id
    union all
    select a.tax_rate_id, a.position from account_tax_rates a
    where a.account_id = c.account_id and a.livemode = c.livemode and not exists (
      select from customer_tax_rates own
      where own.account_id = c.account_id and own.livemode = c.livemode and own.customer_id = c.id
    )
  ) j
  join tax_rates r on r.account_id = c.account_id and r.livemode = c.livemode and r.id = j.tax_rate_id`;

/**
 * The rates that a document of the customer would have now, in their order: none when it is exempt, its own when it has
 * any, else its account's (billing rules 7). For reading alone, such as a preview; what is written by it may be stale.
 *
 * @param customerId `cus_…`
 */
export async function selectApplicableTaxRates(
  db: Queryable,
  tenant: Tenant,
  customerId: string,
): Promise<TaxRateTerms[]> {
  return db.query<TaxRateTerms>(sql`
    ${APPLICABLE}
    where c.account_id = ${tenant.accountId} and c.livemode = ${tenant.livemode} and c.id = ${customerId}
      and not c.tax_exempt
    order by j.position`);
}

/**
 * The same, for a document that becomes final in the transaction that `db` is: until it ends the rates keep their terms,
 * so the document says of each what the rate is. Key-share locks on the rates, as the foreign key of invoice_taxes takes
 * them.
 */
export async function shareApplicableTaxRates(
  db: Queryable,
  tenant: Tenant,
  customerId: string,
): Promise<TaxRateTerms[]> {
  return db.query<TaxRateTerms>(sql`
    ${APPLICABLE}
    where c.account_id = ${tenant.accountId} and c.livemode = ${tenant.livemode} and c.id = ${customerId}
      and not c.tax_exempt
    order by j.position
    for key share of r`);
}
