import { type Example, exampleId, examplePage } from '../example.ts';

function customer(number: number, fields: object) {
  return {
    id: exampleId('customer', number),
    object: 'customer',
    livemode: false,
    created_at: `2026-01-05T09:0${3 - number}:00Z`,
    external_id: '',
    name: null,
    email: null,
    currency: 'USD',
    timezone: null,
    address: null,
    tax_rate_ids: [],
    tax_exempt: false,
    test_clock_id: null,
    archived_at: null,
    metadata: {},
    ...fields,
  };
}

const sent = { external_id: 'acme', name: 'Acme Ltd.', currency: 'USD', timezone: 'America/New_York' };
const acme = customer(1, sent);
const initech = customer(2, { external_id: 'initech' });
const change = { email: 'billing@acme.example' };

export const customerExamples = {
  create: { body: sent, status: 201, answer: acme },
  list: { query: { limit: 2 }, status: 200, answer: examplePage(acme, initech) },
  get: { id: 'acme', status: 200, answer: acme },
  change: { id: 'acme', body: change, status: 200, answer: { ...acme, ...change } },
  archive: { id: 'initech', status: 200, answer: { ...initech, archived_at: '2026-01-05T09:30:00Z' } },
} satisfies Record<string, Example>;
