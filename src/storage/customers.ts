import type { Instant } from '../domain/instant.ts';
import { type Queryable, type Tenant, type Transaction, timestamptz } from './database.ts';
import { type KeysetPage, keysetStart } from './keyset.ts';
import { fragment, sql } from './sql.ts';

export interface CustomerRow {
  readonly id: string;
  readonly externalId: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly currency: string;
  /** null: the account's. */
  readonly timezone: string | null;
  /** JSON text. */
  readonly address: string | null;
  /** Its own rates in their order; none: the account's. */
  readonly taxRateIds: readonly string[];
  readonly taxExempt: boolean;
  readonly testClockId: string | null;
  /** JSON text. */
  readonly metadata: string;
  readonly createdAt: Instant;
  readonly archivedAt: Instant | null;
}

/** What a change may touch. */
export type CustomerSettings = Omit<CustomerRow, 'id' | 'externalId' | 'createdAt' | 'archivedAt'>;

const COLUMNS = fragment`
  c.id, c.external_id as "externalId", c.name, c.email, c.currency, c.timezone, c.address,
  c.tax_exempt as "taxExempt", array(
    select j.tax_rate_id from customer_tax_rates j
    where j.account_id = c.account_id and j.livemode = c.livemode and j.customer_id = c.id
    order by j.position) as "taxRateIds",
  c.test_clock_id as "testClockId", c.metadata, c.created_at as "createdAt", c.archived_at as "archivedAt"`;

/** Inserts it, without its tax rates, unless its id or external id is taken; whether it did. Keys customers_pkey and (tenant, external_id). */
export async function insertCustomer(
  tx: Transaction,
  tenant: Tenant,
  row: Omit<CustomerRow, 'archivedAt' | 'createdAt'> & { readonly createdAt: Instant | null },
): Promise<boolean> {
  const rows = await tx.query(sql`
    insert into customers (account_id, livemode, id, external_id, name, email, currency, timezone, address,
      tax_exempt, test_clock_id, metadata, created_at)
    values (${tenant.accountId}, ${tenant.livemode}, ${row.id}, ${row.externalId}, ${row.name}, ${row.email},
      ${row.currency}, ${row.timezone}, ${row.address}, ${row.taxExempt}, ${row.testClockId}, ${row.metadata},
      coalesce(${timestamptz(row.createdAt)}::timestamptz, now()))
    on conflict do nothing
    returning id`);
  return rows.length > 0;
}

/** By `cus_…`. */
export async function selectCustomer(db: Queryable, tenant: Tenant, id: string): Promise<CustomerRow | null> {
  const [row] = await db.query<CustomerRow>(sql`
    select ${COLUMNS} from customers c
    where c.account_id = ${tenant.accountId} and c.livemode = ${tenant.livemode} and c.id = ${id}`);
  return row ?? null;
}

/** By external id, else by `cus_…`. */
export async function findCustomer(db: Queryable, tenant: Tenant, reference: string): Promise<CustomerRow | null> {
  const [row] = await db.query<CustomerRow>(sql`
    select ${COLUMNS} from customers c
    where c.account_id = ${tenant.accountId} and c.livemode = ${tenant.livemode}
      and (c.external_id = ${reference} or c.id = ${reference})
    order by (c.external_id = ${reference}) desc limit 1`);
  return row ?? null;
}

/** Archived ones too. Index customers_list. */
export async function selectCustomerPage(db: Queryable, tenant: Tenant, page: KeysetPage): Promise<CustomerRow[]> {
  const start = keysetStart(page);
  return db.query<CustomerRow>(sql`
    select ${COLUMNS} from customers c
    where c.account_id = ${tenant.accountId} and c.livemode = ${tenant.livemode}
      and (c.created_at, c.id) < (${start.createdAt}::timestamptz, ${start.id})
    order by c.created_at desc, c.id desc
    limit ${page.limit}`);
}

/** All but its tax rates. The caller holds the row's lock. */
export async function updateCustomer(
  tx: Transaction,
  key: { readonly tenant: Tenant; readonly id: string },
  settings: CustomerSettings,
): Promise<void> {
  await tx.query(sql`
    update customers set name = ${settings.name}, email = ${settings.email}, currency = ${settings.currency},
      timezone = ${settings.timezone}, address = ${settings.address}, tax_exempt = ${settings.taxExempt}, test_clock_id = ${settings.testClockId},
      metadata = ${settings.metadata}
    where account_id = ${key.tenant.accountId} and livemode = ${key.tenant.livemode} and id = ${key.id}`);
}

export async function markCustomerArchived(
  tx: Transaction,
  key: { readonly tenant: Tenant; readonly id: string },
  at: Instant,
): Promise<void> {
  await tx.query(sql`
    update customers set archived_at = ${timestamptz(at)}
    where account_id = ${key.tenant.accountId} and livemode = ${key.tenant.livemode} and id = ${key.id}
      and archived_at is null`);
}
