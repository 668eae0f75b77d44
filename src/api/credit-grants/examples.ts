import { type Example, exampleId, exampleList } from '../example.ts';

const id = exampleId('grant');
const grant = {
  id,
  object: 'credit_grant',
  livemode: false,
  created_at: '2026-01-05T14:00:00Z',
  customer_id: 'acme',
  name: null,
  amount: '1000',
  balance: '1000',
  effective_at: '2026-01-05T14:00:00Z',
  expires_at: '2026-04-05T14:00:00Z',
  rollover: true,
  priority: 50,
  event_names: null,
  subscription_id: null,
  status: 'active',
  ends_at: '2026-04-05T14:00:00Z',
  ends_by: 'expiry',
  revoked_at: null,
  metadata: {},
};
const entry = {
  id: exampleId('creditEntry'),
  object: 'credit_entry',
  livemode: false,
  created_at: grant.created_at,
  grant_id: id,
  kind: 'granted',
  amount: '1000',
  balance_after: '1000',
  invoice_id: null,
  line_id: null,
  charge_id: null,
  subscription_id: null,
  period_number: null,
  metadata: {},
};
const revokedAt = '2026-01-05T14:30:00Z';

export const creditGrantExamples = {
  create: {
    body: { customer_id: 'acme', amount: '1000', expires_in_days: 90, rollover: true },
    status: 201,
    answer: grant,
  },
  list: { query: { customer_id: 'acme' }, status: 200, answer: exampleList(grant) },
  get: { id, status: 200, answer: grant },
  revoke: {
    id,
    status: 200,
    answer: { ...grant, status: 'ended', ends_at: revokedAt, ends_by: 'revoke', revoked_at: revokedAt },
  },
  listEntries: { id, query: { limit: 10 }, status: 200, answer: exampleList(entry) },
} satisfies Record<string, Example>;
