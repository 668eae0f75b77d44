import type { Instant } from '../domain/instant.ts';
import type { Queryable, Tenant, Transaction } from './database.ts';
import { fragment, sql } from './sql.ts';

/** What a tenant may change. */
export interface AccountSettings {
  /** The seller that invoices name. */
  readonly name: string;
  readonly email: string | null;
  /** JSON text. */
  readonly address: string | null;
  readonly currency: string;
  readonly timezone: string;
  readonly invoicePrefix: string;
  readonly finalizationDelaySeconds: number;
  readonly netDays: number;
  /** Of customers without rates of their own, in their order. */
  readonly taxRateIds: readonly string[];
  /** JSON text. */
  readonly metadata: string;
}

export interface AccountRow extends AccountSettings {
  readonly publicId: string;
  readonly createdAt: Instant;
}

const COLUMNS = fragment`
  a.public_id as "publicId", a.name, a.email, a.address, a.currency, a.timezone, a.invoice_prefix as "invoicePrefix",
  a.finalization_delay_seconds as "finalizationDelaySeconds", a.net_days as "netDays", array(
    select j.tax_rate_id from account_tax_rates j
    where j.account_id = a.account_id and j.livemode = a.livemode
    order by j.position) as "taxRateIds",
  a.metadata,
  a.created_at as "createdAt"`;

/** Inserts the account's row of one mode once; whether it did. */
export async function insertAccount(
  tx: Transaction,
  tenant: Tenant,
  row: { readonly publicId: string; readonly name: string },
): Promise<boolean> {
  const rows = await tx.query(sql`
    insert into accounts (account_id, livemode, public_id, name)
    values (${tenant.accountId}, ${tenant.livemode}, ${row.publicId}, ${row.name})
    on conflict (account_id, livemode) do nothing returning account_id`);
  return rows.length > 0;
}

export async function selectAccount(db: Queryable, tenant: Tenant): Promise<AccountRow> {
  return only(
    await db.query<AccountRow>(sql`
      select ${COLUMNS} from accounts a where a.account_id = ${tenant.accountId} and a.livemode = ${tenant.livemode}`),
  );
}

/** With the row's lock, so that two changes of different settings both count. */
export async function lockAccount(tx: Transaction, tenant: Tenant): Promise<AccountRow> {
  return only(
    await tx.query<AccountRow>(sql`
      select ${COLUMNS} from accounts a where a.account_id = ${tenant.accountId} and a.livemode = ${tenant.livemode}
      for no key update`),
  );
}

/** All but its tax rates. */
export async function updateAccount(tx: Transaction, tenant: Tenant, settings: AccountSettings): Promise<void> {
  await tx.query(sql`
    update accounts set name = ${settings.name}, email = ${settings.email},
      address = ${settings.address}, currency = ${settings.currency}, timezone = ${settings.timezone},
      invoice_prefix = ${settings.invoicePrefix}, finalization_delay_seconds = ${settings.finalizationDelaySeconds},
      net_days = ${settings.netDays}, metadata = ${settings.metadata}
    where account_id = ${tenant.accountId} and livemode = ${tenant.livemode}`);
}

function only(rows: readonly AccountRow[]): AccountRow {
  const [row] = rows;
  if (row === undefined) throw new Error('the account of a valid key is gone');
  return row;
}
