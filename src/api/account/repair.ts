import * as z from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import { endForeignWorkflows } from '../../operations/end-foreign-workflows.ts';
import { repairAccount } from '../../operations/repair-account.ts';
import { closedObject } from '../closed-object.ts';
import { text } from '../request-fields.ts';
import { endpoint, ok, takesNothing } from '../route.ts';
import { accountExamples } from './examples.ts';

const repairAccountBody = closedObject({
  after: text({ min: 1 })
    .nullish()
    .meta({ description: 'Goes on behind this subscription, the `last_id` of an earlier call.' }),
});

export const accountRepairAnswer = z
  .strictObject({
    object: z.literal('account_repair'),
    livemode: z.boolean(),
    queued: z.int().meta({ description: 'Subscriptions whose workflows are being started, or nudged where they run.' }),
    looked_at: z.int().meta({ description: 'Subscriptions on this page; ended ones need no workflow.' }),
    total: z.int().meta({ description: 'All subscriptions of this mode.' }),
    last_id: z.string().nullable(),
    has_more: z.boolean().meta({ description: 'Call again with `after`.' }),
  })
  .meta({ id: 'AccountRepair' });

export const repairAccountEndpoint = endpoint({
  method: 'post',
  path: '/account/repair',
  role: 'admin',
  tag: 'Account',
  summary: 'Rebuild the workflows from the database',
  description: `For a Temporal that lost its store: starts the workflow of every subscription that goes on, ${LIMITS.repairPage} subscriptions a call. Nothing is billed twice, what runs is only nudged, and it may be repeated. It writes to the outbox and needs no Temporal: the workers start the workflows as soon as they reach it; \`GET /account/health\` counts what is left in \`outbox.reviving\`. \`durabill repair\` does this.`,
  query: takesNothing,
  body: repairAccountBody,
  example: accountExamples.repair,
  answers: { 200: { description: 'What is being started.', schema: accountRepairAnswer } },
  handle: async ({ deps, tenant, body }) => {
    const made = await repairAccount(deps.db, tenant, { after: body.after ?? null });
    return ok({
      object: 'account_repair',
      livemode: tenant.livemode,
      queued: made.queued,
      looked_at: made.looked,
      total: made.total,
      last_id: made.lastId,
      has_more: made.hasMore,
    });
  },
});

const endForeignWorkflowsBody = closedObject({
  workflow_ids: z
    .array(text({ min: 1 }))
    .min(1)
    .max(LIMITS.healthShown)
    .meta({ description: 'Of `foreign_workflows` in `GET /account/health`.' }),
});

const refusals = {
  not_running: 'No run of it is at work.',
  other_type: 'It is no workflow of a subscription.',
  other_account: 'It is of another account.',
  asked_for: 'A subscription asks for it.',
} as const;

export const endedWorkflowsAnswer = z
  .strictObject({
    object: z.literal('ended_workflows'),
    livemode: z.boolean(),
    workflows: z.array(
      z.strictObject({
        workflow_id: z.string(),
        ended: z.boolean(),
        refusal: z
          .strictObject({
            code: z.enum(['not_running', 'other_type', 'other_account', 'asked_for']),
            message: z.string(),
          })
          .nullable()
          .meta({ description: 'Why it was left alone.' }),
      }),
    ),
  })
  .meta({ id: 'EndedWorkflows' });

export const endForeignWorkflowsEndpoint = endpoint({
  method: 'post',
  path: '/account/end-foreign-workflows',
  role: 'admin',
  tag: 'Account',
  summary: 'End workflows that no subscription asks for',
  description:
    'Terminates the named workflows, each after looking again whether a subscription of this database asks for it: such a one is left alone. Nothing else ever ends them.',
  query: takesNothing,
  body: endForeignWorkflowsBody,
  example: accountExamples.endForeignWorkflows,
  answers: { 200: { description: 'What became of each.', schema: endedWorkflowsAnswer } },
  errors: ['temporal_unavailable'],
  handle: async ({ deps, tenant, body }) => {
    const command = { server: deps.workflows, workflowIds: body.workflow_ids };
    const outcomes = await endForeignWorkflows(deps.db, tenant, command);
    return ok({
      object: 'ended_workflows',
      livemode: tenant.livemode,
      workflows: outcomes.map(({ workflowId, refusal }) => ({
        workflow_id: workflowId,
        ended: refusal === null,
        refusal: refusal === null ? null : { code: refusal, message: refusals[refusal] },
      })),
    });
  },
});
