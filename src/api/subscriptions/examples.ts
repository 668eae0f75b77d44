import { type Example, exampleId, exampleList } from '../example.ts';

const PLACE = 'http://127.0.0.1:8233/namespaces/durabill-test/workflows';

/** Where the examples' workflows are to be seen. */
export function exampleTemporalUrl(subscriptionId: string): string {
  return `${PLACE}/${subscriptionId}`;
}

function subscription(number: number, fields: object) {
  const id = exampleId('subscription', number);
  return {
    id,
    object: 'subscription',
    livemode: false,
    created_at: '',
    customer_id: '',
    plan_id: '',
    plan_version: 1,
    status: 'active',
    start_date: '',
    trial_end_date: null,
    current_period: null,
    next_boundary_at: null,
    cancel_at: null,
    pause_at: null,
    resume_at: null,
    pending_plan: null,
    ended_at: null,
    attention: null,
    temporal_url: exampleTemporalUrl(id),
    metadata: {},
    ...fields,
  };
}

const current = { number: 0, start: '2026-01-05T11:00:00Z', end: '2026-02-05T11:00:00Z' };
const next = { number: 1, start: current.end, end: '2026-03-05T11:00:00Z' };
const acme = subscription(1, {
  created_at: '2026-01-05T11:00:00.250000Z',
  customer_id: 'acme',
  plan_id: exampleId('plan'),
  plan_version: 2,
  status: 'active',
  start_date: current.start,
  current_period: current,
  next_boundary_at: current.end,
  cancel_at: null,
  ended_at: null,
});
const globex = subscription(2, {
  created_at: '2026-01-01T00:00:00Z',
  customer_id: 'globex',
  plan_id: exampleId('plan', 2),
  plan_version: 1,
  status: 'canceled',
  start_date: '2026-01-01T00:00:00Z',
  current_period: null,
  next_boundary_at: null,
  cancel_at: '2026-01-11T00:00:00Z',
  ended_at: '2026-01-11T00:00:00Z',
});
/** Of Globex, too: planned to be canceled when the story begins. */
const other = subscription(4, {
  created_at: '2026-01-11T00:00:00Z',
  customer_id: 'globex',
  plan_id: exampleId('plan', 2),
  start_date: '2026-01-01T00:00:00Z',
  current_period: { number: 0, start: '2026-01-01T00:00:00Z', end: '2026-02-01T00:00:00Z' },
  next_boundary_at: '2026-02-01T00:00:00Z',
});
const pauseAt = '2026-01-20T00:00:00Z';
const pending_plan = { plan_id: exampleId('plan'), plan_version: 2 };
const umbrella = subscription(5, {
  created_at: '2026-01-11T00:00:00Z',
  customer_id: 'umbrella',
  plan_id: exampleId('plan', 3),
  start_date: '2025-11-15T00:00:00Z',
  current_period: { number: 1, start: '2025-12-15T00:00:00Z', end: '2026-01-15T00:00:00Z' },
  next_boundary_at: '2026-01-15T00:00:00Z',
  attention: {
    code: 'amount_too_large',
    message: 'The amount of Tokens has 61 integer digits; at most 60 can be billed.',
    at: '2026-01-11T00:00:00Z',
  },
});
const metadata = { order: 'A-17' };
const period = (span: typeof current, status: string) => ({
  object: 'period',
  ...span,
  status,
  plan_id: exampleId('plan'),
  plan_version: 2,
  timezone: 'America/New_York',
});

export const subscriptionExamples = {
  create: { body: { customer_id: 'acme', plan_id: exampleId('plan') }, status: 201, answer: acme },
  list: { query: { customer_id: 'acme', status: 'active' }, status: 200, answer: exampleList(acme) },
  get: { id: acme.id, status: 200, answer: acme },
  change: { id: acme.id, body: { metadata }, status: 200, answer: { ...acme, metadata } },
  listPeriods: {
    id: acme.id,
    query: { upcoming: 1 },
    status: 200,
    answer: exampleList(period(current, 'running'), period(next, 'upcoming')),
  },
  cancel: { id: globex.id, body: { at: 'now' }, status: 200, answer: globex },
  uncancel: {
    id: other.id,
    status: 200,
    answer: other,
  },
  pause: {
    id: other.id,
    body: { at: pauseAt },
    status: 200,
    answer: { ...other, pause_at: pauseAt, next_boundary_at: pauseAt },
  },
  resume: { id: other.id, body: { at: 'now' }, status: 200, answer: other },
  changePlan: {
    id: other.id,
    body: { plan_id: pending_plan.plan_id, at: 'period_end' },
    status: 200,
    answer: { ...other, pending_plan },
  },
  retry: { id: umbrella.id, status: 200, answer: umbrella },
} satisfies Record<string, Example>;
