import type { Queryable, Tenant } from '../storage/database.ts';
import { selectReferencedCustomers } from '../storage/event-customers.ts';
import { type EventPage, type EventRow, selectEventPage } from '../storage/events.ts';

/** How many events one page looks at for a status that few have: bounds the time of a request, not what is found. */
const STATUS_SCAN = 2_000;

export interface EventQuery extends Omit<EventPage, 'customerRef' | 'scan'> {
  /** An external_id or `cus_…`; events of a customer that does not exist are found by the name they were sent with. */
  readonly customerId: string | null;
}

export interface EventPageResult {
  readonly events: readonly EventRow[];
  /** The event after which the next page begins; null: there are no more. */
  readonly next: EventRow | null;
}

/**
 * A page, newest first. With a status it may have fewer events than `limit`, even none, and still a next page: each
 * page looks at a bounded number of events.
 */
export async function listEvents(db: Queryable, tenant: Tenant, query: EventQuery): Promise<EventPageResult> {
  const { customerId, ...filters } = query;
  const customerRef = customerId === null ? null : await customerRefOf(db, tenant, customerId);
  const limit = query.limit + 1;
  const scan = query.status === null ? limit : Math.max(STATUS_SCAN, limit);
  const rows = await selectEventPage(db, tenant, { ...filters, customerRef, limit, scan });
  const matching = rows.filter((row) => row.matches);
  const events = matching.slice(0, query.limit);
  if (matching.length > query.limit) return { events, next: events.at(-1) ?? null };
  const last = rows.at(-1);
  return { events, next: last !== undefined && last.place === scan ? last : null };
}

async function customerRefOf(db: Queryable, tenant: Tenant, customerId: string): Promise<string> {
  const [customer] = await selectReferencedCustomers(db, [{ tenant, reference: customerId }]);
  return customer?.externalId ?? customerId;
}
