import * as z from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import { PROBLEM_CODES } from '../../operations/health-problems.ts';
import { instantField } from '../answer-fields.ts';

const count = () => z.int().meta({ description: `At most ${LIMITS.healthCount} are counted.` });
const shown = { description: `The first ${LIMITS.healthShown} of them.` };
const subscription = { subscription_id: z.string(), customer_id: z.string(), temporal_url: z.string().nullable() };

export const accountHealthAnswer = z
  .strictObject({
    object: z.literal('account_health'),
    livemode: z.boolean(),
    checked_at: instantField(),
    ok: z.boolean().meta({ description: 'Nothing needs a person.' }),
    problems: z
      .array(z.strictObject({ code: z.enum(PROBLEM_CODES), message: z.string(), fix: z.string() }))
      .meta({ description: 'What needs a person, causes first. What mends itself within minutes is not among them.' }),
    temporal: z.strictObject({
      reachable: z.boolean(),
      workflow_pollers: z.int().nullable().meta({
        description: 'Workers that asked for workflow tasks within five minutes; null: unknown.',
      }),
      activity_pollers: z.int().nullable(),
    }),
    reconciler: z.strictObject({
      last_round_at: instantField().nullable().meta({ description: 'When its last round ended; null: never.' }),
      compared_at: instantField().nullable().meta({
        description: 'The latest instant of which every subscription and every workflow has been compared.',
      }),
      problem: z.string().nullable().meta({ description: 'Why the last round could not compare.' }),
    }),
    outbox: z.strictObject({
      waiting: z.int().meta({ description: 'Nudges that no workflow has got yet.' }),
      reviving: z.int().meta({ description: 'Of these, the ones that start workflows anew.' }),
      oldest_at: instantField().nullable(),
      last_error: z.string().nullable(),
    }),
    overdue: z.strictObject({
      count: count(),
      stuck: z.int().meta({ description: 'Of these, the ones that do not go on although they are told to.' }),
      subscriptions: z
        .array(
          z.strictObject({
            ...subscription,
            due_at: instantField(),
            nudged_at: instantField().nullable().meta({ description: 'Since when the reconciler tells it to go on.' }),
          }),
        )
        .meta(shown),
    }),
    needs_attention: z.strictObject({
      count: z.int(),
      subscriptions: z
        .array(
          z.strictObject({
            ...subscription,
            code: z.string(),
            message: z.string(),
            since: instantField(),
            draft_invoice_id: z
              .string()
              .nullable()
              .meta({ description: 'Of the period that cannot be rated; its void waives the period.' }),
          }),
        )
        .meta({ description: 'Newest first, at most 50; `GET /subscriptions?needs_attention=true` lists all.' }),
    }),
    missing_workflows: z.strictObject({
      count: count(),
      workflows: z
        .array(z.strictObject({ workflow_id: z.string(), subscription_id: z.string(), found_at: instantField() }))
        .meta(shown),
    }),
    foreign_workflows: z.strictObject({
      count: count(),
      workflows: z
        .array(
          z.strictObject({
            workflow_id: z.string(),
            workflow_type: z.string(),
            reason: z.enum(['no_subscription', 'over']).meta({
              description: 'No subscription has this id, or it is over and was told so.',
            }),
            started_at: instantField().nullable(),
            found_at: instantField(),
            temporal_url: z.string().nullable(),
          }),
        )
        .meta(shown),
    }),
  })
  .meta({ id: 'AccountHealth' });
