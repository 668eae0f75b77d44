import { idFromUuid } from '../../domain/ids.ts';
import { formatInstant } from '../../domain/instant.ts';
import { inBatch, type OnError, outcomeFaults } from '../../operations/ingest-events.ts';
import type { EventOutcome } from '../../operations/store-events.ts';
import { parseExactJson } from '../../platform/exact-json.ts';
import type { Tenant } from '../../storage/database.ts';
import type { EventRow } from '../../storage/events.ts';

export function encodeEvent(tenant: Tenant, row: EventRow) {
  return {
    id: idFromUuid('event', row.id),
    object: 'event',
    livemode: tenant.livemode,
    created_at: formatInstant(row.receivedAt),
    event_name: row.eventName,
    customer_id: row.customerRef,
    idempotency_key: row.idempotencyKey,
    timestamp: formatInstant(row.eventAt),
    properties: parseExactJson(row.properties),
    status: row.status,
    billed_by: parseExactJson(row.billedBy),
  };
}

/** With `continue` one result an event; otherwise everything is stored and the counts tell it all. */
export function encodeBatch(outcomes: readonly EventOutcome[], onError: OnError) {
  const count = (status: EventOutcome['status']) => outcomes.filter((outcome) => outcome.status === status).length;
  return {
    object: 'event_batch',
    created: count('created'),
    duplicates: count('duplicate'),
    results: onError === 'continue' ? outcomes.map(encodeResult) : null,
  };
}

function encodeResult(outcome: EventOutcome, index: number) {
  const details = outcomeFaults(outcome).map((fault) => inBatch(fault, index));
  const [first] = details;
  return {
    status: outcome.status,
    event_id: 'address' in outcome ? idFromUuid('event', outcome.address.id) : null,
    error: first === undefined ? null : { ...first, code: errorCode(outcome), details },
  };
}

function errorCode(outcome: EventOutcome): 'idempotency_conflict' | 'invalid_body' {
  return outcome.status === 'conflict' ? 'idempotency_conflict' : 'invalid_body';
}
