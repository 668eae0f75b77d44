import * as z from 'zod';
import { getSubscription } from '../../operations/get-subscription.ts';
import { type Deadline, type NextWake, WAYS_OUT, type WorkflowStatus } from '../../orchestration/messages.ts';
import { WORKFLOW_STATES, type WorkflowCycle } from '../../orchestration/cycle.ts';
import { SUBSCRIPTION_STATUSES, type SubscriptionRow } from '../../storage/subscriptions.ts';
import { instantField } from '../answer-fields.ts';
import type { Example } from '../example.ts';
import { type CallContext, type Endpoint, endpoint, ok, takesNothing } from '../route.ts';
import { temporalUrl } from '../temporal-url.ts';
import { EXAMPLE_CYCLE } from './cycle-example.ts';
import { exampleTemporalUrl } from './examples.ts';

const DEADLINE_KINDS = [
  'start',
  'end_trial',
  'end_period',
  'resume',
  'cancel',
  'finalize',
  'bill_late_usage',
  'end_grants',
] as const satisfies readonly Deadline['kind'][];

const wakeUpAnswer = z
  .strictObject({
    at: instantField().meta({ description: 'When its timer rings, or what its test clock has to reach.' }),
    reason: z.enum([...DEADLINE_KINDS, 'sweep']).meta({
      description:
        'end_trial, end_period, end_grants (a credit grant ends), finalize (a draft becomes final), …; sweep: it looks whether anything changed unnoticed.',
    }),
    by_test_clock: z.boolean(),
    due_at: instantField().nullable().meta({ description: 'The instant that it is for; null for a sweep.' }),
    jitter_ms: z
      .int()
      .meta({ description: 'By how much the alarm rings later, so that not all of one instant ring at once.' }),
    period_number: z.int().nullable(),
    summary: z.string().meta({ description: 'As the timer is called in the Temporal UI.' }),
  })
  .nullable()
  .meta({ description: 'What wakes it if no message comes before; null while it works, or does not run.' });

const cycleAnswer = z
  .strictObject({
    object: z.literal('subscription_cycle'),
    livemode: z.boolean(),
    subscription_id: z.string(),
    workflow_id: z.string().meta({ description: 'Of the subscription, or `late-sub_…` while late usage is billed.' }),
    run_id: z.string().nullable(),
    workflow_status: z.enum(WORKFLOW_STATES).meta({
      description: 'completed: it is over; missing: Temporal has none, or no longer.',
    }),
    status: z.enum(SUBSCRIPTION_STATUSES).nullable().meta({ description: 'As the workflow has last read it.' }),
    current_period: z.strictObject({ number: z.int(), start: instantField(), end: instantField() }).nullable(),
    next_wake_up: wakeUpAnswer,
    deadlines: z
      .array(z.strictObject({ kind: z.enum(DEADLINE_KINDS), at: instantField(), period_number: z.int().nullable() }))
      .meta({ description: 'All that is known to come, earliest first.' }),
    busy_with: z.string().nullable().meta({ description: 'What it does at this moment, in words.' }),
    test_clock: z.strictObject({ id: z.string(), frozen_time: instantField() }).nullable(),
    last_problem: z
      .strictObject({ message: z.string(), is_over: z.boolean(), what_to_do: z.string().nullable() })
      .nullable(),
    temporal_url: z.string().nullable(),
  })
  .meta({ id: 'SubscriptionCycle' });

const example = {
  id: EXAMPLE_CYCLE.workflowId,
  status: 200,
  answer: {
    object: 'subscription_cycle',
    livemode: false,
    subscription_id: EXAMPLE_CYCLE.workflowId,
    workflow_id: EXAMPLE_CYCLE.workflowId,
    run_id: EXAMPLE_CYCLE.runId,
    workflow_status: 'running',
    status: 'active',
    current_period: EXAMPLE_CYCLE.status?.view?.period,
    next_wake_up: encodeWake(EXAMPLE_CYCLE.status?.next ?? null),
    deadlines: [{ kind: 'end_period', at: '2026-02-05T11:00:00Z', period_number: 0 }],
    busy_with: null,
    test_clock: null,
    last_problem: null,
    temporal_url: exampleTemporalUrl(EXAMPLE_CYCLE.workflowId),
  },
} satisfies Example;

export const subscriptionCycleEndpoint: Endpoint = endpoint({
  method: 'get',
  path: '/subscriptions/{id}/cycle',
  role: 'read',
  tag: 'Subscriptions',
  summary: 'Ask the workflow of a subscription what it waits for',
  description:
    'A live view, within five seconds: the next wake-up and why, the last problem and what to do. Needs Temporal; where no workflow runs, `workflow_status` says so.',
  query: takesNothing,
  body: takesNothing,
  example,
  answers: { 200: { description: 'The cycle.', schema: cycleAnswer } },
  errors: ['temporal_unavailable'],
  handle: async (call) => {
    const row = await getSubscription(call.deps.db, call.tenant, call.id);
    const isLate = row.status === 'canceled' && row.lateDueAt !== null;
    const cycle = await call.deps.readCycle(call.tenant.livemode, { subscriptionId: row.id, isLate });
    return ok(encodeCycle(call, row, cycle));
  },
});

function encodeCycle({ deps, tenant }: CallContext, row: SubscriptionRow, cycle: WorkflowCycle) {
  const { status, workflowId } = cycle;
  const view = status?.view ?? null;
  return {
    object: 'subscription_cycle',
    livemode: tenant.livemode,
    subscription_id: row.id,
    workflow_id: workflowId,
    run_id: cycle.runId,
    workflow_status: cycle.state,
    status: view?.status ?? null,
    current_period: view?.period ?? null,
    next_wake_up: encodeWake(status?.next ?? null),
    deadlines: (view?.deadlines ?? []).map(({ kind, at, periodNumber }) => ({ kind, at, period_number: periodNumber })),
    busy_with: status?.busyWith ?? null,
    test_clock: view === null || view.clock === null ? null : { id: view.clock.id, frozen_time: view.clock.frozenTime },
    last_problem: lastProblem(row, cycle),
    temporal_url: cycle.runId === null ? null : temporalUrl(deps.settings, tenant, workflowId),
  };
}

function encodeWake(next: NextWake | null) {
  if (next === null) return null;
  return {
    at: next.at,
    reason: next.reason,
    by_test_clock: next.byTestClock,
    due_at: next.dueAt,
    jitter_ms: next.jitterMs,
    period_number: next.periodNumber,
    summary: next.summary,
  };
}

const ASK_THE_UI = 'See that a worker runs and whether its log or the page of the workflow shows a failed task.';
const NO_ALARM =
  'Nothing, if it was made or changed a moment ago: the relay of a worker starts its workflow. Else the reconciler starts it once its next step is overdue.';

/** What stands in its way now, or did last. */
function lastProblem(row: SubscriptionRow, { state, status, silence }: WorkflowCycle) {
  if (silence !== null) return problemNow(silence, ASK_THE_UI);
  // Something is due one day, and no alarm will ring for it.
  if (state !== 'running')
    return row.nextDueAt === null ? null : problemNow('No workflow waits for what is due.', NO_ALARM);
  return status === null ? null : problemOf(status);
}

function problemOf({ view, problem, lastProblem: last = null }: WorkflowStatus) {
  const attention = view?.attention ?? null;
  if (attention !== null) return problemNow(attention.message, WAYS_OUT.attention);
  if (problem !== null) return problemNow(problem, WAYS_OUT.problem);
  return last === null ? null : { message: last, is_over: true, what_to_do: null };
}

function problemNow(message: string, whatToDo: string) {
  return { message, is_over: false, what_to_do: whatToDo };
}
