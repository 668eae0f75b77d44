import { type Example, exampleId } from '../example.ts';

const account = {
  id: exampleId('account'),
  object: 'account',
  livemode: false,
  created_at: '2026-01-05T08:00:00Z',
  name: 'My account',
  currency: 'USD',
  timezone: 'UTC',
  invoice_prefix: 'INV',
  finalization_delay: 3600,
  net_days: 30,
  tax_rate_ids: [],
  metadata: {},
};
const changes = { timezone: 'Europe/Berlin', net_days: 14 };

export const accountExamples = {
  get: { status: 200, answer: account },
  change: { body: changes, status: 200, answer: { ...account, ...changes } },
} satisfies Record<string, Example>;
