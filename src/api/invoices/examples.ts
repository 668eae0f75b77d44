import { type Example, exampleId, exampleList } from '../example.ts';
import { exampleContact } from '../account/examples.ts';
import { exampleTemporalUrl } from '../subscriptions/examples.ts';
import { exampleCalls, exampleFee } from './example-lines.ts';

const ACME = {
  customer_id: 'acme',
  subscription_id: exampleId('subscription'),
  plan_id: exampleId('plan'),
  plan_version: 2,
};
const GLOBEX = {
  customer_id: 'globex',
  subscription_id: exampleId('subscription', 2),
  plan_id: exampleId('plan', 2),
  plan_version: 1,
};

interface Making {
  readonly id: string | null;
  readonly status: string;
  readonly kind: string;
  readonly reason: string;
  readonly whose: typeof ACME;
  readonly span: { readonly period_number: number; readonly period_start: string; readonly period_end: string };
  readonly createdAt: string;
  readonly finalizeAt: string;
  readonly lines: readonly object[];
  readonly total: string;
}

/** As it is before it is finalized. */
function invoice(made: Making) {
  const { whose, total } = made;
  return {
    id: made.id,
    object: 'invoice',
    livemode: false,
    created_at: made.createdAt,
    number: null,
    status: made.status,
    payment_status: 'unpaid',
    kind: made.kind,
    sequence: made.id === null ? null : 0,
    billing_reason: made.reason,
    ...whose,
    customer_details: null,
    seller_details: null,
    currency: 'USD',
    ...made.span,
    usage_cutoff_at: null,
    rounding: 'half_up',
    lines: made.lines,
    subtotal: total,
    taxes: [],
    tax_total: '0.00',
    total,
    balance_applied: '0.00',
    amount_credited: '0.00',
    amount_paid: '0.00',
    amount_due: total,
    payments: [],
    issues: [],
    finalize_at: made.finalizeAt,
    finalized_at: null,
    due_at: null,
    paid_at: null,
    voided_at: null,
    void_reason: null,
    replaces: null,
    replaced_by: null,
    temporal_url: exampleTemporalUrl(whose.subscription_id),
    metadata: {},
  };
}

/** As they are called when the invoice becomes final. */
const PARTIES = {
  customer_details: { name: 'Acme Ltd.', email: 'billing@acme.example', address: null },
  seller_details: { name: 'My account', email: exampleContact.email, address: exampleContact.address },
};
const INTERIM_ID = exampleId('invoice', 2);
const soFar = { period_number: 0, period_start: '2026-01-05T11:00:00Z', period_end: '2026-01-05T13:00:00Z' };
const calls = {
  eventCount: 3,
  quantity: '2000',
  unrounded: '20',
  amount: '20.00',
  second: { quantity: '1000', unrounded: '10' },
};
const interim = {
  ...invoice({
    id: INTERIM_ID,
    status: 'open',
    kind: 'interim',
    reason: 'manual',
    whose: ACME,
    span: soFar,
    createdAt: soFar.period_end,
    finalizeAt: soFar.period_end,
    lines: [exampleCalls({ id: exampleId('line', 2), ...soFar }, calls)],
    total: '20.00',
  }),
  number: 'INV-000001',
  ...PARTIES,
  usage_cutoff_at: soFar.period_end,
  finalized_at: soFar.period_end,
  due_at: '2026-01-19T13:00:00Z',
};

const whole = { period_number: 0, period_start: '2026-01-05T11:00:00Z', period_end: '2026-02-05T11:00:00Z' };
const preview = {
  ...invoice({
    id: null,
    status: 'draft',
    kind: 'closing',
    reason: 'period_end',
    whose: ACME,
    span: whole,
    createdAt: '2026-01-05T13:05:00Z',
    finalizeAt: '2026-02-05T12:00:00Z',
    lines: [
      exampleFee({ id: null, ...whole }, { chargeNumber: 3, description: 'Platform', amount: '49' }),
      exampleCalls({ id: null, ...whole }, { ...calls, amount: '0.00', previouslyBilled: '20.00' }),
    ],
    total: '49.00',
  }),
  ...PARTIES,
};

const DRAFT_ID = exampleId('invoice', 1);
const cut = { period_number: 0, period_start: '2026-01-01T00:00:00Z', period_end: '2026-01-11T00:00:00Z' };
/** Ten of the 31 days of a month of Starter; finalization computes the line anew. */
const baseFee = (lineNumber: number) =>
  exampleFee(
    { id: exampleId('line', lineNumber), ...cut },
    { chargeNumber: 5, description: 'Base fee (prorated)', amount: '10' },
  );
const draft = invoice({
  id: DRAFT_ID,
  status: 'draft',
  kind: 'closing',
  reason: 'cancel',
  whose: GLOBEX,
  span: cut,
  createdAt: cut.period_end,
  finalizeAt: '2026-01-11T01:00:00Z',
  lines: [baseFee(1)],
  total: '10.00',
});

const finalized = {
  ...draft,
  number: 'INV-000002',
  ...PARTIES,
  customer_details: { name: null, email: null, address: null },
  status: 'open',
  usage_cutoff_at: '2026-01-11T00:00:00Z',
  finalized_at: '2026-01-11T00:00:00Z',
  due_at: '2026-01-25T00:00:00Z',
  lines: [baseFee(3)],
};

const payment = {
  id: exampleId('payment'),
  amount: '4.00',
  currency: 'USD',
  method: 'bank_transfer',
  reference: 'TX-9281',
  paid_at: '2026-01-10T15:00:00Z',
  created_at: '2026-01-11T00:00:00Z',
  metadata: {},
};

export const payExample = {
  id: DRAFT_ID,
  body: { amount: '4.00', method: payment.method, reference: payment.reference, paid_at: payment.paid_at },
  status: 200,
  answer: {
    ...finalized,
    payment_status: 'partially_paid',
    amount_paid: '4.00',
    amount_due: '6.00',
    payments: [payment],
  },
} satisfies Example;

export const verifyExample = {
  id: DRAFT_ID,
  status: 200,
  answer: {
    object: 'invoice_verification',
    livemode: false,
    invoice_id: DRAFT_ID,
    number: 'INV-000002',
    equal: true,
    differences: [],
    recomputed: { subtotal: '10.00', tax_total: '0.00', total: '10.00', balance_applied: '0.00' },
    problem: null,
    verified_at: '2026-01-11T00:00:00Z',
  },
} satisfies Example;

const nothingNew = {
  subscription_id: exampleId('subscription'),
  code: 'nothing_new',
  message: 'Nothing new to bill since the last invoice.',
};

export const invoiceExamples = {
  trigger: {
    body: { subscription_id: exampleId('subscription') },
    status: 201,
    answer: interim,
    repeated: { status: 200, answer: { ...exampleList(), skipped: [nothingNew] } },
  },
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
  finalize: { id: DRAFT_ID, status: 200, answer: finalized },
  void: {
    id: INTERIM_ID,
    body: { reason: 'wrong price' },
    status: 200,
    answer: { ...interim, status: 'void', voided_at: '2026-01-05T13:10:00Z', void_reason: 'wrong price' },
  },
} satisfies Record<string, Example>;
