import type { Instant } from '../domain/instant.ts';
import { type CreditGrantRow, GRANT_COLUMNS } from './credit-grants.ts';
import { type Queryable, type Tenant, timestamptz } from './database.ts';
import { PERIOD_COLUMNS, type PeriodRow } from './periods.ts';
import { sql } from './sql.ts';

/** A customer's ledger at an instant. */
interface LedgerKey {
  readonly tenant: Tenant;
  readonly customerId: string;
  readonly asOf: Instant;
}

/** `balance` is the sum of the entries that there were at the instant. */
export type GrantAsOf = CreditGrantRow;

/**
 * The grants that there were at an instant, in their order (created_at, id), but for those that had ended by `since` and
 * held nothing at either time. By the indexes credit_grants_customer and credit_entries_list.
 */
export async function selectGrantsAsOf(db: Queryable, key: LedgerKey, since: Instant): Promise<GrantAsOf[]> {
  const { tenant, customerId } = key;
  const asOf = timestamptz(key.asOf);
  return db.query<GrantAsOf>(sql`
    select ${GRANT_COLUMNS}, (
        select coalesce(sum(e.amount), 0) from credit_entries e
        where e.account_id = g.account_id and e.livemode = g.livemode and e.grant_id = g.id
          and e.created_at <= ${asOf}::timestamptz) as balance
    from credit_grants g
    where g.account_id = ${tenant.accountId} and g.livemode = ${tenant.livemode} and g.customer_id = ${customerId}
      and g.created_at <= ${asOf}::timestamptz
      and (coalesce(g.ends_at, g.expires_at, 'infinity') > ${timestamptz(since)} or g.balance > 0 or exists (
        select from credit_entries e
        where e.account_id = g.account_id and e.livemode = g.livemode and e.grant_id = g.id
          and e.created_at > ${asOf}::timestamptz))
    order by g.created_at, g.id`);
}

/** A period that had begun by an instant, and when its closing invoice is to be final: null if it has none. */
export interface UninvoicedPeriodRow extends PeriodRow {
  readonly finalizeAt: Instant | null;
}

/** Periods that had begun, and whose closing invoice was not final (nor its draft void), at an instant. */
export async function selectUninvoicedPeriods(db: Queryable, key: LedgerKey): Promise<UninvoicedPeriodRow[]> {
  const { tenant, customerId } = key;
  const asOf = timestamptz(key.asOf);
  return db.query<UninvoicedPeriodRow>(sql`
    select ${PERIOD_COLUMNS}, (
        select i.finalize_at from invoices i
        where i.account_id = p.account_id and i.livemode = p.livemode and i.subscription_id = p.subscription_id
          and i.period_number = p.number and i.kind = 'closing'
        order by i.sequence limit 1) as "finalizeAt"
    from subscriptions s
    join periods p on p.account_id = s.account_id and p.livemode = s.livemode and p.subscription_id = s.id
    where s.account_id = ${tenant.accountId} and s.livemode = ${tenant.livemode} and s.customer_id = ${customerId}
      and p.start_at < ${asOf}::timestamptz and (p.status = 'open' or p.closed_at > ${asOf}::timestamptz)
    order by p.subscription_id, p.number`);
}

/** The newest period of each of a customer's subscriptions, by the primary key. */
export async function selectNewestPeriods(db: Queryable, tenant: Tenant, customerId: string): Promise<PeriodRow[]> {
  return db.query<PeriodRow>(sql`
    select ${PERIOD_COLUMNS} from subscriptions s
    cross join lateral (
      select n.* from periods n
      where n.account_id = s.account_id and n.livemode = s.livemode and n.subscription_id = s.id
      order by n.number desc limit 1
    ) p
    where s.account_id = ${tenant.accountId} and s.livemode = ${tenant.livemode} and s.customer_id = ${customerId}`);
}

interface PeriodDrawRow {
  readonly subscriptionId: string;
  readonly periodNumber: number;
  readonly grantId: string;
  readonly chargeId: string;
  readonly drawn: string;
}

/** What the periods of a customer had drawn at an instant, a grant and charge; by the index credit_entries_list. */
export async function selectDrawsAsOf(
  db: Queryable,
  key: LedgerKey,
  periods: readonly Pick<PeriodRow, 'subscriptionId' | 'number'>[],
): Promise<PeriodDrawRow[]> {
  return db.query<PeriodDrawRow>(sql`
    select e.subscription_id as "subscriptionId", e.period_number as "periodNumber", e.grant_id as "grantId",
      e.charge_id as "chargeId", -sum(e.amount) as drawn
    from unnest(${periods.map((each) => each.subscriptionId)}::text[], ${periods.map((each) => each.number)}::int[])
      as p (subscription_id, number)
    join credit_entries e on e.account_id = ${key.tenant.accountId} and e.livemode = ${key.tenant.livemode}
      and e.subscription_id = p.subscription_id and e.period_number = p.number
    where e.kind in ('consumed', 'restored') and e.created_at <= ${timestamptz(key.asOf)}
    group by e.subscription_id, e.period_number, e.grant_id, e.charge_id
    having sum(e.amount) <> 0`);
}

/** `from <= timestamp < to`, of events with one of the names. */
export interface Span {
  readonly from: Instant;
  readonly to: Instant;
  readonly eventNames: readonly string[];
}

/** The indexes of the spans in which the customer has events; a look into the index events_usage a span and name. */
export async function selectUsedSpans(
  db: Queryable,
  customer: { readonly tenant: Tenant; readonly externalId: string },
  spans: readonly Span[],
): Promise<number[]> {
  const { tenant, externalId } = customer;
  const asJson = spans.map(({ from, to, eventNames }, ordinal) => {
    return { ordinal, from_at: timestamptz(from), to_at: timestamptz(to), names: eventNames };
  });
  const rows = await db.query<{ ordinal: number }>(sql`
    select s.ordinal
    from jsonb_to_recordset(${JSON.stringify(asJson)}::jsonb)
      as s (ordinal int, from_at timestamptz, to_at timestamptz, names text[])
    where exists (
      select from unnest(s.names) as n (name)
      cross join lateral (
        select from events e
        where e.account_id = ${tenant.accountId} and e.livemode = ${tenant.livemode}
          and e.customer_ref = ${externalId} and e.event_name = n.name
          and e.event_at >= s.from_at and e.event_at < s.to_at
        limit 1
      ) used
    )`);
  return rows.map(({ ordinal }) => ordinal);
}
