import type { Instant } from '../domain/instant.ts';
import { type Queryable, type Tenant, type Transaction, timestamptz } from './database.ts';
import { EVENT_STANDING, type EventStatus } from './event-status.ts';
import { fragment, sql } from './sql.ts';

export interface NewEvent {
  readonly tenant: Tenant;
  /** UUIDv7. */
  readonly id: string;
  readonly customerRef: string;
  readonly eventName: string;
  readonly idempotencyKey: string;
  /** null: the time of receipt. */
  readonly eventAt: Instant | null;
  readonly receivedAt: Instant;
  /** JSON text. */
  readonly properties: string;
}

/** Where an event lies; the instant of receipt names its partition. */
export interface EventAddress {
  readonly tenant: Tenant;
  readonly id: string;
  readonly receivedAt: Instant;
}

/** An event with what became of it. */
export interface EventRow {
  /** UUID. */
  readonly id: string;
  readonly customerRef: string;
  readonly eventName: string;
  readonly idempotencyKey: string;
  readonly eventAt: Instant;
  readonly receivedAt: Instant;
  /** JSON text. */
  readonly properties: string;
  readonly status: EventStatus;
  /** JSON text: a list of `{invoice_id, line_id, charge_id}`. */
  readonly billedBy: string;
}

const COLUMNS = fragment`
  e.id, e.customer_ref as "customerRef", e.event_name as "eventName", e.idempotency_key as "idempotencyKey",
  e.event_at as "eventAt", e.received_at as "receivedAt", e.properties, standing.status,
  standing.billed_by as "billedBy"`;

/** The caller holds the shared locks of the buckets, so the sequence numbers are drawn under them. */
export async function insertEvents(tx: Transaction, events: readonly NewEvent[]): Promise<void> {
  await tx.query(sql`
    insert into events (account_id, livemode, id, seq, customer_ref, event_name, idempotency_key, event_at, received_at,
      properties)
    select account_id, livemode, id, nextval('event_seq'), customer_ref, event_name, idempotency_key,
      coalesce(event_at, received_at), received_at, properties
    from unnest(${events.map((event) => event.tenant.accountId)}::int[],
      ${events.map((event) => event.tenant.livemode)}::boolean[], ${events.map((event) => event.id)}::uuid[],
      ${events.map((event) => event.customerRef)}::text[], ${events.map((event) => event.eventName)}::text[],
      ${events.map((event) => event.idempotencyKey)}::text[],
      ${events.map((event) => timestamptz(event.eventAt))}::timestamptz[],
      ${events.map((event) => timestamptz(event.receivedAt))}::timestamptz[],
      ${events.map((event) => event.properties)}::jsonb[])
      as t (account_id, livemode, id, customer_ref, event_name, idempotency_key, event_at, received_at, properties)`);
}

/** In no order. By the primary key, each in its one partition. */
export async function selectEventsAt(db: Queryable, addresses: readonly EventAddress[]): Promise<EventRow[]> {
  return db.query<EventRow>(sql`
    select ${COLUMNS}
    from unnest(${addresses.map((address) => address.tenant.accountId)}::int[],
      ${addresses.map((address) => address.tenant.livemode)}::boolean[],
      ${addresses.map((address) => address.id)}::uuid[],
      ${addresses.map((address) => timestamptz(address.receivedAt))}::timestamptz[])
      as t (account_id, livemode, id, received_at)
    join events e using (account_id, livemode, id, received_at)
    ${EVENT_STANDING}`);
}

export async function selectEvent(db: Queryable, tenant: Tenant, id: string): Promise<EventRow | null> {
  const rows = await db.query<EventRow>(sql`
    select ${COLUMNS}
    from events e
    ${EVENT_STANDING}
    where e.account_id = ${tenant.accountId} and e.livemode = ${tenant.livemode} and e.id = ${id}`);
  return rows[0] ?? null;
}

export interface EventPage {
  readonly customerRef: string | null;
  readonly eventName: string | null;
  /** Half-open on the event's timestamp. */
  readonly from: Instant | null;
  readonly to: Instant | null;
  readonly status: EventStatus | null;
  /** Only events that a charge counts, as JSON text of `CountedEvents`; null: all. */
  readonly counted?: string | null;
  /** Events older than this UUID, newest first. */
  readonly after: string | null;
  readonly limit: number;
  /** How many events that pass the other filters are looked at for their status. */
  readonly scan: number;
}

/** One of the scanned events: it has the status, or is the last of a full scan and marks how far that came. */
export type EventPageRow = EventRow & {
  readonly matches: boolean;
  /** From 1, in the order of the scan. */
  readonly place: number;
};

const IS = fragment`=`;
/** With null on its right: everything. A filter that is off must not stand in the way of the index by an `or`. */
const IS_ANYTHING = fragment`is distinct from`;

/**
 * Up to `limit` events with the status, newest first, among the next `scan` ones that pass the other filters; then the
 * last one scanned, if the scan was full. By events_customer_list, else the primary key, backwards.
 */
export async function selectEventPage(db: Queryable, tenant: Tenant, page: EventPage): Promise<EventPageRow[]> {
  return db.query<EventPageRow>(sql`
    with candidate as materialized (
      select e.*, (row_number() over (order by e.id desc))::int as place
      from (
        select * from events e
        where e.account_id = ${tenant.accountId} and e.livemode = ${tenant.livemode}
          and e.customer_ref ${page.customerRef === null ? IS_ANYTHING : IS} ${page.customerRef}
          and e.event_name ${page.eventName === null ? IS_ANYTHING : IS} ${page.eventName}
          and e.event_at >= coalesce(${timestamptz(page.from)}::timestamptz, '-infinity')
          and e.event_at < coalesce(${timestamptz(page.to)}::timestamptz, 'infinity')
          and e.id < coalesce(${page.after}::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
          and (${page.counted ?? null}::jsonb is null or counts_event(${page.counted ?? null}::jsonb, e.seq, e.properties))
        order by e.id desc
        limit ${page.scan}
      ) e
    )
    select ${COLUMNS}, (${page.status}::text is null or standing.status = ${page.status}) as matches, e.place
    from candidate e
    ${EVENT_STANDING}
    where ${page.status}::text is null or standing.status = ${page.status} or e.place = ${page.scan}
    order by e.id desc
    limit ${page.limit}`);
}
