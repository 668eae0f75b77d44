import { type Example, exampleId } from '../example.ts';

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
  change: { body: changes, status: 200, answer: { ...account, ...changes } },
} satisfies Record<string, Example>;
