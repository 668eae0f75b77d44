import type { Queryable, Tenant } from '../storage/database.ts';
import { selectReferencedCustomers } from '../storage/event-customers.ts';
import { type EventPage, type EventRow, selectEventPage } from '../storage/events.ts';

/** One statement looks at so many events for their status, and one page takes so many statements at most. */
const EVENTS_PER_SCAN = 2_000;
const SCANS_PER_PAGE = 10;

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
 * A page, newest first. With a status that few events have it may have fewer events than `limit`, even none, and still
 * a next page: each page looks at a bounded number of events, so that no request takes for ever.
 */
export async function listEvents(db: Queryable, tenant: Tenant, query: EventQuery): Promise<EventPageResult> {
  const { customerId, ...filters } = query;
  const customerRef = customerId === null ? null : await customerRefOf(db, tenant, customerId);
  const limit = query.limit + 1;
  const scan = query.status === null ? limit : Math.max(EVENTS_PER_SCAN, limit);
  const events: EventRow[] = [];
  let last: EventRow | null = null;
  for (let scans = 0; scans < SCANS_PER_PAGE; scans += 1) {
    const after: string | null = last?.id ?? query.after;
    const rows = await selectEventPage(db, tenant, { ...filters, customerRef, after, limit, scan });
    events.push(...rows.filter((row) => row.matches));
    if (events.length > query.limit)
      return { events: events.slice(0, query.limit), next: events[query.limit - 1] ?? null };
    const end = rows.at(-1);
    if (end?.place !== scan) return { events, next: null };
    last = end;
  }
  return { events, next: last };
}

async function customerRefOf(db: Queryable, tenant: Tenant, customerId: string): Promise<string> {
  const [customer] = await selectReferencedCustomers(db, [{ tenant, reference: customerId }]);
  return customer?.externalId ?? customerId;
}
