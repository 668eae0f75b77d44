import { hash } from 'node:crypto';
import type { Fault } from '../domain/errors/failure.ts';
import type { Instant } from '../domain/instant.ts';
import { canonicalJson, stringifyExactJson } from '../platform/exact-json.ts';

/** An event as it was sent; absent members were not sent. Only these five members, already validated. */
export interface SentEvent {
  readonly event_name: string;
  /** The customer's external_id or `cus_…`. */
  readonly customer_id: string;
  readonly idempotency_key: string;
  readonly timestamp?: string | undefined;
  readonly properties?: Readonly<Record<string, unknown>> | undefined;
}

/** An event that asks to be stored. */
export interface EventInput {
  readonly eventName: string;
  readonly customerId: string;
  readonly idempotencyKey: string;
  /** null: the time of receipt. */
  readonly timestamp: Instant | null;
  /** JSON text. */
  readonly properties: string;
  readonly bodyHash: Buffer;
}

/** One place of a batch: an event, or what is wrong with it; `param`s are relative to the item. */
export type EventItem = { readonly input: EventInput } | { readonly faults: readonly Fault[] };

/**
 * What is stored of an event, with the hash of what was sent: two events with one key are the same if their canonical
 * JSON is (billing rules 2), so an omitted timestamp equals only an omitted one.
 */
export function eventInput(sent: SentEvent, timestamp: Instant | null): EventInput {
  return {
    eventName: sent.event_name,
    customerId: sent.customer_id,
    idempotencyKey: sent.idempotency_key,
    timestamp,
    properties: stringifyExactJson(sent.properties ?? {}),
    bodyHash: hash('sha256', canonicalJson(sent), 'buffer'),
  };
}
