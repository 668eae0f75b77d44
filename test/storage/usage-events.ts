import { type Instant, instantFromMicros } from '../../src/domain/instant.ts';
import { newUuid } from '../../src/platform/new-id.ts';
import { type Database, timestamptz } from '../../src/storage/database.ts';
import { sql } from '../../src/storage/sql.ts';
import type { UsageQuery } from '../../src/storage/usage.ts';

export const TENANT = { accountId: 1, livemode: false };
const START = 1_767_225_600_000_000n;

export interface StoredUsage {
  readonly name: string;
  /** Microseconds after the start that `after` counts from. */
  readonly at: number;
  readonly properties: Readonly<Record<string, unknown>> | { readonly json: string };
  readonly key?: string;
}

export function after(micros: number): Instant {
  return instantFromMicros(START + BigInt(micros));
}

/** Stores the events with ascending sequence numbers for a new customer; gives the number before the first. */
export async function storeUsage(
  db: Database,
  events: readonly StoredUsage[],
): Promise<{ customerRef: string; before: bigint }> {
  const customerRef = newUuid();
  const [first] = await db.query<{ seq: bigint }>(sql`select nextval('event_seq') as seq`);
  await db.query(sql`
    insert into events (account_id, livemode, id, seq, customer_ref, event_name, idempotency_key, event_at, received_at, properties)
    select ${TENANT.accountId}, ${TENANT.livemode}, id, nextval('event_seq'), ${customerRef}, event_name,
      coalesce(key, id::text), event_at, now(), properties
    from unnest(${events.map(() => newUuid())}::uuid[], ${events.map((event) => event.name)}::text[],
      ${events.map((event) => event.key ?? null)}::text[],
      ${events.map((event) => timestamptz(after(event.at)))}::timestamptz[],
      ${events.map(({ properties }) => jsonOf(properties))}::jsonb[]) as t (id, event_name, key, event_at, properties)`);
  return { customerRef, before: first?.seq ?? 0n };
}

function jsonOf(properties: StoredUsage['properties']): string {
  return typeof properties['json'] === 'string' ? properties['json'] : JSON.stringify(properties);
}

/** All `call` events of the first 100 µs, counted, unless the fields say otherwise. */
export function usageQuery(fields: Partial<UsageQuery> = {}): UsageQuery {
  return {
    chargeId: 'chg_1',
    eventName: 'call',
    aggregation: null,
    filters: {},
    cuts: [after(0), after(100)],
    ...fields,
  };
}
