import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { voidInvoice } from '../../src/operations/void-invoice.ts';
import type { InvoiceKind } from '../../src/domain/invoicing/basis.ts';
import { at, BillingWorld, CALLS, charge, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';
import { tellFinal } from '../support/tell-invoice.ts';

const USAGE = { ...CALLS, name: 'Calls' };
const SEAT = charge({ pricing_model: 'flat', name: 'Seat', amount: '30', bill_in: 'advance', charge_when: 'always' });

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
  const turn = async (time: string) => {
    await world.turn(customer, time);
    await world.setClock(clockId, time);
  };
  return { clockId, customer, subscription, told, turn };
}

const trigger = (subscriptionId: string) => triggerInvoice(world.db, TEST_TENANT, { subscriptionId, triggerId: null });

/** Voids the live invoice of that kind and period, and bills it again. */
async function reissue(subscription: { id: string }, kind: InvoiceKind, period: number, again = true) {
  const invoice = (await world.invoices(subscription.id)).find(
    (each) => each.kind === kind && each.periodNumber === period && each.status !== 'void',
  );
  return voidInvoice(world.db, TEST_TENANT, { invoiceId: invoice?.id ?? '', reason: null, reissue: again });
}

describe('a closing invoice that is issued again', () => {
  test('keeps what an interim drew from a grant that has ended since', async () => {
    const { customer, subscription, told, turn } = await subscribed();
    const { id } = await world.grant(customer, '5', { rollover: false });
    await world.events(customer, { time: '2027-01-05', count: 7 });
    await turn('2027-01-10');
    await trigger(subscription.id);
    await turn('2027-02-05');
    await reissue(subscription, 'closing', 0);
    expect(await told()).toEqual([
      'interim 0 open 0.20: usage Calls 0 0.20',
      'closing 0 void 0.00: usage Calls 0 0.00',
      'closing 1 paid 0.00: usage Calls 0 0.00',
    ]);
    expect(await world.grantBalance(id)).toBe('0');
  });

  test('bills what came late for later periods once', async () => {
    const { customer, subscription, told, turn } = await subscribed();
    await turn('2027-04-02');
    await world.events(customer, { time: '2027-03-06', count: 2 });
    await reissue(subscription, 'closing', 0);
    await world.events(customer, { time: '2027-03-07', count: 3 });
    await turn('2027-05-02');
    expect((await told()).slice(3)).toEqual([
      'closing 1 open 0.20: usage Calls 0 0.00, late_usage Calls (late usage) 2 0.20',
      'closing 0 open 0.30: usage Calls 3 0.00, late_usage Calls (late usage) 2 0.30',
    ]);
  });

  test('leaves the usage of another period waived that its late lines count on', async () => {
    const { customer, subscription, told, turn } = await subscribed();
    await world.events(customer, { time: '2027-01-05', count: 5 });
    await turn('2027-02-05');
    await reissue(subscription, 'closing', 0, false);
    await world.events(customer, { time: '2027-01-06', count: 2 });
    await turn('2027-03-05');
    await reissue(subscription, 'closing', 1);
    expect(await told()).toEqual([
      'closing 0 void 0.50: usage Calls 0 0.50',
      'closing 0 void 0.20: usage Calls 1 0.00, late_usage Calls (late usage) 0 0.20',
      'closing 1 open 0.20: usage Calls 1 0.00, late_usage Calls (late usage) 0 0.20',
    ]);
  });

  test('bills an advance flat of a period with late usage, and counts it for the minimum of that period', async () => {
    const { customer, subscription, told, turn } = await subscribed([SEAT, USAGE], '100');
    await turn('2027-03-05');
    await world.events(customer, { time: '2027-02-05', count: 10 });
    await reissue(subscription, 'closing', 0);
    expect((await told()).at(-1)).toBe(
      'closing 1 open 100.00: usage Calls 0 0.00, minimum Plan minimum 0 70.00, flat Seat 1 30.00, ' +
        'late_usage Calls (late usage) 1 1.00, late_usage Plan minimum (late usage) 1 -1.00',
    );
  });

  test('asks no minimum for an advance flat that was waived', async () => {
    const { subscription, told, turn } = await subscribed([SEAT, USAGE], '60');
    await reissue(subscription, 'opening', 0, false);
    await turn('2027-02-05');
    await reissue(subscription, 'closing', 0);
    expect((await told()).slice(1)).toEqual([
      'closing 0 void 60.00: usage Calls 0 0.00, minimum Plan minimum 0 30.00, flat Seat 1 30.00',
      'closing 1 open 60.00: usage Calls 0 0.00, minimum Plan minimum 0 30.00, flat Seat 1 30.00',
    ]);
  });
});

describe('an interim whose closing invoice was waived, issued again', () => {
  async function waived(calls: number) {
    const made = await subscribed();
    await made.turn('2027-01-05T12:00:00Z');
    await world.events(made.customer, { time: '2027-01-05', count: calls });
    await trigger(made.subscription.id);
    await made.turn('2027-02-05');
    await reissue(made.subscription, 'closing', 0, false);
    return made;
  }

  test('is waived where late usage has billed more by now, and what comes later pays for itself alone', async () => {
    const { customer, subscription, told, turn } = await waived(10);
    await world.events(customer, { time: '2027-01-06', count: 30 });
    await turn('2027-03-05');
    await reissue(subscription, 'interim', 0);
    await world.events(customer, { time: '2027-01-06' });
    await turn('2027-04-05');
    expect(await told()).toEqual([
      'interim 0 void 1.00: usage Calls 0 1.00',
      'closing 0 void 0.00: usage Calls 0 0.00',
      'closing 0 open 3.00: usage Calls 1 0.00, late_usage Calls (late usage) 0 3.00',
      'closing 0 open 0.10: usage Calls 2 0.00, late_usage Calls (late usage) 0 0.10',
    ]);
  });

  test('leaves the credits to late usage that they have covered', async () => {
    const { customer, subscription, told, turn } = await waived(20);
    const { id } = await world.grant(customer, '4', { effectiveAt: at('2027-01-01') });
    await world.events(customer, { time: '2027-01-20', count: 4 });
    await turn('2027-03-05');
    expect(await world.grantBalance(id)).toBe('0');
    await reissue(subscription, 'interim', 0);
    expect((await told()).at(-1)).toBe('interim 1 open 2.00: usage Calls 0 2.00');
  });
});
