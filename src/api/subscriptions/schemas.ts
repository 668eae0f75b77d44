import * as z from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import type { Instant } from '../../domain/instant.ts';
import type { TimeInput } from '../../operations/create-subscription.ts';
import type { CommandAt } from '../../operations/commandable.ts';
import { SUBSCRIPTION_STATUSES } from '../../storage/subscriptions.ts';
import { answerObject, instantField } from '../answer-fields.ts';
import { closedObject } from '../closed-object.ts';
import { issueOf } from '../faults.ts';
import { listOf, pageParameters } from '../page.ts';
import { booleanParameter, integerParameter, metadata, readInstant, text } from '../request-fields.ts';

const DATE = /^\d{4}-\d\d-\d\d$/;

/** An instant, or a date: local midnight of the customer. */
function timeInput() {
  return z
    .string()
    .transform((value, context): TimeInput => {
      if (DATE.test(value)) {
        if (readInstant(`${value}T00:00:00Z`) !== null) return { date: value };
      } else {
        const instant = readInstant(value);
        if (instant !== null) return { instant };
      }
      const message =
        'Has to be ISO 8601 with an offset, such as "2026-01-31T09:30:00Z", or a date such as "2026-01-31".';
      context.addIssue(issueOf('not_an_instant', message));
      return z.NEVER;
    })
    .meta({ override: { type: 'string' }, example: '2026-01-01' });
}

export const createSubscriptionBody = closedObject({
  customer_id: text({ min: 1 }).meta({ description: 'external_id or `cus_…`.', example: 'acme' }),
  plan_id: text({ min: 1 }),
  plan_version: z.int().min(1).max(1_000_000).nullish().meta({ description: 'The newest unless given.' }),
  start_date: timeInput().nullish().meta({
    description: 'Now unless given. A past one closes every missed period, in order; a date is local midnight.',
  }),
  trial_end_date: timeInput()
    .nullish()
    .meta({ description: 'Usage before it is free; the first period starts at it.' }),
  metadata: metadata().nullish(),
});

export const changeSubscriptionBody = closedObject({
  metadata: metadata().meta({ description: 'Replaces all pairs.' }),
});

/** When a command takes effect. */
function commandAt() {
  return z
    .string()
    .transform((value, context): CommandAt => {
      if (value === 'now' || value === 'period_end') return value;
      const instant: Instant | null = readInstant(value);
      if (instant !== null) return { instant };
      context.addIssue(issueOf('invalid_value', 'Has to be "now", "period_end" or an instant.'));
      return z.NEVER;
    })
    .meta({ override: { type: 'string' }, example: 'period_end' });
}

export const cancelSubscriptionBody = closedObject({ at: commandAt() });

export const pauseSubscriptionBody = closedObject({
  at: commandAt()
    .default('now')
    .meta({ override: { type: 'string', default: 'now' } }),
});

export const resumeSubscriptionBody = closedObject({
  at: z
    .string()
    .transform((value, context): 'now' | { readonly instant: Instant } => {
      if (value === 'now') return value;
      const instant: Instant | null = readInstant(value);
      if (instant !== null) return { instant };
      context.addIssue(issueOf('invalid_value', 'Has to be "now" or an instant.'));
      return z.NEVER;
    })
    .default('now')
    .meta({ override: { type: 'string', default: 'now' } }),
});

export const changePlanBody = closedObject({
  plan_id: text({ min: 1 }),
  plan_version: z.int().min(1).max(1_000_000).nullish().meta({ description: 'The newest unless given.' }),
  at: z.enum(['now', 'period_end']).default('now'),
  proration: z.enum(['by_time', 'none']).default('by_time').meta({
    description:
      'Of a change now. by_time: flats, minimums and maximums of both parts by their seconds; none: the old ones whole, of the new part none.',
  }),
});

export const listSubscriptionsQuery = closedObject({
  customer_id: text({ min: 1 }).optional(),
  status: z.enum(SUBSCRIPTION_STATUSES).optional(),
  needs_attention: booleanParameter()
    .optional()
    .meta({ description: 'true: only those that stand still, and say why in `attention`; false: only the others.' }),
  ...pageParameters,
});

export const listPeriodsQuery = closedObject({
  upcoming: integerParameter({ min: 0, max: LIMITS.upcomingPeriods })
    .optional()
    .meta({ description: 'How many periods to come are added; 0 unless given.' }),
});

export const subscriptionAnswer = answerObject('subscription', {
  customer_id: z.string(),
  plan_id: z.string(),
  plan_version: z.int(),
  status: z.enum(SUBSCRIPTION_STATUSES),
  start_date: instantField(),
  trial_end_date: instantField().nullable(),
  current_period: z.strictObject({ number: z.int(), start: instantField(), end: instantField() }).nullable(),
  next_boundary_at: instantField().nullable(),
  cancel_at: instantField().nullable(),
  pause_at: instantField().nullable().meta({ description: 'When a planned pause begins, or since when it is paused.' }),
  resume_at: instantField().nullable(),
  pending_plan: z
    .strictObject({ plan_id: z.string(), plan_version: z.int() })
    .nullable()
    .meta({ description: 'What it moves to when the running period ends.' }),
  ended_at: instantField().nullable(),
  attention: z
    .strictObject({ code: z.string(), message: z.string(), at: instantField() })
    .nullable()
    .meta({ description: 'Why it stands still, or null.' }),
  temporal_url: z.string().nullable(),
}).meta({ id: 'Subscription' });

export const subscriptionListAnswer = listOf(subscriptionAnswer);

export const periodAnswer = z
  .strictObject({
    object: z.literal('period'),
    number: z.int(),
    start: instantField(),
    end: instantField(),
    status: z.enum(['running', 'ended', 'closed', 'upcoming']).meta({
      description: 'ended: its invoice is still a draft; closed: its invoice is final, or was waived.',
    }),
    plan_id: z.string(),
    plan_version: z.int(),
    timezone: z.string(),
  })
  .meta({ id: 'Period' });

export const periodListAnswer = listOf(periodAnswer);
