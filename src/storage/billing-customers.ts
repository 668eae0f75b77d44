import type { Instant } from '../domain/instant.ts';
import type { Queryable, Tenant, Transaction } from './database.ts';
import { fragment, type Sql, sql } from './sql.ts';

/** A customer with what its billing needs from the account and its test clock. */
export interface BillingCustomer {
  readonly id: string;
  readonly externalId: string;
  readonly currency: string;
  /** Its own zone, else the account's. */
  readonly timezone: string;
  readonly archivedAt: Instant | null;
  readonly testClockId: string | null;
  readonly clockFrozenAt: Instant | null;
  readonly clockStatus: 'ready' | 'advancing' | null;
  /** Its clock was deleted: nothing is due for it any more. */
  readonly clockDeleted: boolean;
  readonly finalizationDelaySeconds: number;
  readonly netDays: number;
  readonly invoicePrefix: string;
}

const SELECT = fragment`
  select c.id, c.external_id as "externalId", c.currency, coalesce(c.timezone, a.timezone) as timezone,
    c.archived_at as "archivedAt", c.test_clock_id as "testClockId",
    k.frozen_at as "clockFrozenAt", k.status as "clockStatus",
    k.deleted_at is not null as "clockDeleted",
    a.finalization_delay_seconds as "finalizationDelaySeconds", a.net_days as "netDays",
    a.invoice_prefix as "invoicePrefix"
  from customers c
  join accounts a on a.account_id = c.account_id and a.livemode = c.livemode
  left join test_clocks k on k.account_id = c.account_id and k.livemode = c.livemode and k.id = c.test_clock_id`;

/** By `cus_…`, without a lock. */
export async function selectBillingCustomer(
  db: Queryable,
  tenant: Tenant,
  customerId: string,
): Promise<BillingCustomer | null> {
  return firstOf(
    db,
    sql`${SELECT}
    where c.account_id = ${tenant.accountId} and c.livemode = ${tenant.livemode} and c.id = ${customerId}`,
  );
}

/** By a subscription's id. */
export async function selectCustomerOfSubscription(
  db: Queryable,
  tenant: Tenant,
  subscriptionId: string,
): Promise<BillingCustomer | null> {
  return firstOf(
    db,
    sql`${SELECT}
    join subscriptions s on s.account_id = c.account_id and s.livemode = c.livemode and s.customer_id = c.id
    where s.account_id = ${tenant.accountId} and s.livemode = ${tenant.livemode} and s.id = ${subscriptionId}`,
  );
}

/** By external id, else by `cus_…` (the external id wins). */
export async function findBillingCustomer(
  db: Queryable,
  tenant: Tenant,
  reference: string,
): Promise<BillingCustomer | null> {
  return firstOf(
    db,
    sql`${SELECT}
    where c.account_id = ${tenant.accountId} and c.livemode = ${tenant.livemode}
      and (c.external_id = ${reference} or c.id = ${reference})
    order by (c.external_id = ${reference}) desc limit 1`,
  );
}

/**
 * Takes the customer's row lock, the first in the lock order: everything that bills one customer happens one at a
 * time. `for no key update` lets foreign keys to the customer be inserted meanwhile.
 */
export async function lockBillingCustomer(
  tx: Transaction,
  tenant: Tenant,
  customerId: string,
): Promise<BillingCustomer | null> {
  return firstOf(
    tx,
    sql`${SELECT}
    where c.account_id = ${tenant.accountId} and c.livemode = ${tenant.livemode} and c.id = ${customerId}
    for no key update of c`,
  );
}

/** The database's clock, the authority on live time. */
export async function selectDatabaseTime(db: Queryable): Promise<Instant> {
  const [row] = await db.query<{ now: Instant }>(sql`select clock_timestamp() as now`);
  if (row === undefined) throw new Error('PostgreSQL gave no time');
  return row.now;
}

async function firstOf(db: Queryable, statement: Sql): Promise<BillingCustomer | null> {
  return (await db.query<BillingCustomer>(statement))[0] ?? null;
}

/** Who an invoice is to and from, as they are called now; JSON texts, as an invoice keeps them. */
export async function selectParties(
  db: Queryable,
  tenant: Tenant,
  customerId: string,
): Promise<{ customerDetails: string; sellerDetails: string }> {
  const [parties] = await db.query<{ customerDetails: string; sellerDetails: string }>(sql`
    select
      jsonb_build_object('name', c.name, 'email', c.email, 'address', c.address) as "customerDetails",
      jsonb_build_object('name', a.name, 'email', a.email, 'address', a.address) as "sellerDetails"
    from customers c
    join accounts a on a.account_id = c.account_id and a.livemode = c.livemode
    where c.account_id = ${tenant.accountId} and c.livemode = ${tenant.livemode} and c.id = ${customerId}`);
  if (parties === undefined) throw new Error(`no customer ${customerId}`);
  return parties;
}
