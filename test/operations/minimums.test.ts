import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { finalizeInvoice } from '../../src/operations/finalize-invoice.ts';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { voidInvoice } from '../../src/operations/void-invoice.ts';
import { BillingWorld, CALLS, charge, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';
import { tellFinal } from '../support/tell-invoice.ts';

const USAGE = { ...CALLS, name: 'Calls' };
const SEAT = charge({ pricing_model: 'flat', name: 'Seat', amount: '30', bill_in: 'advance', charge_when: 'always' });
const BASE = charge({ pricing_model: 'flat', name: 'Base', amount: '20', bill_in: 'arrears', charge_when: 'always' });

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterEach(() => expectInvariants(world.db));
afterAll(() => world.drop());

async function subscribed(charges: Parameters<BillingWorld['plan']>[0], minimumAmount: string | null = null) {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan(charges, { minimumAmount }));
  return { clockId, customer, subscription };
}

describe('the minimum and maximum of a usage charge', () => {
  test('apply after credits and also without usage', async () => {
    const bounded = { ...USAGE, minimum_amount: '5', maximum_amount: '8' };
    const { customer, subscription } = await subscribed([bounded]);
    await world.grant(customer, '100');
    await world.turn(customer, '2027-02-01T01:00:00Z');
    await world.events(customer, { time: '2027-02-02', count: 200 });
    await world.turn(customer, '2027-03-01T01:00:00Z');
    expect(tellFinal(await world.invoices(subscription.id))).toEqual([
      'closing 0 open 5.00: usage Calls 0 5.00',
      'closing 0 open 8.00: usage Calls 1 8.00',
    ]);
  });

  test('are prorated by time in a cut period', async () => {
    const bounded = { ...USAGE, minimum_amount: '31' };
    const capped = { ...USAGE, id: 'chg_capped', name: 'Capped', maximum_amount: '6.2' };
    const { clockId, customer, subscription } = await subscribed([bounded, capped]);
    await world.events(customer, { time: '2027-01-02', count: 50 });
    await world.setClock(clockId, '2027-01-11');
    await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id, at: 'now' });
    await world.turn(customer, '2027-01-12');
    expect(tellFinal(await world.invoices(subscription.id))).toEqual([
      'closing 0 open 12.00: usage Calls 0 10.00, usage Capped 0 2.00',
    ]);
  });

  test('an interim keeps to the whole maximum and leaves the minimum to the closing invoice', async () => {
    const bounded = { ...USAGE, minimum_amount: '5', maximum_amount: '8' };
    const { clockId, customer, subscription } = await subscribed([bounded]);
    const trigger = () => triggerInvoice(world.db, TEST_TENANT, { subscriptionId: subscription.id, triggerId: null });
    await world.events(customer, { time: '2027-01-02', count: 10 });
    await world.setClock(clockId, '2027-01-05');
    await trigger();
    await world.events(customer, { time: '2027-01-06', count: 500 });
    await world.setClock(clockId, '2027-01-10');
    await trigger();
    await world.turn(customer, '2027-02-01T01:00:00Z');
    expect(tellFinal(await world.invoices(subscription.id))).toEqual([
      'interim 0 open 1.00: usage Calls 0 1.00',
      'interim 1 open 7.00: usage Calls 0 7.00',
      'closing 0 paid 0.00: usage Calls 0 0.00',
    ]);
  });
});

describe('the minimum of a plan', () => {
  test('bills what all lines of the period lack, advance flats included, wherever they stand', async () => {
    const { customer, subscription } = await subscribed([SEAT, BASE, USAGE], '60');
    await world.events(customer, { time: '2027-01-02', count: 15 });
    await world.turn(customer, '2027-03-01T01:00:00Z');
    expect(tellFinal(await world.invoices(subscription.id)).slice(1)).toEqual([
      'closing 0 open 60.00: flat Base 0 20.00, usage Calls 0 1.50, minimum Plan minimum 0 8.50, flat Seat 1 30.00',
      'closing 0 open 60.00: flat Base 1 20.00, usage Calls 1 0.00, minimum Plan minimum 1 10.00, flat Seat 2 30.00',
    ]);
  });

  test('asks in a cut period for as much beside an advance flat that was waived as beside one that is billed', async () => {
    const told = async (isWaived: boolean) => {
      const { clockId, subscription } = await subscribed([SEAT], '50');
      const [opening] = await world.invoices(subscription.id);
      const invoiceId = opening?.id ?? '';
      if (isWaived) await voidInvoice(world.db, TEST_TENANT, { invoiceId, reason: null, reissue: false });
      await world.setClock(clockId, '2027-01-11');
      await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id, at: 'now' });
      const closing = (await world.invoices(subscription.id)).find(({ kind }) => kind === 'closing');
      await finalizeInvoice(world.db, TEST_TENANT, closing?.id ?? '');
      return tellFinal(await world.invoices(subscription.id)).at(-1);
    };
    expect(await told(false)).toBe(
      'closing 0 paid -13.87: proration Seat (unused part) 0 -20.32, minimum Plan minimum 0 6.45',
    );
    expect(await told(true)).toBe('closing 0 open 6.45: minimum Plan minimum 0 6.45');
  });

  test('has no line where the period reaches it', async () => {
    const { customer, subscription } = await subscribed([BASE], '20');
    await world.turn(customer, '2027-02-01T01:00:00Z');
    expect(tellFinal(await world.invoices(subscription.id))).toEqual(['closing 0 open 20.00: flat Base 0 20.00']);
  });

  test('counts what interims have billed', async () => {
    const { clockId, customer, subscription } = await subscribed([USAGE], '10');
    await world.events(customer, { time: '2027-01-02', count: 40 });
    await world.setClock(clockId, '2027-01-05');
    await triggerInvoice(world.db, TEST_TENANT, { subscriptionId: subscription.id, triggerId: null });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    expect(tellFinal(await world.invoices(subscription.id))).toEqual([
      'interim 0 open 4.00: usage Calls 0 4.00',
      'closing 0 open 6.00: usage Calls 0 0.00, minimum Plan minimum 0 6.00',
    ]);
  });

  test('is prorated by time in a cut period, and asks nothing of one without length', async () => {
    const { clockId, customer, subscription } = await subscribed([USAGE], '31');
    await world.setClock(clockId, '2027-01-11');
    await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id, at: 'now' });
    const empty = await world.subscribe(customer, await world.plan([USAGE], { minimumAmount: '31' }));
    await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: empty.id, at: 'now' });
    await world.turn(customer, '2027-01-12');
    expect(tellFinal(await world.invoices(subscription.id))).toEqual([
      'closing 0 open 10.00: usage Calls 0 0.00, minimum Plan minimum 0 10.00',
    ]);
    expect(tellFinal(await world.invoices(empty.id))).toEqual(['closing 0 paid 0.00: usage Calls 0 0.00']);
  });
});
