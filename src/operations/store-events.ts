import type { Fault } from '../domain/errors/failure.ts';
import { addSeconds, formatInstant, type Instant, maxInstant, minInstant } from '../domain/instant.ts';
import { LIMITS } from '../domain/limits.ts';
import { newUuid } from '../platform/new-id.ts';
import type { Tenant, Transaction } from '../storage/database.ts';
import { eventBucket, lockBucketsShared } from '../storage/event-buckets.ts';
import { type ResolvedReference, selectReferencedCustomers } from '../storage/event-customers.ts';
import { insertEventKeys, selectEventKeys } from '../storage/event-keys.ts';
import { type EventAddress, insertEvents } from '../storage/events.ts';
import { insertLateNudges, type StoredSpan } from '../storage/outbox.ts';
import type { EventInput } from './event-input.ts';

/** An event and the tenant that sent it. */
export interface EventEntry {
  readonly tenant: Tenant;
  readonly input: EventInput;
}

export type EventOutcome =
  /** `duplicate`: the same event was stored before, at this address. */
  | { readonly status: 'created' | 'duplicate'; readonly address: EventAddress }
  /** Another event has the key. */
  | { readonly status: 'conflict' }
  | { readonly status: 'invalid'; readonly faults: readonly Fault[] };

/**
 * Stores what is valid and new of the entries and tells the outcome of each, in order; several tenants may be mixed.
 * Of entries with one key the first valid one is stored, and the later ones are compared with it. Nothing is
 * acknowledged until the transaction commits.
 *
 * Order: customers (no lock), shared buckets, keys sorted, sequence numbers; nobody can wait in a circle. One
 * statement a table, however many entries.
 */
export async function storeEvents(tx: Transaction, entries: readonly EventEntry[]): Promise<EventOutcome[]> {
  const resolved = await resolveEntries(tx, entries);
  const accepted = resolved.filter((each) => 'customerRef' in each);
  if (accepted.length === 0) return resolved.map(refusal);
  await lockBucketsShared(
    tx,
    accepted.map(({ tenant, customerRef }) => eventBucket(tenant, customerRef)),
  );
  const stored = await storeFirstOfEachKey(tx, accepted);
  return resolved.map((each) => ('customerRef' in each ? outcomeOf(each, stored) : refusal(each)));
}

interface AcceptedEntry extends EventEntry {
  readonly id: string;
  /** Tenant and idempotency key. */
  readonly key: string;
  /** The customer's external_id, or the name of one that may come to exist. */
  readonly customerRef: string;
  /** null: the time of receipt. */
  readonly eventAt: Instant | null;
}

interface RefusedEntry {
  readonly faults: readonly Fault[];
}

function refusal(entry: AcceptedEntry | RefusedEntry): EventOutcome {
  return { status: 'invalid', faults: 'faults' in entry ? entry.faults : [] };
}

async function resolveEntries(
  tx: Transaction,
  entries: readonly EventEntry[],
): Promise<(AcceptedEntry | RefusedEntry)[]> {
  const indexes = new Map<string, number>();
  const references: { tenant: Tenant; reference: string }[] = [];
  for (const { tenant, input } of entries) {
    const name = inTenant(tenant, input.customerId);
    if (indexes.has(name)) continue;
    indexes.set(name, references.length);
    references.push({ tenant, reference: input.customerId });
  }
  const rows = new Map((await selectReferencedCustomers(tx, references)).map((row) => [row.index, row]));
  return entries.map((entry) => {
    const row = rows.get(indexes.get(inTenant(entry.tenant, entry.input.customerId)) ?? -1);
    if (row === undefined) throw new Error('a customer reference got no answer');
    return resolveEntry(entry, row);
  });
}

/** Billing rules 2: an unknown `cus_…` and a timestamp more than an hour ahead are refused. */
function resolveEntry(entry: EventEntry, customer: ResolvedReference): AcceptedEntry | RefusedEntry {
  const { tenant, input } = entry;
  const faults: Fault[] = [];
  if (customer.externalId === null && input.customerId.startsWith('cus_')) {
    faults.push({ param: 'customer_id', code: 'unknown_customer', message: `No customer ${input.customerId}.` });
  }
  const latest = addSeconds(customer.now, LIMITS.eventAheadSeconds);
  if (customer.frozenAt === null && input.timestamp !== null && input.timestamp > latest) {
    const message = `May be at most one hour ahead; it is ${formatInstant(customer.now)} now.`;
    faults.push({ param: 'timestamp', code: 'too_far_ahead', message });
  }
  if (faults.length > 0) return { faults };
  return {
    ...entry,
    id: newUuid(),
    key: inTenant(tenant, input.idempotencyKey),
    customerRef: customer.externalId ?? input.customerId,
    eventAt: input.timestamp ?? customer.frozenAt,
  };
}

function inTenant(tenant: Tenant, name: string): string {
  return `${tenant.accountId}/${tenant.livemode}/${name}`;
}

interface StoredKey {
  readonly address: EventAddress;
  readonly bodyHash: Buffer;
}

/** What each key names now, whether it was stored before or just now. */
async function storeFirstOfEachKey(
  tx: Transaction,
  accepted: readonly AcceptedEntry[],
): Promise<ReadonlyMap<string, StoredKey>> {
  const firsts = new Map<string, AcceptedEntry>();
  for (const entry of accepted) if (!firsts.has(entry.key)) firsts.set(entry.key, entry);
  const sorted = [...firsts.values()].sort((left, right) => (left.key < right.key ? -1 : 1));
  const claimed = await insertEventKeys(
    tx,
    sorted.map(({ tenant, input, id }) => ({
      tenant,
      idempotencyKey: input.idempotencyKey,
      eventId: id,
      bodyHash: input.bodyHash,
    })),
  );
  const receivedAt = new Map(claimed.map((row) => [row.eventId, row.receivedAt]));
  const stored = new Map<string, StoredKey>();
  const fresh = [];
  for (const { key, tenant, input, id, customerRef, eventAt } of sorted) {
    const at = receivedAt.get(id);
    if (at === undefined) continue;
    stored.set(key, { address: { tenant, id, receivedAt: at }, bodyHash: input.bodyHash });
    const { eventName, idempotencyKey, properties } = input;
    fresh.push({ tenant, id, customerRef, eventName, idempotencyKey, eventAt, receivedAt: at, properties });
  }
  if (fresh.length > 0) {
    await insertEvents(tx, fresh);
    await insertLateNudges(tx, spansOf(fresh));
  }
  await addKnownKeys(
    tx,
    sorted.filter(({ key }) => !stored.has(key)),
    stored,
  );
  return stored;
}

/** Between which instants the events of each customer lie. */
function spansOf(
  events: readonly Pick<StoredSpan, 'tenant' | 'customerRef'>[] &
    readonly { eventAt: Instant | null; receivedAt: Instant }[],
): StoredSpan[] {
  const spans = new Map<string, StoredSpan>();
  for (const { tenant, customerRef, eventAt, receivedAt } of events) {
    const at = eventAt ?? receivedAt;
    const name = inTenant(tenant, customerRef);
    const known = spans.get(name);
    const span = { tenant, customerRef, from: at, to: at };
    spans.set(
      name,
      known === undefined ? span : { ...span, from: minInstant(known.from, at), to: maxInstant(known.to, at) },
    );
  }
  return [...spans.values()];
}

async function addKnownKeys(
  tx: Transaction,
  entries: readonly AcceptedEntry[],
  stored: Map<string, StoredKey>,
): Promise<void> {
  if (entries.length === 0) return;
  const keys = entries.map(({ tenant, input }) => ({ tenant, idempotencyKey: input.idempotencyKey }));
  for (const row of await selectEventKeys(tx, keys)) {
    const tenant = { accountId: row.accountId, livemode: row.livemode };
    const address = { tenant, id: row.eventId, receivedAt: row.receivedAt };
    stored.set(inTenant(tenant, row.idempotencyKey), { address, bodyHash: row.bodyHash });
  }
}

function outcomeOf(entry: AcceptedEntry, stored: ReadonlyMap<string, StoredKey>): EventOutcome {
  const known = stored.get(entry.key);
  if (known === undefined) throw new Error('an idempotency key was neither claimed nor found');
  if (known.address.id === entry.id) return { status: 'created', address: known.address };
  return known.bodyHash.equals(entry.input.bodyHash)
    ? { status: 'duplicate', address: known.address }
    : { status: 'conflict' };
}
