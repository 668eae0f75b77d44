import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { cancelSubscription, uncancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { changePlan, type ChangePlanCommand } from '../../src/operations/change-plan.ts';
import { listEvents } from '../../src/operations/list-events.ts';
import { pauseSubscription, resumeSubscription } from '../../src/operations/pause-subscription.ts';
import { previewInvoice } from '../../src/operations/preview-invoice.ts';
import { at, BillingWorld, CALLS, charge, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';
import { tellFinal } from '../support/tell-invoice.ts';

const USAGE = { ...CALLS, name: 'Calls' };
const base = (amount: string) =>
  charge({ pricing_model: 'flat', name: 'Base', amount, bill_in: 'arrears', charge_when: 'always' });
const seat = (amount: string) =>
  charge({ pricing_model: 'flat', name: 'Seat', amount, bill_in: 'advance', charge_when: 'always' });

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterEach(() => expectInvariants(world.db));
afterAll(() => world.drop());

async function subscribed(charges: Parameters<BillingWorld['plan']>[0], dates: { trialEnd?: string } = {}) {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const planId = await world.plan(charges);
  const subscription = await world.subscribe(customer, planId, dates);
  const subscriptionId = subscription.id;
  return {
    customer,
    planId,
    subscriptionId,
    to: async (time: string) => {
      await world.turn(customer, time);
      await world.setClock(clockId, time);
    },
    told: async () => tellFinal(await world.invoices(subscriptionId)),
    pause: (when: 'now' | 'period_end') => pauseSubscription(world.db, TEST_TENANT, { subscriptionId, at: when }),
    resume: (when: 'now' | { instant: bigint } = 'now') =>
      resumeSubscription(world.db, TEST_TENANT, { subscriptionId, at: when as 'now' }),
    change: (change: Partial<ChangePlanCommand> & { planId: string }) =>
      changePlan(world.db, TEST_TENANT, {
        subscriptionId,
        planVersion: null,
        at: 'now',
        proration: 'by_time',
        ...change,
      }),
  };
}

describe('a pause', () => {
  test('closes the running period, leaves usage free, and a new period with a new anchor opens at the resume', async () => {
    const one = await subscribed([seat('31'), base('62'), USAGE]);
    await world.events(one.customer, { time: '2027-01-05', count: 10 });
    await one.to('2027-01-11');
    expect((await one.pause('now')).status).toBe('paused');
    await world.events(one.customer, { time: '2027-01-20', count: 100 });
    await one.to('2027-02-15');
    expect((await one.resume()).status).toBe('active');
    await world.events(one.customer, { time: '2027-02-20', count: 5 });
    await one.to('2027-03-15T01:00:00Z');
    expect(await one.told()).toEqual([
      'opening 0 open 31.00: flat Seat 0 31.00',
      // 10 of 31 days: 21 of the 31.00 go back, 20 of the 62 are due.
      'closing 0 open 0.00: proration Seat (unused part) 0 -21.00, flat Base (prorated) 0 20.00, usage Calls 0 1.00'.replace(
        'open',
        'paid',
      ),
      'opening 0 open 31.00: flat Seat 1 31.00',
      'closing 0 open 93.50: flat Base 1 62.00, usage Calls 1 0.50, flat Seat 2 31.00',
    ]);
    const periods = await world.db.query<{ start: bigint }>({
      name: 'periods-of',
      text: 'select start_at as start from periods where subscription_id = $1 order by number',
      values: [one.subscriptionId],
    });
    expect(periods.map(({ start }) => start)).toEqual([at('2027-01-01'), at('2027-02-15'), at('2027-03-15')]);
  });

  test('at the period’s end cuts nothing and can be taken back before', async () => {
    const one = await subscribed([base('10')]);
    await one.pause('period_end');
    expect((await one.resume()).pauseAt).toBeNull();
    await one.pause('period_end');
    await one.to('2027-02-10');
    expect(await one.told()).toEqual(['closing 0 open 10.00: flat Base 0 10.00']);
    await expect(one.pause('now')).rejects.toMatchObject({ code: 'no_running_period' });
  });

  test('ends at the instant that resume names, and a cancellation while paused makes no invoice', async () => {
    const one = await subscribed([base('31')]);
    await one.to('2027-01-11');
    await one.pause('now');
    await one.resume({ instant: at('2027-01-20') });
    await one.to('2027-01-25');
    await one.pause('now');
    await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: one.subscriptionId, at: 'now' });
    await one.to('2027-03-01');
    // 5 of the 31 days of the period that began on 20 January.
    expect(await one.told()).toEqual([
      'closing 0 open 10.00: flat Base (prorated) 0 10.00',
      'closing 0 open 5.00: flat Base (prorated) 1 5.00',
    ]);
    await expect(one.resume()).rejects.toMatchObject({ code: 'subscription_ended' });
  });

  test('is refused in a trial, and resume where nothing is paused', async () => {
    const one = await subscribed([base('10')], { trialEnd: '2027-01-10' });
    await expect(one.pause('now')).rejects.toMatchObject({ code: 'no_running_period' });
    await expect(one.resume()).rejects.toMatchObject({ code: 'not_paused' });
  });
});

describe('a change of plan now', () => {
  test('with the same interval keeps the boundary and prorates both parts over the full period', async () => {
    const one = await subscribed([seat('31'), base('62'), USAGE]);
    await world.events(one.customer, { time: '2027-01-05', count: 10 });
    const bigger = await world.plan([seat('310'), base('620'), { ...USAGE, unit_amount: '1' }]);
    await one.to('2027-01-11');
    await one.change({ planId: bigger });
    await world.events(one.customer, { time: '2027-01-20', count: 2 });
    await one.to('2027-02-01T01:00:00Z');
    expect(await one.told()).toEqual([
      'opening 0 open 31.00: flat Seat 0 31.00',
      'closing 0 open 210.00: proration Seat (unused part) 0 -21.00, flat Base (prorated) 0 20.00, usage Calls 0 1.00, flat Seat (prorated) 1 210.00',
      'closing 0 open 732.00: flat Base (prorated) 1 420.00, usage Calls 1 2.00, flat Seat 2 310.00',
    ]);
  });

  test('without proration bills the old flats whole and none of the new part', async () => {
    const one = await subscribed([seat('31'), base('62')]);
    const bigger = await world.plan([seat('310'), base('620'), { ...USAGE, unit_amount: '1' }]);
    await one.to('2027-01-11');
    await one.change({ planId: bigger, proration: 'none' });
    await world.events(one.customer, { time: '2027-01-20', count: 2 });
    await one.to('2027-02-01T01:00:00Z');
    expect(await one.told()).toEqual([
      'opening 0 open 31.00: flat Seat 0 31.00',
      'closing 0 open 62.00: flat Base (prorated) 0 62.00'.replace(' (prorated)', ''),
      'closing 0 open 312.00: usage Calls 1 2.00, flat Seat 2 310.00',
    ]);
  });

  test('at the instant the period opened acts by time, whatever the proration', async () => {
    const one = await subscribed([seat('31'), base('62')]);
    const bigger = await world.plan([seat('310'), base('620')]);
    await one.change({ planId: bigger, proration: 'none' });
    await one.to('2027-02-01T01:00:00Z');
    expect(await one.told()).toEqual([
      'opening 0 open 31.00: flat Seat 0 31.00',
      'closing 0 open 279.00: proration Seat (unused part) 0 -31.00, flat Seat 1 310.00',
      'closing 0 open 930.00: flat Base 1 620.00, flat Seat 2 310.00',
    ]);
  });

  test('to another interval closes the period and starts a full one from there, with an opening invoice', async () => {
    const one = await subscribed([seat('31'), base('62')]);
    const yearly = await world.plan([seat('365')], { billingPeriod: 'yearly' });
    await one.to('2027-01-11');
    const changed = await one.change({ planId: yearly });
    expect([changed.anchorAt, changed.planId]).toEqual([at('2027-01-11'), yearly]);
    await one.to('2027-01-12');
    expect(await one.told()).toEqual([
      'opening 0 open 31.00: flat Seat 0 31.00',
      'opening 0 open 365.00: flat Seat 1 365.00',
      'closing 0 open -1.00: proration Seat (unused part) 0 -21.00, flat Base (prorated) 0 20.00'.replace(
        'open',
        'paid',
      ),
    ]);
  });
});

describe('a change of plan at the period’s end', () => {
  test('takes effect with the next period, and is what the preview expects', async () => {
    const one = await subscribed([seat('31')]);
    const bigger = await world.plan([seat('310')]);
    await one.change({ planId: bigger, at: 'period_end' });
    const preview = await previewInvoice(world.db, TEST_TENANT, {
      subscriptionId: one.subscriptionId,
      at: 'period_end',
    });
    expect(preview.total).toBe('310.00');
    await one.to('2027-02-01T01:00:00Z');
    expect((await one.told()).at(-1)).toBe('closing 0 open 310.00: flat Seat 1 310.00');
  });

  test('to another interval counts from that boundary on, and bills its advance flats on an opening invoice', async () => {
    const one = await subscribed([seat('31')]);
    const weekly = await world.plan([seat('7')], { billingPeriod: 'weekly' });
    await one.change({ planId: weekly, at: 'period_end' });
    await one.to('2027-02-08T01:00:00Z');
    expect(await one.told()).toEqual([
      'opening 0 open 31.00: flat Seat 0 31.00',
      'opening 0 open 7.00: flat Seat 1 7.00',
      'closing 0 paid 0.00: ',
      'closing 0 open 7.00: flat Seat 2 7.00',
    ]);
  });

  test('is taken back by a change to the plan that it has', async () => {
    const one = await subscribed([seat('31')]);
    const bigger = await world.plan([seat('310')]);
    expect((await one.change({ planId: bigger, at: 'period_end' })).pendingPlanId).toBe(bigger);
    expect((await one.change({ planId: one.planId, at: 'period_end' })).pendingPlanId).toBeNull();
  });
});

test('a trial’s plan is replaced without an invoice', async () => {
  const one = await subscribed([seat('31')], { trialEnd: '2027-01-10' });
  const bigger = await world.plan([seat('310')]);
  expect((await one.change({ planId: bigger })).planId).toBe(bigger);
  await one.to('2027-01-10');
  expect(await one.told()).toEqual(['opening 0 open 310.00: flat Seat 0 310.00']);
});

test('a planned cancellation is taken back, and only a planned one', async () => {
  const one = await subscribed([base('10')]);
  const { subscriptionId } = one;
  await expect(uncancelSubscription(world.db, TEST_TENANT, subscriptionId)).rejects.toMatchObject({
    code: 'not_canceling',
  });
  await cancelSubscription(world.db, TEST_TENANT, { subscriptionId, at: 'period_end' });
  expect((await uncancelSubscription(world.db, TEST_TENANT, subscriptionId)).cancelAt).toBeNull();
  await one.to('2027-03-01T01:00:00Z');
  expect((await one.told()).length).toBe(2);
});

test('an event is free in a pause, planned or begun, and pending from the planned resume on', async () => {
  const one = await subscribed([USAGE]);
  const times = ['2027-01-05', '2027-01-20', '2027-02-20', '2027-03-20'];
  for (const time of times) await world.events(one.customer, { time });
  const statuses = async () => {
    const query = {
      customerId: one.customer.externalId,
      eventName: null,
      status: null,
      from: null,
      to: null,
      after: null,
    };
    const { events } = await listEvents(world.db, TEST_TENANT, { ...query, limit: 200 });
    return events.toSorted((left, right) => (left.eventAt < right.eventAt ? -1 : 1)).map(({ status }) => status);
  };
  expect(await statuses()).toEqual(['pending', 'pending', 'pending', 'pending']);
  const { subscriptionId } = one;
  await pauseSubscription(world.db, TEST_TENANT, { subscriptionId, at: { instant: at('2027-01-11') } });
  expect(await statuses()).toEqual(['pending', 'free', 'free', 'free']);
  await one.to('2027-01-12');
  expect(await statuses()).toEqual(['billed', 'free', 'free', 'free']);
  await one.resume({ instant: at('2027-02-10') });
  expect(await statuses()).toEqual(['billed', 'free', 'pending', 'pending']);
  await one.to('2027-03-11');
  expect(await statuses()).toEqual(['billed', 'free', 'billed', 'pending']);
});
