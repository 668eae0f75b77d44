import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { type PreviewAt, previewInvoice } from '../../src/operations/preview-invoice.ts';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { newId } from '../../src/platform/new-id.ts';
import { insertCreditEntry } from '../../src/storage/credit-entries.ts';
import { sql } from '../../src/storage/sql.ts';
import { eventually } from '../support/billing-workers.ts';
import { at, BillingWorld, CALLS, FEE, TEST_TENANT } from '../support/billing-world.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterAll(() => world.drop());

async function subscribed() {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan([FEE, CALLS]));
  const { id: grantId } = await world.grant(customer, '10');
  await world.events(customer, { time: '2027-01-05', count: 12 });
  await world.setClock(clockId, '2027-01-11');
  return { clockId, customer, subscriptionId: subscription.id, grantId };
}

function preview(subscriptionId: string, when: PreviewAt = 'period_end') {
  return previewInvoice(world.db, TEST_TENANT, { subscriptionId, at: when });
}

test('a preview while credits are drawn counts them once: as left, or as drawn by this period', async () => {
  const { customer, subscriptionId, grantId } = await subscribed();
  const preview = await world.db.transaction(async (tx) => {
    await tx.query(sql`lock table credit_entries in access exclusive mode`);
    const reading = previewInvoice(world.db, TEST_TENANT, { subscriptionId, at: 'period_end' });
    // It has read the balance and waits for the draws of the period, which commit now.
    await eventually(
      () => world.db.pool.query(`select from pg_locks where relation = 'credit_entries'::regclass and not granted`),
      ({ rows }) => rows.length === 1,
    );
    await insertCreditEntry(tx, TEST_TENANT, {
      id: newId('creditEntry'),
      grantId,
      kind: 'consumed',
      amount: '-10',
      invoiceId: null,
      lineId: null,
      chargeId: CALLS.id,
      subscriptionId,
      periodNumber: 0,
      source: 'test',
      createdAt: at('2027-01-11'),
    });
    return { reading };
  });
  expect((await preview.reading).total).toBe('20.20');
  await world.turn(customer, '2027-02-01T01:00:00Z');
  expect((await world.invoices(subscriptionId))[0]?.total).toBe('20.20');
});

test('a preview of now and of an interim are what a cancel and a trigger then make', async () => {
  const { subscriptionId } = await subscribed();
  const interim = await preview(subscriptionId, 'interim');
  const outcome = await triggerInvoice(world.db, TEST_TENANT, { subscriptionId, triggerId: null });
  expect(outcome).toMatchObject({ made: true, invoice: { total: interim.total, periodEnd: interim.periodEnd } });
  const now = await preview(subscriptionId, 'now');
  await cancelSubscription(world.db, TEST_TENANT, { subscriptionId, at: 'now' });
  const closing = (await world.invoices(subscriptionId)).find((invoice) => invoice.kind === 'closing');
  const { total, billingReason, periodEnd } = now;
  expect({ total, billingReason, periodEnd }).toEqual({
    total: closing?.total,
    billingReason: 'cancel',
    periodEnd: at('2027-01-11'),
  });
});

test('a preview of a period that a planned cancel cuts is the invoice of that cut', async () => {
  const { customer, subscriptionId } = await subscribed();
  const instant = at('2027-01-16T12:00:00Z');
  await cancelSubscription(world.db, TEST_TENANT, { subscriptionId, at: { instant } });
  const before = await preview(subscriptionId);
  await world.turn(customer, '2027-01-16T13:00:00Z');
  const [invoice] = await world.invoices(subscriptionId);
  expect(before).toMatchObject({ total: invoice?.total, billingReason: invoice?.billingReason, periodEnd: instant });
  expect(invoice).toMatchObject({ total: '10.20', billingReason: 'cancel', status: 'open' });
});
