import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { listEvents } from '../../src/operations/list-events.ts';
import { noteLateUsage } from '../../src/operations/note-late-usage.ts';
import { pauseSubscription } from '../../src/operations/pause-subscription.ts';
import { previewInvoice } from '../../src/operations/preview-invoice.ts';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { voidInvoice } from '../../src/operations/void-invoice.ts';
import { at, BillingWorld, CALLS, charge, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';
import { tellFinal } from '../support/tell-invoice.ts';

const USAGE = { ...CALLS, name: 'Calls' };
const TIERED = charge({
  pricing_model: 'graduated',
  name: 'Calls',
  event_name: 'call',
  aggregation: { type: 'count', property: null },
  tiers: [
    { up_to: '10', unit_amount: '1', flat_amount: '0' },
    { up_to: null, unit_amount: '0.5', flat_amount: '3' },
  ],
});

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterEach(() => expectInvariants(world.db));
afterAll(() => world.drop());

async function subscribed(charges: Parameters<BillingWorld['plan']>[0] = [USAGE], minimumAmount: string | null = null) {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan(charges, { minimumAmount }));
  const told = async () => tellFinal(await world.invoices(subscription.id));
  return { clockId, customer, subscription, told };
}

const trigger = (subscriptionId: string) => triggerInvoice(world.db, TEST_TENANT, { subscriptionId, triggerId: null });

describe('events that come after their period was billed', () => {
  test('are billed by the difference they make, on the next closing invoice, naming their period', async () => {
    const { customer, told, subscription } = await subscribed([TIERED]);
    await world.events(customer, { time: '2027-01-05', count: 9 });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    await world.events(customer, { time: '2027-01-06', count: 3 });
    await world.events(customer, { time: '2027-02-06', count: 2 });
    await world.turn(customer, '2027-03-01T01:00:00Z');
    expect(await told()).toEqual([
      'closing 0 open 9.00: usage Calls 0 9.00',
      // 12 units cost 10 + 3 + 2 × 0.5 = 14; 9 are billed.
      'closing 0 open 7.00: usage Calls 1 2.00, late_usage Calls (late usage) 0 5.00',
    ]);
    const line = (await world.invoices(subscription.id))[1]?.lines[1];
    expect([line?.periodStart, line?.periodEnd, line?.quantity, line?.previouslyBilled]).toEqual([
      at('2027-01-01'),
      at('2027-02-01'),
      '12',
      '9.00',
    ]);
  });

  test('are billed once, and what comes still later on the invoice after that', async () => {
    const { customer, told } = await subscribed();
    await world.turn(customer, '2027-02-01T01:00:00Z');
    await world.events(customer, { time: '2027-01-06', count: 3 });
    await world.turn(customer, '2027-03-01T01:00:00Z');
    await world.events(customer, { time: '2027-01-07', count: 4 });
    await world.events(customer, { time: '2027-02-07', count: 5 });
    await world.turn(customer, '2027-05-01T01:00:00Z');
    expect(await told()).toEqual([
      'closing 0 paid 0.00: usage Calls 0 0.00',
      'closing 0 open 0.30: usage Calls 1 0.00, late_usage Calls (late usage) 0 0.30',
      'closing 0 open 0.90: usage Calls 2 0.00, late_usage Calls (late usage) 0 0.40, late_usage Calls (late usage) 1 0.50',
      'closing 0 paid 0.00: usage Calls 3 0.00',
    ]);
  });

  test('are rated with the minimums and the maximum of their period, the plan’s minimum too', async () => {
    const bounded = { ...USAGE, minimum_amount: '2', maximum_amount: '5' };
    const { customer, told } = await subscribed([bounded], '4');
    await world.events(customer, { time: '2027-01-05', count: 10 });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    await world.events(customer, { time: '2027-01-06', count: 90 });
    await world.turn(customer, '2027-03-01T01:00:00Z');
    expect(await told()).toEqual([
      'closing 0 open 4.00: usage Calls 0 2.00, minimum Plan minimum 0 2.00',
      'closing 0 open 5.00: usage Calls 1 2.00, minimum Plan minimum 1 2.00, late_usage Calls (late usage) 0 3.00, late_usage Plan minimum (late usage) 0 -2.00',
    ]);
  });

  test('draw only for themselves, from grants in force at their timestamps that still hold something', async () => {
    const { customer, told } = await subscribed();
    const ended = await world.grant(customer, '100', { expiresInDays: 10, effectiveAt: at('2027-01-01') });
    const { id } = await world.grant(customer, '8', { effectiveAt: at('2027-01-10') });
    await world.events(customer, { time: '2027-01-12', count: 5 });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    await world.events(customer, { time: '2027-01-05', count: 2 });
    await world.events(customer, { time: '2027-01-20', count: 7 });
    await world.turn(customer, '2027-03-01T01:00:00Z');
    // Three units are left of the grant; the ended one lapsed with the first invoice and is not revived.
    expect(await told()).toEqual([
      'closing 0 paid 0.00: usage Calls 0 0.00',
      'closing 0 open 0.60: usage Calls 1 0.00, late_usage Calls (late usage) 0 0.60',
    ]);
    expect([await world.grantBalance(id), await world.grantBalance(ended.id)]).toEqual(['0', '0']);
  });

  test('that lower a sum give back money, and leave drawn credits drawn', async () => {
    const summed = charge({
      pricing_model: 'per_unit',
      name: 'GB',
      event_name: 'call',
      unit_amount: '2',
      aggregation: { type: 'sum', property: 'gb' },
    });
    const { customer, told } = await subscribed([summed]);
    const { id } = await world.grant(customer, '4');
    await world.events(customer, { time: '2027-01-05', properties: { gb: 10 } });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    await world.events(customer, { time: '2027-01-06', properties: { gb: -8 } });
    await world.turn(customer, '2027-03-01T01:00:00Z');
    expect(await told()).toEqual([
      'closing 0 open 12.00: usage GB 0 12.00',
      'closing 0 paid -12.00: usage GB 1 0.00, late_usage GB (late usage) 0 -12.00',
    ]);
    expect(await world.grantBalance(id)).toBe('0');
  });

  test('of a period whose invoice was voided are billed by what they add, the waived usage stays waived', async () => {
    const { clockId, customer, subscription, told } = await subscribed([TIERED]);
    await world.events(customer, { time: '2027-01-05', count: 12 });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    await world.setClock(clockId, '2027-02-02');
    const [closing] = await world.invoices(subscription.id);
    await voidInvoice(world.db, TEST_TENANT, { invoiceId: closing?.id ?? '', reason: null });
    await world.events(customer, { time: '2027-01-06', count: 4 });
    await world.turn(customer, '2027-03-01T01:00:00Z');
    expect(await told()).toEqual([
      'closing 0 void 14.00: usage Calls 0 14.00',
      'closing 0 open 2.00: usage Calls 1 0.00, late_usage Calls (late usage) 0 2.00',
    ]);
  });

  test('on a void invoice are waived, and a reissue bills them again', async () => {
    const { clockId, customer, subscription, told } = await subscribed();
    await world.turn(customer, '2027-02-01T01:00:00Z');
    await world.events(customer, { time: '2027-01-06', count: 3 });
    await world.turn(customer, '2027-04-01T01:00:00Z');
    await world.setClock(clockId, '2027-04-02');
    await world.events(customer, { time: '2027-01-07', count: 1 });
    const second = (await world.invoices(subscription.id)).find(({ periodNumber }) => periodNumber === 1);
    await voidInvoice(world.db, TEST_TENANT, { invoiceId: second?.id ?? '', reason: null, reissue: true });
    await world.turn(customer, '2027-05-01T01:00:00Z');
    expect((await told()).slice(1)).toEqual([
      'closing 0 void 0.30: usage Calls 1 0.00, late_usage Calls (late usage) 0 0.30',
      'closing 0 paid 0.00: usage Calls 2 0.00',
      'closing 1 open 0.40: usage Calls 1 0.00, late_usage Calls (late usage) 0 0.40',
      'closing 0 paid 0.00: usage Calls 3 0.00',
    ]);
  });

  test('are on the preview of the next closing invoice', async () => {
    const { clockId, customer, subscription } = await subscribed();
    await world.turn(customer, '2027-02-01T01:00:00Z');
    await world.setClock(clockId, '2027-02-10');
    await world.events(customer, { time: '2027-01-06', count: 3 });
    const query = { subscriptionId: subscription.id, at: 'period_end' as const };
    const preview = await previewInvoice(world.db, TEST_TENANT, query);
    expect([preview.total, preview.lines.map(({ kind }) => kind)]).toEqual(['0.30', ['usage', 'late_usage']]);
  });
});

test('an event says by which line it was billed late, that it was waived, or that it is to be billed', async () => {
  const { clockId, customer, subscription } = await subscribed();
  const statuses = async () => {
    const query = { customerId: customer.externalId, eventName: null, status: null, from: null, to: null, after: null };
    const { events } = await listEvents(world.db, TEST_TENANT, { ...query, limit: 200 });
    return events.map((event) => [event.status, JSON.parse(event.billedBy).length]);
  };
  await world.turn(customer, '2027-02-01T01:00:00Z');
  await world.events(customer, { time: '2027-01-06' });
  expect(await statuses()).toEqual([['late', 0]]);
  await world.turn(customer, '2027-03-01T01:00:00Z');
  await world.setClock(clockId, '2027-03-02');
  const second = (await world.invoices(subscription.id)).find(({ periodNumber }) => periodNumber === 1);
  const line = second?.lines.find(({ kind }) => kind === 'late_usage');
  const query = { customerId: customer.externalId, eventName: null, status: null, from: null, to: null, after: null };
  const { events } = await listEvents(world.db, TEST_TENANT, { ...query, limit: 200 });
  expect(JSON.parse(events[0]?.billedBy ?? '')).toEqual([
    { invoice_id: second?.id, line_id: line?.id, charge_id: line?.chargeId },
  ]);
  await voidInvoice(world.db, TEST_TENANT, { invoiceId: second?.id ?? '', reason: null });
  expect(await statuses()).toEqual([['waived', 0]]);
});

describe('events that come after a subscription has ended', () => {
  async function ended() {
    const made = await subscribed();
    await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: made.subscription.id, at: 'period_end' });
    await world.turn(made.customer, '2027-02-01T01:00:00Z');
    await world.setClock(made.clockId, '2027-02-05');
    return made;
  }

  test('are billed on one late invoice of the last period at the boundary that would come next', async () => {
    const { customer, subscription, told } = await ended();
    await world.events(customer, { time: '2027-01-06', count: 3 });
    expect(await noteLateUsage(world.db, TEST_TENANT, subscription.id)).toBe(true);
    await world.events(customer, { time: '2027-01-07', count: 2 });
    await world.turn(customer, '2027-02-28');
    expect((await told()).length).toBe(1);
    await world.turn(customer, '2027-03-01');
    expect((await told()).slice(1)).toEqual(['late 0 open 0.50: late_usage Calls (late usage) 0 0.50']);
    const late = (await world.invoices(subscription.id)).find(({ kind }) => kind === 'late');
    expect([late?.billingReason, late?.periodNumber, late?.finalizedAt]).toEqual(['late_usage', 0, at('2027-03-01')]);
    expect(await noteLateUsage(world.db, TEST_TENANT, subscription.id)).toBe(false);
  });

  test('a manual trigger bills at once', async () => {
    const { customer, subscription, told } = await ended();
    expect(await trigger(subscription.id)).toMatchObject({ made: false, skip: { code: 'nothing_new' } });
    await world.events(customer, { time: '2027-01-06', count: 3 });
    await noteLateUsage(world.db, TEST_TENANT, subscription.id);
    expect((await trigger(subscription.id)).made).toBe(true);
    await world.turn(customer, '2027-04-01');
    expect((await told()).slice(1)).toEqual(['late 0 open 0.30: late_usage Calls (late usage) 0 0.30']);
  });

  test('or while it was paused before, are billed so too when it is canceled, which makes no closing invoice', async () => {
    const { clockId, customer, subscription, told } = await subscribed();
    await pauseSubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id, at: 'period_end' });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    await world.setClock(clockId, '2027-02-05');
    await world.events(customer, { time: '2027-01-06', count: 3 });
    await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id, at: 'now' });
    await world.turn(customer, '2027-03-01');
    expect((await told()).slice(1)).toEqual(['late 0 open 0.30: late_usage Calls (late usage) 0 0.30']);
  });

  test('and as well where the cancellation was planned', async () => {
    const { clockId, customer, subscription, told } = await subscribed();
    await pauseSubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id, at: 'period_end' });
    await cancelSubscription(world.db, TEST_TENANT, {
      subscriptionId: subscription.id,
      at: { instant: at('2027-02-10') },
    });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    await world.setClock(clockId, '2027-02-05');
    await world.events(customer, { time: '2027-01-06', count: 3 });
    await world.turn(customer, '2027-03-01');
    expect((await told()).slice(1)).toEqual(['late 0 open 0.30: late_usage Calls (late usage) 0 0.30']);
  });

  test('that nothing charges for make no invoice', async () => {
    const { customer, subscription } = await ended();
    await world.events(customer, { name: 'other', time: '2027-01-06', count: 3 });
    await world.events(customer, { time: '2027-02-06', count: 3 });
    expect(await noteLateUsage(world.db, TEST_TENANT, subscription.id)).toBe(false);
  });
});
