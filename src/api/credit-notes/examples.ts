import { type Example, exampleId, exampleList } from '../example.ts';

const id = exampleId('creditNote');
/** Of the invoice of 10.00 of which 4.00 were paid. */
const note = {
  id,
  object: 'credit_note',
  livemode: false,
  created_at: '2026-01-11T00:00:00Z',
  number: 'CN-000001',
  invoice_id: exampleId('invoice', 1),
  customer_id: 'globex',
  currency: 'USD',
  reason: 'goodwill',
  lines: [{ line_id: exampleId('line', 3), description: 'Base fee (prorated)', amount: '8.50' }],
  subtotal: '8.50',
  taxes: [],
  tax_total: '0.00',
  total: '8.50',
  amount_applied_to_invoice: '6.00',
  amount_to_balance: '2.50',
  metadata: {},
};

export const creditNoteExamples = {
  create: {
    body: {
      invoice_id: note.invoice_id,
      lines: [{ line_id: exampleId('line', 3), amount: '8.50' }],
      reason: note.reason,
    },
    status: 201,
    answer: note,
  },
  list: { query: { customer_id: 'globex', limit: 10 }, status: 200, answer: exampleList(note) },
  get: { id, status: 200, answer: note },
} satisfies Record<string, Example>;
