import type { Instant } from '../domain/instant.ts';
import { type Queryable, type Tenant, timestamptz } from './database.ts';
import { type PeriodRow, selectPeriodsByNumber } from './periods.ts';
import { type AsOfNumber, COUNTED_SINCE, countedBelow } from './invoice-order.ts';
import { sql } from './sql.ts';

/**
 * Up to which event the closing and late invoices of a subscription have counted what came for its closed periods, void
 * ones included, also drafts that were voided; null before the first.
 */
export async function selectCountedSeq(
  db: Queryable,
  tenant: Tenant,
  of: AsOfNumber & { readonly subscriptionId: string },
): Promise<bigint | null> {
  const [row] = await db.query<{ seq: bigint | null }>(sql`
    select max(i.usage_cutoff_seq) as seq from invoices i
    where i.account_id = ${tenant.accountId} and i.livemode = ${tenant.livemode} and i.subscription_id = ${of.subscriptionId}
      and i.kind in ('closing', 'late') and ${COUNTED_SINCE} < ${countedBelow(of)}`);
  return row?.seq ?? null;
}

/**
 * The closed periods of a subscription, in their order, that contain events of these sequence numbers. Periods whose draft
 * was voided are waived with all events that ever come, so they are not among them. Reads the events of the range by the
 * index events_arrival, and for each day of them the periods by periods_start.
 */
export async function selectLatePeriods(
  db: Queryable,
  query: AsOfNumber & {
    readonly tenant: Tenant;
    readonly subscriptionId: string;
    readonly customerRef: string;
    /** int8multirange text. */
    readonly seqs: string;
    /** Only events before it, where nothing behind it is closed; null: all. */
    readonly before: Instant | null;
  },
): Promise<PeriodRow[]> {
  const { tenant, subscriptionId } = query;
  const rows = await db.query<{ number: number }>(sql`
    select distinct p.number
    from (
      select distinct e.event_at from events e
      where e.account_id = ${tenant.accountId} and e.livemode = ${tenant.livemode} and e.customer_ref = ${query.customerRef}
        and e.seq >= coalesce(lower(${query.seqs}::int8multirange), 0) and e.seq < coalesce(upper(${query.seqs}::int8multirange), 9223372036854775807)
        and e.seq <@ ${query.seqs}::int8multirange and e.event_at < coalesce(${timestamptz(query.before)}::timestamptz, 'infinity')
    ) e
    cross join lateral (
      select p.* from periods p
      where p.account_id = ${tenant.accountId} and p.livemode = ${tenant.livemode} and p.subscription_id = ${subscriptionId}
        and p.start_at <= e.event_at
      order by p.start_at desc, p.number desc limit 1
    ) p
    where e.event_at < p.end_at and p.status = 'closed' and exists (
      select from invoices i
      where i.account_id = p.account_id and i.livemode = p.livemode and i.subscription_id = p.subscription_id
        and i.period_number = p.number and i.kind = 'closing' and i.number_seq < ${countedBelow(query)}
    )`);
  return selectPeriodsByNumber(db, { tenant, subscriptionId, numbers: rows.map(({ number }) => number) });
}
