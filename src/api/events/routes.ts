import { getEvent } from '../../operations/get-event.ts';
import { ingestEvents } from '../../operations/ingest-events.ts';
import { type Endpoint, endpoint, ok, takesNothing } from '../route.ts';
import { answerEventPage } from './answer-event-page.ts';
import { encodeBatch, encodeEvent } from './codec.ts';
import { eventExamples } from './examples.ts';
import {
  batchAnswer,
  createBatchBody,
  createEventBody,
  eventAnswer,
  eventListAnswer,
  listEventsQuery,
  readEvent,
} from './schemas.ts';

export const eventEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'post',
    path: '/events',
    role: 'ingest',
    tag: 'Events',
    summary: 'Store one event',
    description:
      'The answer means that it is committed to disk. Sent again with the same key and content, the first event is ' +
      'answered with 200 and `Idempotent-Replayed: true`.',
    query: takesNothing,
    body: createEventBody,
    example: eventExamples.create,
    answers: {
      201: { description: 'The event.', schema: eventAnswer },
      200: { description: 'The event that was stored with this key before.', schema: eventAnswer },
    },
    errors: ['idempotency_conflict'],
    takesIdempotencyKey: false,
    rateLimit: 'ingestion',
    handle: async ({ deps, tenant, body }) => {
      const { event, isReplay } = await deps.events.ingest(tenant, readEvent(body));
      const answer = encodeEvent(tenant, event);
      return isReplay
        ? { status: 200, body: answer, headers: { 'Idempotent-Replayed': 'true' } }
        : { status: 201, body: answer };
    },
  }),
  endpoint({
    method: 'post',
    path: '/events/batch',
    role: 'ingest',
    tag: 'Events',
    summary: 'Store up to 1,000 events',
    description:
      'All or nothing, unless `on_error` is `continue`. Of two events with one key the first counts, and the second is ' +
      'a duplicate or a conflict.',
    query: takesNothing,
    body: createBatchBody,
    example: eventExamples.createBatch,
    answers: { 200: { description: 'What became of them.', schema: batchAnswer } },
    errors: ['idempotency_conflict'],
    takesIdempotencyKey: false,
    rateLimit: 'ingestion',
    checksTextItself: true,
    handle: async ({ deps, tenant, body }) => {
      const onError = body.on_error;
      const outcomes = await ingestEvents(deps.db, tenant, { items: body.events, onError });
      return ok(encodeBatch(outcomes, onError));
    },
  }),
  endpoint({
    method: 'get',
    path: '/events',
    role: 'read',
    tag: 'Events',
    summary: 'List events',
    description:
      'Newest first. With `status` a page may have fewer events than `limit`, even none, and still a next page: go by ' +
      '`has_more`.',
    query: listEventsQuery,
    body: takesNothing,
    example: eventExamples.list,
    answers: { 200: { description: 'A page of events.', schema: eventListAnswer } },
    handle: answerEventPage,
  }),
  endpoint({
    method: 'get',
    path: '/events/{id}',
    role: 'read',
    tag: 'Events',
    summary: 'Get an event with what became of it',
    query: takesNothing,
    body: takesNothing,
    example: eventExamples.get,
    answers: { 200: { description: 'The event.', schema: eventAnswer } },
    handle: async ({ deps, tenant, id }) => ok(encodeEvent(tenant, await getEvent(deps.db, tenant, id))),
  }),
];
