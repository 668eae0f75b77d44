import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { InvoiceKind } from '../../src/domain/invoicing/basis.ts';
import { archiveCustomer } from '../../src/operations/archive-customer.ts';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { changePlan } from '../../src/operations/change-plan.ts';
import { listEvents } from '../../src/operations/list-events.ts';
import { noteLateUsage } from '../../src/operations/note-late-usage.ts';
import { deleteTestClock } from '../../src/operations/test-clocks.ts';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { voidInvoice } from '../../src/operations/void-invoice.ts';
import { BillingWorld, CALLS, charge, TEST_TENANT } from '../support/billing-world.ts';
import { expectVerified } from '../support/expect-verified.ts';
import { expectInvariants } from '../support/invariants.ts';
import { tellFinal } from '../support/tell-invoice.ts';

const USAGE = { ...CALLS, name: 'Calls' };
const SEAT = charge({ pricing_model: 'flat', name: 'Seat', amount: '30', bill_in: 'advance', charge_when: 'always' });

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterEach(async () => {
  await expectInvariants(world.db);
  await expectVerified(world.db);
});
afterAll(() => world.drop());

type Charges = Parameters<BillingWorld['plan']>[0];

async function subscribed(charges: Charges = [USAGE]) {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan(charges));
  const told = async () => tellFinal(await world.invoices(subscription.id));
  const turn = async (time: string) => {
    await world.turn(customer, time);
    await world.setClock(clockId, time);
  };
  return { clockId, customer, subscription, told, turn };
}

async function ended() {
  const made = await subscribed();
  await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: made.subscription.id, at: 'period_end' });
  await made.turn('2027-02-05');
  return made;
}

async function voidLive(subscription: { id: string }, kind: InvoiceKind, period: number, reissue = true) {
  const invoice = (await world.invoices(subscription.id)).find(
    (each) => each.kind === kind && each.periodNumber === period && each.status !== 'void',
  );
  return voidInvoice(world.db, TEST_TENANT, { invoiceId: invoice?.id ?? '', reason: null, reissue });
}

async function statuses(customerId: string) {
  const query = { customerId, eventName: null, status: null, from: null, to: null, after: null };
  return (await listEvents(world.db, TEST_TENANT, { ...query, limit: 200 })).events.map(({ status }) => status);
}

describe('an invoice that is issued again, and again', () => {
  test('of late usage counts what came since, each event once', async () => {
    const { customer, subscription, told, turn } = await ended();
    await world.events(customer, { time: '2027-01-06', count: 3 });
    await triggerInvoice(world.db, TEST_TENANT, { subscriptionId: subscription.id, triggerId: null });
    await world.events(customer, { time: '2027-01-06', count: 2 });
    await noteLateUsage(world.db, TEST_TENANT, subscription.id);
    await voidLive(subscription, 'late', 0);
    await voidLive(subscription, 'late', 0);
    await turn('2027-04-01');
    expect((await told()).slice(1)).toEqual([
      'late 0 void 0.30: late_usage Calls (late usage) 0 0.30',
      'late 1 void 0.50: late_usage Calls (late usage) 0 0.50',
      'late 2 open 0.50: late_usage Calls (late usage) 0 0.50',
    ]);
  });

  test('ahead of its period bills the same flats each time, and a cut returns of the last one', async () => {
    const { subscription, told, turn } = await subscribed([SEAT, USAGE]);
    await voidLive(subscription, 'opening', 0);
    await voidLive(subscription, 'opening', 0);
    await turn('2027-01-16T12:00:00Z');
    await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id, at: 'now' });
    await turn('2027-01-17');
    expect((await told()).slice(2)).toEqual([
      'opening 2 open 30.00: flat Seat 0 30.00',
      'closing 0 paid -15.00: proration Seat (unused part) 0 -15.00, usage Calls 0 0.00',
    ]);
  });

  test('when later periods are closed, takes over late usage of its period but what later invoices billed', async () => {
    const { customer, subscription, told, turn } = await subscribed();
    await world.events(customer, { time: '2027-01-06', count: 5 });
    await turn('2027-02-05');
    await world.events(customer, { time: '2027-01-07', count: 3 });
    await turn('2027-03-05');
    await world.events(customer, { time: '2027-01-08', count: 1 });
    await voidLive(subscription, 'closing', 0);
    await voidLive(subscription, 'closing', 0);
    await world.events(customer, { time: '2027-01-09', count: 2 });
    await turn('2027-04-05');
    expect((await told()).slice(1)).toEqual([
      'closing 0 open 0.30: usage Calls 1 0.00, late_usage Calls (late usage) 0 0.30',
      'closing 1 void 0.60: usage Calls 0 0.60',
      'closing 2 open 0.60: usage Calls 0 0.60',
      'closing 0 open 0.20: usage Calls 2 0.00, late_usage Calls (late usage) 0 0.20',
    ]);
    expect(new Set(await statuses(customer.externalId))).toEqual(new Set(['billed']));
  });

  test('and then voided is waived whole; what comes later pays for itself alone', async () => {
    const { customer, subscription, told, turn } = await subscribed();
    await world.events(customer, { time: '2027-01-06', count: 5 });
    await turn('2027-02-05');
    await voidLive(subscription, 'closing', 0);
    await voidLive(subscription, 'closing', 0, false);
    await world.events(customer, { time: '2027-01-07', count: 2 });
    await turn('2027-03-05');
    expect((await told()).at(-1)).toBe('closing 0 open 0.20: usage Calls 1 0.00, late_usage Calls (late usage) 0 0.20');
  });
});

describe('late usage', () => {
  test('of a period whose invoice was waived keeps the credits that cover it', async () => {
    const { customer, subscription, told, turn } = await subscribed();
    const { id } = await world.grant(customer, '3');
    await turn('2027-02-05');
    await voidLive(subscription, 'closing', 0, false);
    await world.events(customer, { time: '2027-01-06', count: 2 });
    await turn('2027-03-05');
    expect((await told()).at(-1)).toBe('closing 0 paid 0.00: usage Calls 1 0.00, late_usage Calls (late usage) 0 0.00');
    expect(await world.grantBalance(id)).toBe('1');
  });

  test('of an archived customer is billed all the same', async () => {
    const { customer, subscription, told, turn } = await ended();
    await world.events(customer, { time: '2027-01-06', count: 3 });
    await noteLateUsage(world.db, TEST_TENANT, subscription.id);
    await archiveCustomer(world.db, TEST_TENANT, customer.id);
    await turn('2027-03-05');
    expect((await told()).slice(1)).toEqual(['late 0 open 0.30: late_usage Calls (late usage) 0 0.30']);
  });

  test('of a customer whose test clock was deleted is not billed', async () => {
    const { clockId, customer, subscription, told } = await ended();
    await world.events(customer, { time: '2027-01-06', count: 3 });
    await noteLateUsage(world.db, TEST_TENANT, subscription.id);
    await deleteTestClock(world.db, TEST_TENANT, clockId);
    await world.turn(customer, '2027-06-01');
    expect(await noteLateUsage(world.db, TEST_TENANT, subscription.id)).toBe(false);
    expect((await told()).length).toBe(1);
  });

  test('lies in the period that starts at its instant, not in the one that ends there', async () => {
    const { customer, told, turn } = await subscribed();
    await turn('2027-03-05');
    for (const time of ['2027-01-01', '2027-01-31T23:59:59.999999Z', '2027-02-01', '2026-12-31T23:59:59.999999Z']) {
      await world.events(customer, { time });
    }
    await turn('2027-04-05');
    expect((await told()).at(-1)).toBe(
      'closing 0 open 0.30: usage Calls 2 0.00, late_usage Calls (late usage) 0 0.20, late_usage Calls (late usage) 1 0.10',
    );
    expect((await statuses(customer.externalId)).toSorted()).toEqual(['billed', 'billed', 'billed', 'unpriced']);
  });

  test('for one subscription may be in time for another: each bills it', async () => {
    const { customer, subscription, told, turn } = await ended();
    const dear = { ...USAGE, id: 'chg_dear', unit_amount: '7' };
    const other = await world.subscribe(customer, await world.plan([dear]), { start: '2027-01-05' });
    await world.events(customer, { time: '2027-01-06', count: 3 });
    expect(await noteLateUsage(world.db, TEST_TENANT, subscription.id)).toBe(true);
    expect(new Set(await statuses(customer.externalId))).toEqual(new Set(['pending']));
    await turn('2027-03-06');
    expect((await told()).slice(1)).toEqual(['late 0 open 0.30: late_usage Calls (late usage) 0 0.30']);
    expect(tellFinal(await world.invoices(other.id))).toEqual([
      'closing 0 open 21.00: usage Calls 0 21.00',
      'closing 0 paid 0.00: usage Calls 1 0.00',
    ]);
  });

  test('is rated on the plan of its part where the plan changed in the midst of a period', async () => {
    const { customer, subscription, told, turn } = await subscribed();
    await turn('2027-01-16');
    const planId = await world.plan([{ ...USAGE, id: 'chg_dear', unit_amount: '7' }]);
    const move = {
      subscriptionId: subscription.id,
      planId,
      planVersion: null,
      at: 'now',
      proration: 'by_time',
    } as const;
    await changePlan(world.db, TEST_TENANT, move);
    await turn('2027-02-05');
    for (const time of ['2027-01-15T23:59:59.999999Z', '2027-01-16']) await world.events(customer, { time });
    await turn('2027-03-05');
    expect((await told()).at(-1)).toBe(
      'closing 0 open 7.10: usage Calls 2 0.00, late_usage Calls (late usage) 0 0.10, late_usage Calls (late usage) 1 7.00',
    );
  });
});
