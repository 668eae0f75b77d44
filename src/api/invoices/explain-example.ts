import { type Example, exampleId } from '../example.ts';

const period = { period_number: 0, period_start: '2026-01-05T11:00:00Z', period_end: '2026-01-05T13:00:00Z' };

/** The interim invoice of Acme: 2,000 calls, the second thousand in the second tier. */
export const explainExample = {
  id: exampleId('invoice', 2),
  status: 200,
  answer: {
    object: 'invoice_explanation',
    livemode: false,
    invoice_id: exampleId('invoice', 2),
    number: 'INV-000001',
    status: 'open',
    currency: 'USD',
    rounding: 'half_up',
    usage_cutoff_at: period.period_end,
    lines: [
      {
        line_id: exampleId('line', 2),
        charge_id: exampleId('charge', 4),
        kind: 'usage',
        description: 'API calls',
        ...period,
        rule: 'Graduated: each unit at the price of the tier that it falls in; a tier’s flat amount once it is entered.',
        usage: {
          event_name: 'api_call',
          aggregation: { type: 'sum', property: 'tokens' },
          filters: {},
          from: period.period_start,
          to: period.period_end,
          event_count: 3,
          digest: '5df6e0e2761359d30a8275058e299fcc0381534545f55cf43e41983f5d4c9456',
          events_url: `/v1/events?line_id=${exampleId('line', 2)}`,
        },
        credits: [{ from: period.period_start, to: period.period_end, usage: '2000', grant_ids: [], draws: [] }],
        steps: [
          { name: 'usage', formula: 'sum of tokens of api_call over 3 events', result: '2000' },
          { name: 'credits', formula: '2000 - 0 covered by credits', result: '2000' },
          { name: 'tier', formula: 'up to 1000: 1000 × 0.01', result: '10' },
          { name: 'tier', formula: 'above: 1000 × 0.005 + 5', result: '10' },
          { name: 'price', formula: '10 + 10', result: '20' },
          { name: 'rounding', formula: '20 half up to 2 decimals', result: '20.00' },
          { name: 'amount', formula: 'the line', result: '20.00' },
        ],
        amount: '20.00',
      },
    ],
    amounts: [
      { name: 'subtotal', formula: '20.00', result: '20.00' },
      { name: 'total', formula: '20.00', result: '20.00' },
      { name: 'balance_applied', formula: 'of a balance of 0.00', result: '0.00' },
      { name: 'amount_due', formula: '20.00 - 0.00, at least 0', result: '20.00' },
    ],
  },
} satisfies Example;
