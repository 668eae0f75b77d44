import * as z from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import { eventInput, type EventItem } from '../../operations/event-input.ts';
import { EVENT_STATUSES } from '../../storage/event-status.ts';
import { instantField } from '../answer-fields.ts';
import { closedObject } from '../closed-object.ts';
import { issueOf, zodFaults } from '../faults.ts';
import { listOf, pageParameters } from '../page.ts';
import { instant, keyText, readInstant, text } from '../request-fields.ts';
import { unsafeTextIn } from '../unsafe-text.ts';
import { eventProperties } from './properties.ts';

const eventBody = closedObject({
  event_name: keyText().meta({ description: 'What was used; charges count events by it.', example: 'api_call' }),
  customer_id: keyText().meta({
    description: "The customer's `external_id`, also of one that is created later, or an existing `cus_…`.",
    example: 'acme',
  }),
  idempotency_key: text({ min: 1, max: LIMITS.idempotencyKeyLength }).meta({
    description: 'Names the event for ever: the same content again is answered with the first event.',
    example: 'req-8841',
  }),
  timestamp: instantText().optional().meta({
    description: 'When it was used, at most one hour ahead; the time of receipt (of the test clock) unless given.',
  }),
  properties: eventProperties().optional(),
});

/** As it was sent, for its content decides what a repetition is. */
export const createEventBody = eventBody.meta({ id: 'EventInput' });

/** ISO 8601 as `instant()` takes it, kept as text. */
function instantText() {
  return z
    .string()
    .superRefine((value, context) => {
      const read = instant().safeParse(value);
      for (const issue of read.error?.issues ?? []) context.addIssue({ ...issue });
    })
    .meta({ override: { type: 'string', format: 'date-time' }, example: '2026-01-31T09:30:00Z' });
}

/** An item of a batch with its own faults, so that one bad item does not spoil the others. */
const batchItem = z
  .unknown()
  .transform((value): EventItem => {
    const unsafe = unsafeTextIn(value);
    if (unsafe.length > 0) return { faults: unsafe };
    const parsed = eventBody.safeParse(value, { reportInput: true });
    return parsed.success ? { input: readEvent(parsed.data) } : { faults: zodFaults(parsed.error.issues) };
  })
  .meta({ override: { $ref: '#/components/schemas/EventInput' } });

export const createBatchBody = closedObject({
  events: z.array(batchItem).min(1).max(LIMITS.batchEvents),
  on_error: z
    .enum(['fail', 'continue'])
    .default('fail')
    .meta({ description: '`fail`: all or nothing. `continue`: stores what is good and tells the result of each.' }),
});

export function readEvent(sent: z.output<typeof eventBody>) {
  return eventInput(sent, sent.timestamp === undefined ? null : readInstant(sent.timestamp));
}

const status = z.enum(EVENT_STATUSES).meta({
  description:
    'The first that holds: `pending` (will be billed), `late` (its period is finalized), `billed`, `waived` (its ' +
    'invoice was voided), `free` (trial), `excluded` (unusable value), `unpriced` (no charge or no period covers it), ' +
    '`unmatched` (no such customer).',
});

export const listEventsQuery = closedObject({
  customer_id: keyText().optional(),
  event_name: keyText().optional(),
  from: instant().optional().meta({ description: 'Events at or after this timestamp.' }),
  to: instant().optional().meta({ description: 'Events before this timestamp.' }),
  status: status.optional(),
  line_id: text({ min: 1 }).optional().meta({
    description: 'Only the events that this invoice line counts; alone, or with status, limit and cursor.',
  }),
  ...pageParameters,
}).superRefine(({ line_id, customer_id, event_name, from, to }, context) => {
  if (line_id === undefined) return;
  if ([customer_id, event_name, from, to].every((each) => each === undefined)) return;
  context.addIssue({
    ...issueOf('invalid_value', 'A line has its own customer, event name and time.'),
    path: ['line_id'],
  });
});

export const eventAnswer = z
  .strictObject({
    id: z.string(),
    object: z.literal('event'),
    livemode: z.boolean(),
    created_at: instantField(),
    event_name: z.string(),
    customer_id: z.string(),
    idempotency_key: z.string(),
    timestamp: instantField(),
    properties: z.record(z.string(), z.unknown()),
    status,
    billed_by: z
      .array(z.strictObject({ invoice_id: z.string(), line_id: z.string().nullable(), charge_id: z.string() }))
      .meta({ description: 'The invoice lines that count it.' }),
  })
  .meta({ id: 'Event' });

export const eventListAnswer = listOf(eventAnswer);

const fault = z.strictObject({ param: z.string().nullable(), code: z.string(), message: z.string() });

export const batchAnswer = z
  .strictObject({
    object: z.literal('event_batch'),
    created: z.int(),
    duplicates: z.int(),
    results: z
      .array(
        z.strictObject({
          status: z.enum(['created', 'duplicate', 'conflict', 'invalid']),
          event_id: z.string().nullable(),
          error: fault.extend({ details: z.array(fault) }).nullable(),
        }),
      )
      .nullable()
      .meta({ description: 'One an event, in order, with `on_error: continue`; else null.' }),
  })
  .meta({ id: 'EventBatch' });
