import * as z from 'zod';
import { formatInstant } from '../../domain/instant.ts';
import { ACTOR_TYPES, HISTORY_CAUSES, HISTORY_KINDS } from '../../domain/subscription/history.ts';
import { listSubscriptionHistory } from '../../operations/list-subscription-history.ts';
import type { Tenant } from '../../storage/database.ts';
import type { HistoryRow } from '../../storage/subscription-history.ts';
import { answerObject, instantField } from '../answer-fields.ts';
import { closedObject } from '../closed-object.ts';
import { type Example, exampleId, examplePage } from '../example.ts';
import { listOf, pageBody, pageParameters, pageRequest } from '../page.ts';
import { type Endpoint, endpoint, ok, takesNothing } from '../route.ts';

const actorAnswer = z
  .strictObject({
    type: z.enum(ACTOR_TYPES).meta({
      description:
        'signal: the run of a workflow, because of a message to it; reconciler: the schedule that finds what is overdue; system: the product itself.',
    }),
    id: z.string().nullable().meta({ description: 'Of the API key, or the workflow.' }),
    role: z.string().nullable().meta({ description: 'Of the API key, as it was then.' }),
    run_id: z.string().nullable().meta({ description: "The workflow's run." }),
  })
  .meta({ description: 'Who did it.' });

const entryAnswer = answerObject('subscription_history_entry', {
  subscription_id: z.string(),
  sequence: z.int().meta({ description: 'Counts on from 1 without gaps, in the order in which things happened.' }),
  kind: z.enum(HISTORY_KINDS).meta({
    description:
      'period_closed: its closing invoice is final, or was waived; waived: its closing draft was voided; invoice_reissued: invoice_id replaces a void one; version_moved: another version of the same plan.',
  }),
  cause: z.enum(HISTORY_CAUSES).meta({
    description:
      'timer: its time had come; catch_up: its time had come before, and whoever came by carried it out; command: somebody asked for it; trigger: somebody asked for an invoice.',
  }),
  at: instantField().meta({
    description:
      'The instant that it counts from, by the test clock for customers on one; `created_at` is when it was recorded, by the clock of the database.',
  }),
  actor: actorAnswer,
  period_number: z.int().nullable(),
  invoice_id: z.string().nullable(),
  invoice_number: z.string().nullable().meta({ description: 'The number that the invoice had by then.' }),
  plan_id: z.string().nullable().meta({ description: 'What it is on from here on, or is to move to.' }),
  plan_version: z.int().nullable(),
  effective_at: instantField().nullable().meta({
    description:
      'When it takes effect: of what is scheduled; the start of a new subscription, the end of a trial, the finalization of a draft.',
  }),
  message: z.string().nullable().meta({ description: 'Why it needs attention, or the reason of a void.' }),
}).meta({ id: 'SubscriptionHistoryEntry' });

const id = exampleId('subscription', 4);
const example = {
  id,
  query: { limit: 1 },
  status: 200,
  answer: examplePage({
    id: exampleId('historyEntry'),
    object: 'subscription_history_entry',
    livemode: false,
    created_at: '2026-01-11T09:14:02.250000Z',
    subscription_id: id,
    sequence: 7,
    kind: 'plan_change_scheduled',
    cause: 'command',
    at: '2026-01-11T00:00:00Z',
    actor: { type: 'api_key', id: exampleId('apiKey', 2), role: 'admin', run_id: null },
    period_number: null,
    invoice_id: null,
    invoice_number: null,
    plan_id: exampleId('plan'),
    plan_version: 2,
    effective_at: '2026-02-01T00:00:00Z',
    message: null,
    metadata: {},
  }),
} satisfies Example;

export const subscriptionHistoryEndpoint: Endpoint = endpoint({
  method: 'get',
  path: '/subscriptions/{id}/history',
  role: 'read',
  tag: 'Subscriptions',
  summary: 'List what happened to a subscription',
  description:
    'Newest first: who did what, when and why. Written with the change itself and never changed; what happened before the product kept histories is not told.',
  query: closedObject(pageParameters),
  body: takesNothing,
  example,
  answers: { 200: { description: 'A page of its history, newest first.', schema: listOf(entryAnswer) } },
  handle: async (call) => {
    const { deps, tenant } = call;
    const request = await pageRequest(call);
    const { after, limit } = request.page;
    const before = after === null ? null : Number(after.id);
    const rows = await listSubscriptionHistory(deps.db, tenant, { subscriptionId: call.id, before, limit });
    const positioned = rows.map((row) => ({ ...row, createdAt: row.recordedAt }));
    return ok(
      pageBody(request, positioned, {
        encode: (row) => encodeEntry(tenant, row),
        position: (row) => ({ createdAt: row.recordedAt, id: row.seq.toString() }),
      }),
    );
  },
});

function encodeEntry(tenant: Tenant, row: HistoryRow) {
  return {
    id: row.id,
    object: 'subscription_history_entry',
    livemode: tenant.livemode,
    created_at: formatInstant(row.recordedAt),
    subscription_id: row.subscriptionId,
    sequence: row.seq,
    kind: row.kind,
    cause: row.cause,
    at: formatInstant(row.at),
    actor: { type: row.actorType, id: row.actorId, role: row.actorRole, run_id: row.runId },
    period_number: row.periodNumber,
    invoice_id: row.invoiceId,
    invoice_number: row.invoiceNumber,
    plan_id: row.planId,
    plan_version: row.planVersion,
    effective_at: formatInstant(row.effectiveAt),
    message: row.message,
    metadata: {},
  };
}
