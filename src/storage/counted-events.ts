import type { Instant } from '../domain/instant.ts';
import { type Queryable, type Tenant, timestamptz } from './database.ts';
import { sql } from './sql.ts';

/** Which of a customer's events a charge counts, as the function counts_event reads it. */
export interface CountedEvents {
  /** int8multirange text; null: all. */
  readonly seqs: string | null;
  /** Property name → accepted canonical texts; all must pass. */
  readonly filters: Readonly<Record<string, readonly string[]>>;
  readonly property: string | null;
  /** Whether the property has to be a number within the limits; else it only has to be there. */
  readonly needsNumber: boolean;
}

export function countedEventsText(counted: CountedEvents): string {
  const { seqs, filters, property, needsNumber } = counted;
  return JSON.stringify({ seqs, filters, property, needs_number: needsNumber });
}

/**
 * A fingerprint of the events that a line counts: sha256, in hexadecimal, of one row an event in the order of their
 * sequence numbers, `evt_… value` with the metered value. By the index events_usage.
 */
export async function selectUsageDigest(
  db: Queryable,
  tenant: Tenant,
  usage: {
    readonly customerRef: string;
    readonly eventName: string;
    readonly from: Instant;
    readonly to: Instant;
    readonly counted: CountedEvents;
  },
): Promise<string> {
  const { counted } = usage;
  const [row] = await db.query<{ digest: string }>(sql`
    select encode(sha256(convert_to(coalesce(string_agg(
      e.id::text || coalesce(' ' || (e.properties ->> ${counted.property}), ''), chr(10) order by e.seq
    ), ''), 'UTF8')), 'hex') as digest
    from events e
    where e.account_id = ${tenant.accountId} and e.livemode = ${tenant.livemode} and e.customer_ref = ${usage.customerRef}
      and e.event_name = ${usage.eventName} and e.event_at >= ${timestamptz(usage.from)}
      and e.event_at < ${timestamptz(usage.to)}
      and counts_event(${countedEventsText(counted)}::jsonb, e.seq, e.properties)`);
  return row?.digest ?? '';
}
