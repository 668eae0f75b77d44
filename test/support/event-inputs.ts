import { type EventInput, eventInput, type SentEvent } from '../../src/operations/event-input.ts';
import { parseExactJson } from '../../src/platform/exact-json.ts';
import { newUuid } from '../../src/platform/new-id.ts';
import { at } from './billing-world.ts';

/** An event as the API would read it, with a key of its own unless given. */
export function sent(fields: Partial<SentEvent> = {}): EventInput {
  const event = { event_name: 'call', customer_id: 'acme', idempotency_key: newUuid(), ...fields };
  return eventInput(event, event.timestamp === undefined ? null : at(event.timestamp));
}

/** The same from JSON text, whose numbers stay as they are written. */
export function sentAs(json: string): EventInput {
  const event = parseExactJson(json) as SentEvent;
  return eventInput(event, event.timestamp === undefined ? null : at(event.timestamp));
}
