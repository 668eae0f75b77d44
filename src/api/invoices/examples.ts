import { type Example, exampleId, exampleList } from '../example.ts';
import { exampleTemporalUrl } from '../subscriptions/examples.ts';

const noUsage = { event_count: null, quantity: null, credited_quantity: null, billable_quantity: null };

function flatLine(fields: object) {
  return {
    kind: 'flat',
    event_name: null,
    pricing_model: 'flat',
    usage_quantity: null,
    previously_billed: '0.00',
    currency: 'USD',
    tiers: [],
    ...noUsage,
    ...fields,
  };
}

const apiCalls = {
  charge_id: exampleId('charge', 4),
  kind: 'usage',
  description: 'API calls',
  event_name: 'api_call',
  pricing_model: 'graduated',
  event_count: 3,
  quantity: '2000',
  usage_quantity: null,
  credited_quantity: '0',
  billable_quantity: '2000',
  amount_unrounded: '20',
  amount: '20.00',
  previously_billed: '0.00',
  currency: 'USD',
  tiers: [
    { up_to: '1000', quantity: '1000', unit_amount: '0.01', flat_amount: '0', amount_unrounded: '10' },
    { up_to: null, quantity: '1000', unit_amount: '0.005', flat_amount: '5', amount_unrounded: '10' },
  ],
};

function invoice(total: string, fields: object) {
  return {
    object: 'invoice',
    livemode: false,
    payment_status: 'unpaid',
    currency: 'USD',
    period_number: 0,
    rounding: 'half_up',
    subtotal: total,
    taxes: [],
    tax_total: '0.00',
    total,
    balance_applied: '0.00',
    amount_credited: '0.00',
    amount_paid: '0.00',
    amount_due: total,
    issues: [],
    finalized_at: null,
    due_at: null,
    paid_at: null,
    voided_at: null,
    void_reason: null,
    replaces: null,
    replaced_by: null,
    metadata: {},
    ...fields,
  };
}

const acme = {
  customer_id: 'acme',
  subscription_id: exampleId('subscription'),
  plan_id: exampleId('plan'),
  plan_version: 2,
  temporal_url: exampleTemporalUrl(exampleId('subscription')),
};
const INTERIM_ID = exampleId('invoice', 2);
const DRAFT_ID = exampleId('invoice', 1);
const span = { period_start: '2026-01-05T11:00:00Z', period_end: '2026-01-05T13:00:00Z' };
const interim = invoice('20.00', {
  ...acme,
  ...span,
  id: INTERIM_ID,
  created_at: span.period_end,
  number: 'INV-000001',
  status: 'open',
  kind: 'interim',
  sequence: 0,
  billing_reason: 'manual',
  usage_cutoff_at: span.period_end,
  lines: [{ ...apiCalls, ...span, id: exampleId('line', 2) }],
  finalize_at: span.period_end,
  finalized_at: span.period_end,
  due_at: '2026-01-19T13:00:00Z',
});

const whole = { period_start: '2026-01-05T11:00:00Z', period_end: '2026-02-05T11:00:00Z' };
const platform = { charge_id: exampleId('charge', 3), description: 'Platform' };
const preview = invoice('49.00', {
  ...acme,
  ...whole,
  id: null,
  created_at: '2026-01-05T13:05:00Z',
  number: null,
  status: 'draft',
  kind: 'closing',
  sequence: null,
  billing_reason: 'period_end',
  usage_cutoff_at: null,
  lines: [
    flatLine({ ...platform, ...whole, id: null, amount_unrounded: '49', amount: '49.00' }),
    { ...apiCalls, ...whole, id: null, amount: '0.00', previously_billed: '20.00' },
  ],
  finalize_at: '2026-02-05T12:00:00Z',
});

const cut = { period_start: '2026-01-01T00:00:00Z', period_end: '2026-01-11T00:00:00Z' };
const baseFee = { charge_id: exampleId('charge', 5), description: 'Base fee (prorated)' };
/** Ten of the 31 days of a month of Starter. */
const draft = invoice('10.00', {
  ...cut,
  id: DRAFT_ID,
  created_at: cut.period_end,
  number: null,
  status: 'draft',
  kind: 'closing',
  sequence: 0,
  billing_reason: 'cancel',
  customer_id: 'globex',
  subscription_id: exampleId('subscription', 2),
  plan_id: exampleId('plan', 2),
  plan_version: 1,
  usage_cutoff_at: null,
  lines: [flatLine({ ...baseFee, ...cut, id: exampleId('line', 1), amount_unrounded: '10', amount: '10.00' })],
  finalize_at: '2026-01-11T01:00:00Z',
  temporal_url: exampleTemporalUrl(exampleId('subscription', 2)),
});

export const invoiceExamples = {
  trigger: { body: { subscription_id: exampleId('subscription') }, status: 201, answer: interim },
  list: {
    query: { from: '2026-01-01T00:00:00Z', limit: 10 },
    status: 200,
    answer: exampleList(interim, draft),
  },
  get: { id: INTERIM_ID, status: 200, answer: interim },
  preview: {
    body: { subscription_id: exampleId('subscription'), at: 'period_end' },
    status: 200,
    answer: preview,
  },
  finalize: {
    id: DRAFT_ID,
    status: 200,
    answer: {
      ...draft,
      number: 'INV-000002',
      status: 'open',
      usage_cutoff_at: '2026-01-11T00:00:00Z',
      finalized_at: '2026-01-11T00:00:00Z',
      due_at: '2026-01-25T00:00:00Z',
      lines: [flatLine({ ...baseFee, ...cut, id: exampleId('line', 3), amount_unrounded: '10', amount: '10.00' })],
    },
  },
  void: {
    id: INTERIM_ID,
    body: { reason: 'wrong price' },
    status: 200,
    answer: { ...interim, status: 'void', voided_at: '2026-01-05T13:10:00Z', void_reason: 'wrong price' },
  },
} satisfies Record<string, Example>;
