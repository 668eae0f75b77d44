import type { Instant } from '../domain/instant.ts';
import { type Queryable, type Tenant, type Transaction, timestamptz } from './database.ts';
import { type KeysetPage, keysetStart } from './keyset.ts';
import { fragment, sql } from './sql.ts';

export type EndsBy = 'period' | 'expiry' | 'revoke';

export interface CreditGrantRow {
  readonly id: string;
  readonly customerId: string;
  /** As answers give the customer. */
  readonly customerExternalId: string;
  readonly name: string | null;
  readonly amount: string;
  readonly effectiveAt: Instant;
  readonly expiresAt: Instant | null;
  readonly rollover: boolean;
  readonly priority: number;
  readonly eventNames: readonly string[] | null;
  readonly subscriptionId: string | null;
  readonly endsAt: Instant | null;
  readonly endsBy: EndsBy | null;
  readonly status: 'active' | 'ended';
  readonly balance: string;
  readonly revokedAt: Instant | null;
  /** JSON text. */
  readonly metadata: string;
  readonly createdAt: Instant;
}

/** Of a row `g`, without its balance. */
export const GRANT_COLUMNS = fragment`
  g.id, g.customer_id as "customerId", g.name, g.amount, g.effective_at as "effectiveAt", g.expires_at as "expiresAt",
  g.rollover, g.priority, g.event_names as "eventNames", g.subscription_id as "subscriptionId", g.ends_at as "endsAt",
  g.ends_by as "endsBy", g.status, g.revoked_at as "revokedAt", g.metadata, g.created_at as "createdAt",
  (select c.external_id from customers c
    where c.account_id = g.account_id and c.livemode = g.livemode and c.id = g.customer_id) as "customerExternalId"`;

export type NewCreditGrant = Omit<CreditGrantRow, 'customerExternalId' | 'balance'>;

export async function insertCreditGrant(tx: Transaction, tenant: Tenant, row: NewCreditGrant): Promise<void> {
  await tx.query(sql`
    insert into credit_grants (account_id, livemode, id, customer_id, name, amount, effective_at, expires_at, rollover,
      priority, event_names, subscription_id, ends_at, ends_by, status, balance, metadata, created_at)
    values (${tenant.accountId}, ${tenant.livemode}, ${row.id}, ${row.customerId}, ${row.name}, ${row.amount},
      ${timestamptz(row.effectiveAt)}, ${timestamptz(row.expiresAt)}, ${row.rollover}, ${row.priority},
      ${row.eventNames}, ${row.subscriptionId}, ${timestamptz(row.endsAt)}, ${row.endsBy}, ${row.status}, 0,
      ${row.metadata}, ${timestamptz(row.createdAt)})`);
}

export async function selectCreditGrant(db: Queryable, tenant: Tenant, id: string): Promise<CreditGrantRow | null> {
  const rows = await db.query<CreditGrantRow>(sql`
    select ${GRANT_COLUMNS}, g.balance from credit_grants g
    where g.account_id = ${tenant.accountId} and g.livemode = ${tenant.livemode} and g.id = ${id}`);
  return rows[0] ?? null;
}

/** Some grants, in their order (created_at, id), by the primary key. */
export async function selectGrantsById(
  db: Queryable,
  tenant: Tenant,
  ids: readonly string[],
): Promise<CreditGrantRow[]> {
  if (ids.length === 0) return [];
  return db.query<CreditGrantRow>(sql`
    select ${GRANT_COLUMNS}, g.balance from credit_grants g
    where g.account_id = ${tenant.accountId} and g.livemode = ${tenant.livemode} and g.id = any(${[...ids]})
    order by g.created_at, g.id`);
}

/**
 * A customer's grants that can still matter, in their order (created_at, id): those that have not ended, those that hold
 * something, and those that ended inside or after its earliest open period, which may have drawn them. Under the
 * customer's row lock, which every writer of grants holds, so the rows need no lock of their own. By the index
 * credit_grants_customer.
 */
export async function selectGrantsInWork(db: Queryable, tenant: Tenant, customerId: string): Promise<CreditGrantRow[]> {
  return db.query<CreditGrantRow>(sql`
    select ${GRANT_COLUMNS}, g.balance from credit_grants g
    where g.account_id = ${tenant.accountId} and g.livemode = ${tenant.livemode} and g.customer_id = ${customerId}
      and (g.status = 'active' or g.balance > 0 or g.ends_at > (
        select min(earliest.start_at) from subscriptions s
        cross join lateral (
          select p.start_at from periods p
          where p.account_id = s.account_id and p.livemode = s.livemode and p.subscription_id = s.id
            and p.status = 'open'
          order by p.number limit 1
        ) earliest
        where s.account_id = g.account_id and s.livemode = g.livemode and s.customer_id = g.customer_id
      ))
    order by g.created_at, g.id`);
}

/**
 * Customers without a test clock that have a grant ending by `asOf` and no subscription whose workflow would end it. By
 * the index credit_grants_to_end.
 */
export async function selectCustomersWithDueGrants(
  db: Queryable,
  filter: { readonly livemode: boolean; readonly asOf: Instant; readonly limit: number },
): Promise<{ accountId: number; customerId: string }[]> {
  return db.query<{ accountId: number; customerId: string }>(sql`
    select distinct c.account_id as "accountId", c.id as "customerId"
    from credit_grants g
    join customers c on c.account_id = g.account_id and c.livemode = g.livemode and c.id = g.customer_id
    where g.status = 'active' and coalesce(g.ends_at, g.expires_at) <= ${timestamptz(filter.asOf)}
      and g.livemode = ${filter.livemode} and c.test_clock_id is null
      and not exists (
        select from subscriptions s
        where s.account_id = c.account_id and s.livemode = c.livemode and s.customer_id = c.id
          and s.next_due_at is not null and s.attention_code is null
      )
    limit ${filter.limit}`);
}

export interface GrantPage extends KeysetPage {
  readonly customerId: string | null;
}

export async function selectGrantPage(db: Queryable, tenant: Tenant, page: GrantPage): Promise<CreditGrantRow[]> {
  const start = keysetStart(page);
  return db.query<CreditGrantRow>(sql`
    select ${GRANT_COLUMNS}, g.balance from credit_grants g
    where g.account_id = ${tenant.accountId} and g.livemode = ${tenant.livemode}
      and (${page.customerId}::text is null or g.customer_id = ${page.customerId})
      and (g.created_at, g.id) < (${start.createdAt}::timestamptz, ${start.id})
    order by g.created_at desc, g.id desc
    limit ${page.limit}`);
}

/** Sets a grant's end; null `status` keeps it. */
export async function updateGrantEnd(
  tx: Transaction,
  key: { readonly tenant: Tenant; readonly id: string },
  end: { readonly endsAt: Instant; readonly endsBy: EndsBy; readonly revokedAt?: Instant },
): Promise<void> {
  await tx.query(sql`
    update credit_grants set ends_at = ${timestamptz(end.endsAt)}, ends_by = ${end.endsBy},
      revoked_at = ${timestamptz(end.revokedAt ?? null)}
    where account_id = ${key.tenant.accountId} and livemode = ${key.tenant.livemode} and id = ${key.id}`);
}

export async function markGrantEnded(
  tx: Transaction,
  key: { readonly tenant: Tenant; readonly id: string },
): Promise<void> {
  await tx.query(sql`
    update credit_grants set status = 'ended'
    where account_id = ${key.tenant.accountId} and livemode = ${key.tenant.livemode} and id = ${key.id}`);
}
