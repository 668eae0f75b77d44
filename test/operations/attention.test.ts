import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { getSubscription } from '../../src/operations/get-subscription.ts';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { voidInvoice } from '../../src/operations/void-invoice.ts';
import { BillingWorld, CALLS, charge, TEST_TENANT } from '../support/billing-world.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterAll(() => world.drop());

/** 10^30 units at 10^30 a unit are more digits than can be billed. */
const TOO_MUCH = '1' + '0'.repeat(29);
const HUGE = charge({
  pricing_model: 'per_unit',
  event_name: 'token',
  unit_amount: '9'.repeat(30),
  aggregation: { type: 'sum', property: 'n' },
});

async function poisoned() {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan([HUGE]));
  const healthy = await world.subscribe(customer, await world.plan([CALLS]));
  for (let index = 0; index < 12; index += 1) {
    await world.events(customer, { name: 'token', time: '2027-01-02', properties: { n: TOO_MUCH } });
  }
  await world.events(customer, { time: '2027-01-02', count: 5 });
  await world.turn(customer, '2027-02-01T01:00:00Z');
  return { clockId, customer, subscription, healthy };
}

test('a period that cannot be rated stops its subscription alone, with the reason on a draft without lines', async () => {
  const { subscription, healthy } = await poisoned();
  expect(await getSubscription(world.db, TEST_TENANT, subscription.id)).toMatchObject({
    attentionCode: 'amount_too_large',
    currentPeriodNumber: 1,
  });
  const [draft] = await world.invoices(subscription.id);
  expect(draft).toMatchObject({ status: 'draft', lines: [], total: '0.00' });
  expect(JSON.parse(draft?.issues ?? '[]')).toMatchObject([{ code: 'amount_too_large' }]);
  expect((await world.invoices(healthy.id))[0]).toMatchObject({ status: 'open', total: '0.50' });
});

test('commands on it are refused, and voiding the draft waives the period and lets it go on', async () => {
  const { clockId, customer, subscription } = await poisoned();
  const command = { subscriptionId: subscription.id, at: 'now' } as const;
  await expect(cancelSubscription(world.db, TEST_TENANT, command)).rejects.toMatchObject({ code: 'needs_attention' });
  const trigger = await triggerInvoice(world.db, TEST_TENANT, { subscriptionId: subscription.id, triggerId: null });
  expect(trigger).toMatchObject({ made: false, skip: { code: 'needs_attention' } });
  await world.turn(customer, '2027-04-01T01:00:00Z');
  expect((await world.invoices(subscription.id)).length).toBe(1);
  await world.setClock(clockId, '2027-02-02');
  const [draft] = await world.invoices(subscription.id);
  await voidInvoice(world.db, TEST_TENANT, { invoiceId: draft?.id ?? '', reason: 'a test of ours' });
  await world.turn(customer, '2027-03-01T01:00:00Z');
  const invoices = await world.invoices(subscription.id);
  expect(invoices.map((invoice) => [invoice.status, invoice.number !== null])).toEqual([
    ['void', false],
    ['paid', true],
  ]);
});
