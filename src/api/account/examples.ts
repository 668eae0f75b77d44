import { type Example, exampleId } from '../example.ts';
import { exampleTemporalUrl } from '../subscriptions/examples.ts';

const account = {
  id: exampleId('account'),
  object: 'account',
  livemode: false,
  created_at: '2026-01-05T08:00:00Z',
  name: 'My account',
  email: null,
  address: null,
  currency: 'USD',
  timezone: 'UTC',
  invoice_prefix: 'INV',
  finalization_delay: 3600,
  net_days: 30,
  tax_rate_ids: [],
  metadata: {},
};
/** The seller on the invoices of later examples. */
export const exampleContact = {
  email: 'billing@example.com',
  address: {
    line1: 'Torstr. 1',
    line2: null,
    city: 'Berlin',
    state: null,
    postal_code: '10119',
    country: 'DE',
  },
};
/** Of a database that is gone. */
const FOREIGN = 'sub_01jx40q4r5e00800tb2k3mvw9c';
const changes = { ...exampleContact, timezone: 'Europe/Berlin', net_days: 14 };

export const accountExamples = {
  get: { status: 200, answer: account },
  verify: {
    body: { after: 'triggers_keep_what_is_final' },
    status: 200,
    answer: {
      object: 'account_verification',
      livemode: false,
      invariants: [
        {
          name: 'nudges_are_delivered',
          description: 'What changed is told to the workflows within minutes.',
          severity: 'warning',
          checked: true,
          violations: 0,
          examples: [],
        },
      ],
      ok: true,
      has_more: false,
    },
  },
  health: {
    status: 200,
    answer: {
      object: 'account_health',
      livemode: false,
      checked_at: '2026-01-11T09:00:00Z',
      ok: false,
      problems: [
        {
          code: 'needs_attention',
          message: '1 subscription stands still and waits for you.',
          fix: 'Mend the cause, for instance with events that correct the usage, and POST /v1/subscriptions/{id}/retry; or void the draft invoice, which waives its period.',
        },
      ],
      temporal: { reachable: true, workflow_pollers: 1, activity_pollers: 1 },
      reconciler: { last_round_at: '2026-01-11T08:59:20Z', compared_at: '2026-01-11T08:59:19Z', problem: null },
      outbox: { waiting: 6, reviving: 0, oldest_at: '2026-01-11T08:59:58Z', last_error: null },
      overdue: { count: 0, stuck: 0, subscriptions: [] },
      needs_attention: {
        count: 1,
        subscriptions: [
          {
            subscription_id: exampleId('subscription', 5),
            customer_id: 'umbrella',
            temporal_url: exampleTemporalUrl(exampleId('subscription', 5)),
            code: 'amount_too_large',
            message: 'The amount of Tokens has 61 integer digits; at most 60 can be billed.',
            since: '2026-01-11T00:00:00Z',
            draft_invoice_id: exampleId('invoice', 9),
          },
        ],
      },
      missing_workflows: { count: 0, workflows: [] },
      foreign_workflows: { count: 0, workflows: [] },
    },
  },
  repair: {
    body: {},
    status: 200,
    answer: {
      object: 'account_repair',
      livemode: false,
      queued: 4,
      looked_at: 4,
      total: 4,
      last_id: exampleId('subscription', 4),
      has_more: false,
    },
  },
  endForeignWorkflows: {
    body: { workflow_ids: [FOREIGN] },
    status: 200,
    answer: {
      object: 'ended_workflows',
      livemode: false,
      workflows: [{ workflow_id: FOREIGN, ended: true, refusal: null }],
    },
  },
  change: { body: changes, status: 200, answer: { ...account, ...changes } },
} satisfies Record<string, Example>;
