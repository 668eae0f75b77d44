import { type Example, exampleId, examplePage } from '../example.ts';

interface Sent {
  readonly event_name: string;
  readonly customer_id: string;
  readonly idempotency_key: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

function call(number: number, properties: Sent['properties']): Sent {
  return { event_name: 'api_call', customer_id: 'acme', idempotency_key: `req-884${number}`, properties };
}

function stored(number: number, sent: Sent) {
  return {
    id: exampleId('event', number),
    object: 'event',
    livemode: false,
    created_at: `2026-01-05T12:0${number}:00Z`,
    event_name: sent.event_name,
    customer_id: sent.customer_id,
    idempotency_key: sent.idempotency_key,
    timestamp: `2026-01-05T12:0${number}:00Z`,
    properties: sent.properties,
    status: 'pending',
    billed_by: [],
  };
}

const first = call(1, { region: 'eu', tokens: 1200 });
const second = call(2, { region: 'eu', tokens: 300 });
const third = call(3, { region: 'us', tokens: 500 });
const result = (number: number) => ({ status: 'created', event_id: exampleId('event', number), error: null });

export const eventExamples = {
  create: {
    body: first,
    status: 201,
    answer: stored(1, first),
    repeated: { status: 200, answer: stored(1, first) },
  },
  createBatch: {
    body: { events: [second, third], on_error: 'continue' },
    status: 200,
    answer: { object: 'event_batch', created: 2, duplicates: 0, results: [result(2), result(3)] },
  },
  list: {
    query: { customer_id: 'acme', event_name: 'api_call', from: '2026-01-01T00:00:00Z', status: 'pending', limit: 2 },
    status: 200,
    answer: examplePage(stored(3, third), stored(2, second)),
  },
  get: { id: exampleId('event'), status: 200, answer: stored(1, first) },
} satisfies Record<string, Example>;
