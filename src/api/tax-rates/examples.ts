import { type Example, exampleId, exampleList } from '../example.ts';

const id = exampleId('taxRate');
const sent = { name: 'VAT', percentage: '19' };
const rate = {
  id,
  object: 'tax_rate',
  livemode: false,
  created_at: '2026-01-05T08:45:00Z',
  ...sent,
  inclusive: false,
  replaced_by: null,
  archived_at: null,
  metadata: {},
};
const change = { name: 'VAT (Germany)' };

export const taxRateExamples = {
  create: { body: sent, status: 201, answer: rate },
  list: { status: 200, answer: exampleList(rate) },
  get: { id, status: 200, answer: rate },
  change: { id, body: change, status: 200, answer: { ...rate, ...change } },
} satisfies Record<string, Example>;
