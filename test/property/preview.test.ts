import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeInvoice } from '../../src/api/invoices/codec.ts';
import type { DecimalText } from '../../src/domain/decimal.ts';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { changeCustomer } from '../../src/operations/change-customer.ts';
import { createTaxRate } from '../../src/operations/create-tax-rate.ts';
import { finalizeInvoice } from '../../src/operations/finalize-invoice.ts';
import type { InvoiceWithLines } from '../../src/operations/get-invoice.ts';
import { type PreviewAt, type PreviewedInvoice, previewInvoice } from '../../src/operations/preview-invoice.ts';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { verifyInvoice } from '../../src/operations/verify-invoice.ts';
import { newId } from '../../src/platform/new-id.ts';
import { BillingWorld, charge, TEST_TENANT } from '../support/billing-world.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterAll(() => world.drop());

const CHARGES = [
  charge({ pricing_model: 'flat', name: 'Seat', amount: '31.01', bill_in: 'advance', charge_when: 'always' }),
  charge({ pricing_model: 'flat', name: 'Base', amount: '15.15', bill_in: 'arrears', charge_when: 'always' }),
  charge({
    pricing_model: 'graduated',
    name: 'Calls',
    event_name: 'call',
    aggregation: { type: 'count', property: null },
    tiers: [
      { up_to: '3', unit_amount: '0.335', flat_amount: '0' },
      { up_to: null, unit_amount: '0.1', flat_amount: '1.005' },
    ],
    minimum_amount: '0.5',
  }),
  charge({
    pricing_model: 'per_unit',
    name: 'Volume',
    event_name: 'token',
    aggregation: { type: 'sum', property: 'n' },
    unit_amount: '0.0125',
    maximum_amount: '2',
  }),
  charge({
    pricing_model: 'per_unit',
    name: 'Peak',
    event_name: 'token',
    aggregation: { type: 'max', property: 'n' },
    unit_amount: '0.3333',
  }),
];

const events = fc.array(
  fc.record({
    name: fc.constantFrom('call', 'token'),
    day: fc.integer({ min: 1, max: 14 }),
    n: fc.integer({ min: -20, max: 90 }),
  }),
  { maxLength: 10 },
);

/** Everything but ids, number, states and the times at which it was made. */
function content(invoice: InvoiceWithLines | PreviewedInvoice): string {
  const settings = { publicUrl: null, temporalUiUrl: null } as never;
  const { lines, ...head } = encodeInvoice(settings, TEST_TENANT, invoice);
  const kept = [
    head.kind,
    head.billing_reason,
    head.customer_id,
    head.customer_details,
    head.seller_details,
    head.currency,
    [head.period_number, head.period_start, head.period_end, head.plan_id, head.plan_version],
    lines.map((line) => ({ ...line, id: null })),
    [head.subtotal, head.taxes, head.tax_total, head.total, head.balance_applied, head.amount_due],
    head.issues,
  ];
  return JSON.stringify(kept);
}

async function comingTrue(subscriptionId: string, when: PreviewAt, customer: { readonly id: string }) {
  switch (when) {
    case 'interim': {
      const outcome = await triggerInvoice(world.db, TEST_TENANT, { subscriptionId, triggerId: null });
      return outcome.made ? outcome.invoice : null;
    }
    case 'now': {
      await cancelSubscription(world.db, TEST_TENANT, { subscriptionId, at: 'now' });
      const draft = (await world.invoices(subscriptionId)).find(({ status }) => status === 'draft');
      return finalizeInvoice(world.db, TEST_TENANT, draft?.id ?? '');
    }
    case 'period_end': {
      await world.turn(customer, '2027-03-01T01:00:00Z');
      const invoices = await world.invoices(subscriptionId);
      return invoices.find(({ kind, periodNumber }) => kind === 'closing' && periodNumber === 1) ?? null;
    }
  }
}

test('a preview is the invoice that comes, byte for byte, and that one is verified', async () => {
  const vat = { name: 'VAT', percentage: '19' as DecimalText, inclusive: false, metadata: '{}' };
  const rate = await createTaxRate(world.db, TEST_TENANT, { id: newId('taxRate'), ...vat });
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        charges: fc.shuffledSubarray(CHARGES, { minLength: 1 }),
        minimum: fc.constantFrom(null, '40'),
        before: events,
        late: events,
        running: events,
        credits: fc.constantFrom(null, 2, 30),
        taxed: fc.boolean(),
        interim: fc.boolean(),
        when: fc.constantFrom<PreviewAt>('period_end', 'now', 'interim'),
      }),
      async (life) => {
        const clockId = await world.clock('2027-01-01');
        const customer = await world.customer({ clockId });
        const changes = { taxRateIds: life.taxed ? [rate.id] : [] };
        await changeCustomer(world.db, TEST_TENANT, { reference: customer.id, changes });
        const plan = await world.plan(life.charges, { minimumAmount: life.minimum });
        const { id } = await world.subscribe(customer, plan);
        if (life.credits !== null) await world.grant(customer, String(life.credits));
        const send = async (month: string, given: typeof life.before) => {
          for (const { name, day, n } of given) {
            const time = `${month}-${String(day).padStart(2, '0')}`;
            await world.events(customer, { name, time, properties: { n } });
          }
        };
        await send('2027-01', life.before);
        await world.turn(customer, '2027-02-01T01:00:00Z');
        await world.setClock(clockId, '2027-02-10');
        await send('2027-01', life.late);
        await send('2027-02', life.running);
        if (life.interim) await triggerInvoice(world.db, TEST_TENANT, { subscriptionId: id, triggerId: null });
        await world.setClock(clockId, '2027-02-20');
        const preview = await previewInvoice(world.db, TEST_TENANT, { subscriptionId: id, at: life.when });
        const invoice = await comingTrue(id, life.when, customer);
        if (invoice === null) return expect(Number(preview.subtotal)).toBeLessThanOrEqual(0);
        expect(content(invoice)).toBe(content(preview));
        expect((await verifyInvoice(world.db, TEST_TENANT, invoice.id)).differences).toEqual([]);
      },
    ),
    { numRuns: 25 },
  );
}, 120_000);
