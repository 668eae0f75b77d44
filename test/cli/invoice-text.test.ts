import { expect, test } from '@jest/globals';
import { invoiceDocument } from '../../src/cli/invoice-answer.ts';
import { formatInvoice } from '../../src/cli/invoice-text.ts';

const INVOICE = {
  id: 'inv_1',
  object: 'invoice',
  number: 'INV-000042',
  status: 'open',
  payment_status: 'unpaid',
  kind: 'closing',
  billing_reason: 'period_end',
  customer_id: 'acme',
  subscription_id: 'sub_1',
  plan_id: 'plan_1',
  plan_version: 1,
  currency: 'USD',
  period_number: 3,
  period_start: '2026-01-01T00:00:00Z',
  period_end: '2026-02-01T00:00:00Z',
  lines: [
    { kind: 'flat', description: 'Base fee', amount: '5.00', previously_billed: '0.00', tiers: null },
    {
      kind: 'usage',
      description: 'API calls',
      pricing_model: 'graduated',
      event_count: 1200,
      quantity: '1500',
      credited_quantity: '300',
      billable_quantity: '1200',
      amount: '16.00',
      previously_billed: '4.00',
      tiers: [
        { up_to: '1000', quantity: '1000', unit_amount: '0.01', flat_amount: '0', amount_unrounded: '10.00' },
        { up_to: null, quantity: '200', unit_amount: '0.005', flat_amount: '5', amount_unrounded: '6.000' },
      ],
    },
  ],
  subtotal: '21.00',
  taxes: [{ name: 'VAT', percentage: '20', inclusive: false, amount: '4.20' }],
  total: '25.20',
  balance_applied: '0.00',
  amount_credited: '0.00',
  amount_paid: '0.00',
  amount_due: '25.20',
  issues: [],
  finalized_at: '2026-02-01T01:00:00Z',
  due_at: '2026-03-03T01:00:00Z',
};

test('an invoice is printed with every line, how it came about, and the totals, digit for digit', () => {
  expect(`${formatInvoice(invoiceDocument.parse(INVOICE))}\n`).toBe(`\
Invoice INV-000042                                                          open
================================================================================
Id            inv_1
Customer      acme
Subscription  sub_1, plan plan_1 version 1
Period 3      2026-01-01T00:00:00Z to 2026-02-01T00:00:00Z
Made because  period_end (closing)
Finalized     2026-02-01T01:00:00Z
Due           2026-03-03T01:00:00Z
--------------------------------------------------------------------------------
Base fee                                                                    5.00
API calls                                                                  16.00
  graduated: 1500 of 1200 events, 300 by credits, 1200 to pay
    up to 1000         1000 × 0.01 = 10.00
    above 1000         200 × 0.005 + 5 = 6.000
  less 4.00 billed earlier in this period
--------------------------------------------------------------------------------
Subtotal                                                                   21.00
VAT 20 %                                                                    4.20
Total                                                                  USD 25.20
Due (unpaid)                                                           USD 25.20
`);
});

test('a draft has no number, and issues are shown', () => {
  const draft = {
    ...INVOICE,
    number: null,
    status: 'draft',
    finalized_at: null,
    due_at: null,
    issues: [{ code: 'no_number', charge_id: null, message: '2 events have no number' }],
  };
  const text = formatInvoice(invoiceDocument.parse(draft));
  expect(text).toMatch(/^Invoice \(draft\) +draft$/m);
  expect(text).toMatch(/^Finalized +not yet$/m);
  expect(text).toMatch(/Issues\n {2}2 events have no number$/);
});

test('what balance, credit notes and payments took off the total stands between total and due', () => {
  const paid = { balance_applied: '5.00', amount_credited: '0.20', amount_paid: '10.00', amount_due: '10.00' };
  const text = formatInvoice(invoiceDocument.parse({ ...INVOICE, ...paid, payment_status: 'partially_paid' }));
  expect(text).toContain(`
Total                                                                  USD 25.20
Balance                                                                    -5.00
Credit notes                                                               -0.20
Paid                                                                      -10.00
Due (partially_paid)                                                   USD 10.00`);
});
