import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type CancelAt, cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { getSubscription } from '../../src/operations/get-subscription.ts';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { selectSubscriptionPeriods } from '../../src/storage/periods.ts';
import { at, BillingWorld, CALLS, FEE, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterEach(() => expectInvariants(world.db));
afterAll(() => world.drop());

async function subscribed(dates: { start?: string; trialEnd?: string } = {}) {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan([FEE, CALLS]), dates);
  return { clockId, customer, id: subscription.id };
}

function cancel(subscriptionId: string, when: CancelAt) {
  return cancelSubscription(world.db, TEST_TENANT, { subscriptionId, at: when });
}

async function periodsOf(id: string) {
  const periods = await selectSubscriptionPeriods(world.db, TEST_TENANT, id);
  return periods.map((period) => [period.number, period.startAt, period.endAt, period.status]);
}

describe('a cancel of a subscription without a period ends it without an invoice', () => {
  test.each([
    ['scheduled, now', { start: '2027-03-01' }, 'now', '2027-01-01'],
    ['scheduled, at the period’s end', { start: '2027-03-01' }, 'period_end', '2027-03-01'],
    ['scheduled, at an instant before it starts', { start: '2027-03-01' }, { instant: at('2027-02-01') }, '2027-02-01'],
    ['scheduled, at the instant it would start', { start: '2027-03-01' }, { instant: at('2027-03-01') }, '2027-03-01'],
    ['trialing, now', { trialEnd: '2027-02-01' }, 'now', '2027-01-01'],
    ['trialing, at the period’s end', { trialEnd: '2027-02-01' }, 'period_end', '2027-02-01'],
    ['trialing, at an instant', { trialEnd: '2027-02-01' }, { instant: at('2027-01-15') }, '2027-01-15'],
    [
      'scheduled with a trial, inside that trial',
      { start: '2027-03-01', trialEnd: '2027-04-01' },
      { instant: at('2027-03-15') },
      '2027-03-15',
    ],
  ] as [string, { start?: string; trialEnd?: string }, CancelAt, string][])('%s', async (_, dates, when, endedAt) => {
    const { customer, id } = await subscribed(dates);
    await world.events(customer, { time: '2027-01-05', count: 3 });
    await cancel(id, when);
    await world.turn(customer, '2027-05-01T01:00:00Z');
    expect(await getSubscription(world.db, TEST_TENANT, id)).toMatchObject({
      status: 'canceled',
      endedAt: at(endedAt),
      nextDueAt: null,
    });
    expect(await world.invoices(id)).toEqual([]);
  });
});

describe('a cancel of an active subscription', () => {
  test('at the end of its period bills that in full and opens no other', async () => {
    const { customer, id } = await subscribed();
    await world.events(customer, { time: '2027-01-31T23:59:59.999999Z' });
    await world.events(customer, { time: '2027-02-01' });
    expect(await cancel(id, 'period_end')).toMatchObject({ status: 'active', cancelAt: at('2027-02-01') });
    await world.turn(customer, '2027-03-01T01:00:00Z');
    expect((await world.invoices(id)).map((each) => [each.total, each.billingReason])).toEqual([['20.10', 'cancel']]);
    expect(await periodsOf(id)).toEqual([[0, at('2027-01-01'), at('2027-02-01'), 'closed']]);
  });

  test('now, at the very instant of a boundary, ends that period and one of no length', async () => {
    const { clockId, customer, id } = await subscribed();
    await world.setClock(clockId, '2027-02-01');
    await cancel(id, 'now');
    await world.turn(customer, '2027-02-01T01:00:00Z');
    expect(await periodsOf(id)).toEqual([
      [0, at('2027-01-01'), at('2027-02-01'), 'closed'],
      [1, at('2027-02-01'), at('2027-02-01'), 'closed'],
    ]);
    expect((await world.invoices(id)).map((each) => [each.total, each.status])).toEqual([
      ['20.00', 'open'],
      ['0.00', 'paid'],
    ]);
  });

  test('at an instant in a later period cuts that one, to the microsecond', async () => {
    const { customer, id } = await subscribed();
    const instant = at('2027-02-15T00:00:00.000001Z');
    await cancel(id, { instant });
    await world.events(customer, { time: '2027-02-15' });
    await world.events(customer, { time: '2027-02-15T00:00:00.000001Z' });
    await world.turn(customer, '2027-05-01T01:00:00Z');
    expect(await periodsOf(id)).toEqual([
      [0, at('2027-01-01'), at('2027-02-01'), 'closed'],
      [1, at('2027-02-01'), instant, 'closed'],
    ]);
    // Half of February and a microsecond, and one event.
    expect((await world.invoices(id)).map((each) => each.total)).toEqual(['20.00', '10.10']);
  });

  test('can be moved while it is still to come, and not after', async () => {
    const { clockId, customer, id } = await subscribed();
    await cancel(id, { instant: at('2027-04-10') });
    await cancel(id, 'period_end');
    await world.turn(customer, '2027-02-01');
    await world.setClock(clockId, '2027-02-01');
    expect(await getSubscription(world.db, TEST_TENANT, id)).toMatchObject({ status: 'canceled' });
    await expect(cancel(id, 'now')).rejects.toMatchObject({ code: 'subscription_ended' });
  });

  test('is refused for an instant that has passed', async () => {
    const { clockId, id } = await subscribed();
    await world.setClock(clockId, '2027-01-10');
    await expect(cancel(id, { instant: at('2027-01-09') })).rejects.toMatchObject({ code: 'invalid_body' });
  });

  test('from eight sides at once makes one closing invoice', async () => {
    const { clockId, customer, id } = await subscribed();
    await world.setClock(clockId, '2027-01-16T12:00:00Z');
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => cancel(id, 'now')));
    expect(outcomes.filter((each) => each.status === 'fulfilled').length).toBe(1);
    await world.turn(customer, '2027-01-16T13:00:00Z');
    expect((await world.invoices(id)).map((each) => each.total)).toEqual(['10.00']);
  });

  test('leaves its earlier drafts to be finalized, and is over with the last of them', async () => {
    const { clockId, customer, id } = await subscribed();
    await world.setClock(clockId, '2027-02-01T00:30:00Z');
    await cancel(id, 'now');
    expect((await world.invoices(id)).map((each) => each.status)).toEqual(['draft', 'draft']);
    await world.turn(customer, '2027-02-01T01:00:00Z');
    expect((await getSubscription(world.db, TEST_TENANT, id)).nextDueAt).toBe(at('2027-02-01T01:30:00Z'));
    await world.turn(customer, '2027-02-01T01:30:00Z');
    expect((await getSubscription(world.db, TEST_TENANT, id)).nextDueAt).toBeNull();
  });
});

describe('a trigger', () => {
  test('that races a boundary bills its period once: before it as an interim, or after it in the next', async () => {
    const { clockId, customer, id } = await subscribed();
    await world.events(customer, { time: '2027-01-05', count: 4 });
    await world.events(customer, { time: '2027-02-01', count: 2 });
    await world.setClock(clockId, '2027-02-01');
    await Promise.all([
      ...Array.from({ length: 5 }, () =>
        triggerInvoice(world.db, TEST_TENANT, { subscriptionId: id, triggerId: 'one' }),
      ),
      ...Array.from({ length: 3 }, () => world.turn(customer, '2027-02-01')),
    ]);
    await world.turn(customer, '2027-03-01T01:00:00Z');
    expect((await world.invoices(id)).map((each) => [each.kind, each.periodNumber, each.total])).toEqual([
      ['closing', 0, '20.40'],
      ['closing', 1, '20.20'],
    ]);
  });

  test('repeated ten times at once with one id makes one invoice, with ten ids one that has something to bill', async () => {
    const { clockId, customer, id } = await subscribed();
    await world.events(customer, { time: '2027-01-05', count: 4 });
    await world.setClock(clockId, '2027-01-10');
    const trigger = (triggerId: string) => triggerInvoice(world.db, TEST_TENANT, { subscriptionId: id, triggerId });
    const same = await Promise.all(Array.from({ length: 10 }, () => trigger('same')));
    expect(new Set(same.map((each) => (each.made ? each.invoice.id : 'none'))).size).toBe(1);
    await world.events(customer, { time: '2027-01-06', count: 1 });
    const others = await Promise.all(Array.from({ length: 10 }, (_, index) => trigger(`other ${index}`)));
    expect(others.filter((each) => each.made).length).toBe(1);
  });
});
