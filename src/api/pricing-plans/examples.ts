import { type Example, exampleId, exampleList, examplePage } from '../example.ts';
import { exampleCalls, exampleFee } from '../invoices/example-lines.ts';

const charges = [
  { name: 'Platform', pricing_model: 'flat', amount: '49' },
  {
    name: 'API calls',
    event_name: 'api_call',
    pricing_model: 'graduated',
    aggregation: { type: 'sum', property: 'tokens' },
    tiers: [
      { up_to: '1000', unit_amount: '0.01' },
      { up_to: null, unit_amount: '0.005', flat_amount: '5' },
    ],
  },
];

/** As it is answered: every field, those of other pricing models null. */
function charge(id: string, fields: object) {
  return {
    id,
    name: '',
    event_name: null,
    pricing_model: '',
    aggregation: null,
    filters: {},
    tiers: null,
    amount: null,
    unit_amount: null,
    package_size: null,
    package_amount: null,
    free_units: null,
    credits_per_unit: null,
    bill_in: null,
    charge_when: null,
    minimum_amount: null,
    maximum_amount: null,
    ...fields,
  };
}

const flat = { pricing_model: 'flat', bill_in: 'arrears', charge_when: 'always' };
const proCharges = (ids: readonly [string, string]) => [
  charge(ids[0], { ...flat, name: 'Platform', amount: '49' }),
  charge(ids[1], {
    name: 'API calls',
    event_name: 'api_call',
    pricing_model: 'graduated',
    aggregation: { type: 'sum', property: 'tokens' },
    tiers: [
      { up_to: '1000', unit_amount: '0.01', flat_amount: '0' },
      { up_to: null, unit_amount: '0.005', flat_amount: '5' },
    ],
  }),
];

function plan(number: number, fields: object) {
  return {
    id: exampleId('plan', number),
    object: 'pricing_plan',
    livemode: false,
    created_at: `2026-01-05T10:0${2 - number}:00Z`,
    name: '',
    currency: 'USD',
    billing_period: 'monthly',
    interval_count: 1,
    version: 1,
    version_created_at: `2026-01-05T10:0${2 - number}:00Z`,
    latest_version: 1,
    charges: [charge('', {})],
    minimum_amount: null,
    archived_at: null,
    metadata: {},
    ...fields,
  };
}

const first = plan(1, { name: 'Pro', charges: proCharges([exampleId('charge', 1), exampleId('charge', 2)]) });
const starter = plan(2, {
  name: 'Starter',
  charges: [charge(exampleId('charge', 5), { ...flat, name: 'Base fee', amount: '31' })],
});
const renamed = { ...first, name: 'Pro (2026)' };
const second = {
  ...renamed,
  version: 2,
  version_created_at: '2026-01-05T10:20:00Z',
  latest_version: 2,
  charges: proCharges([exampleId('charge', 3), exampleId('charge', 4)]),
};

const nowhere = { id: null, period_number: null, period_start: null, period_end: null };
const estimate = {
  object: 'estimate',
  livemode: false,
  plan_id: first.id,
  plan_version: 2,
  currency: 'USD',
  rounding: 'half_up',
  lines: [
    exampleFee(nowhere, { chargeNumber: 3, description: 'Platform', amount: '49' }),
    exampleCalls(nowhere, {
      eventCount: null,
      quantity: '1500',
      unrounded: '17.5',
      amount: '17.50',
      second: { quantity: '500', unrounded: '7.5' },
    }),
  ],
  subtotal: '66.50',
  taxes: [],
  tax_total: '0.00',
  total: '66.50',
};

export const planExamples = {
  create: {
    body: { name: 'Pro', currency: 'USD', billing_period: 'monthly', charges },
    status: 201,
    answer: first,
  },
  list: { query: { limit: 2 }, status: 200, answer: examplePage(first, starter) },
  get: { id: first.id, query: { version: 1 }, status: 200, answer: first },
  change: { id: first.id, body: { name: renamed.name }, status: 200, answer: renamed },
  addVersion: { id: first.id, body: { charges }, status: 201, answer: second },
  listVersions: {
    id: first.id,
    query: { limit: 10 },
    status: 200,
    answer: exampleList(second, { ...renamed, latest_version: 2 }),
  },
  archive: { id: starter.id, status: 200, answer: { ...starter, archived_at: '2026-01-05T10:30:00Z' } },
  estimate: {
    id: first.id,
    query: { version: 2 },
    body: { usage: { api_call: '1500' } },
    status: 200,
    answer: estimate,
  },
} satisfies Record<string, Example>;
