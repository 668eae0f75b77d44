import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { advanceTestClock, getTestClock } from '../../src/operations/test-clocks.ts';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { getCreditGrant } from '../../src/operations/get-credit-grant.ts';
import { sweep } from '../../src/operations/sweep.ts';
import { voidInvoice } from '../../src/operations/void-invoice.ts';
import { at, BillingWorld, CALLS, charge, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterEach(() => expectInvariants(world.db));
afterAll(() => world.drop());

const TOKENS = charge({
  pricing_model: 'per_unit',
  event_name: 'token',
  unit_amount: '0.01',
  aggregation: { type: 'count', property: null },
});

async function onClock(time = '2027-01-01') {
  const clockId = await world.clock(time);
  return { clockId, customer: await world.customer({ clockId }) };
}

function endOf(grantId: string) {
  return getCreditGrant(world.db, TEST_TENANT, grantId);
}

describe('a grant without rollover', () => {
  test('ends with the last-ending of the periods that contain its start, though a shorter one is known first', async () => {
    const { customer } = await onClock();
    await world.subscribe(customer, await world.plan([CALLS], { billingPeriod: 'weekly' }), { start: '2027-02-01' });
    await world.subscribe(customer, await world.plan([CALLS]), { start: '2027-02-01' });
    const { id, endsAt } = await world.grant(customer, '5', { rollover: false, effectiveAt: at('2027-02-01') });
    expect(endsAt).toBeNull();
    await world.turn(customer, '2027-02-01');
    expect(await endOf(id)).toMatchObject({ endsAt: at('2027-03-01'), endsBy: 'period' });
  });

  test('that starts ahead waits until every period that will contain its start is known', async () => {
    const { clockId, customer } = await onClock('2027-01-20');
    const short = await world.subscribe(customer, await world.plan([CALLS]));
    await world.subscribe(customer, await world.plan([CALLS]), { start: '2027-01-06' });
    await world.turn(customer, '2027-01-20');
    // The first runs until 20 Feb; the second one's next period runs from 6 Feb to 6 Mar.
    const { id, endsAt } = await world.grant(customer, '5', { rollover: false, effectiveAt: at('2027-02-10') });
    expect(endsAt).toBeNull();
    const own = await world.grant(customer, '5', {
      rollover: false,
      effectiveAt: at('2027-02-10'),
      subscriptionId: short.id,
    });
    expect(own.endsAt).toEqual(at('2027-02-20'));
    await world.turn(customer, '2027-02-06');
    expect(await endOf(id)).toMatchObject({ endsAt: at('2027-03-06'), endsBy: 'period' });
    await world.setClock(clockId, '2027-02-06');
  });

  test('does not wait for a subscription that will be over, or that has no charge for it', async () => {
    const { customer } = await onClock('2027-01-20');
    await world.subscribe(customer, await world.plan([CALLS]));
    const leaving = await world.subscribe(customer, await world.plan([CALLS]), { start: '2027-01-06' });
    await world.subscribe(customer, await world.plan([TOKENS]), { start: '2027-01-07' });
    await world.turn(customer, '2027-01-20');
    await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: leaving.id, at: 'period_end' });
    const { endsAt } = await world.grant(customer, '5', {
      rollover: false,
      effectiveAt: at('2027-02-10'),
      eventNames: ['call'],
    });
    expect(endsAt).toEqual(at('2027-02-20'));
  });

  test('waits no longer for a subscription that is canceled', async () => {
    const { customer } = await onClock('2027-01-20');
    await world.subscribe(customer, await world.plan([CALLS]));
    const leaving = await world.subscribe(customer, await world.plan([CALLS]), { start: '2027-02-05' });
    const { id, endsAt } = await world.grant(customer, '5', { rollover: false, effectiveAt: at('2027-02-10') });
    expect(endsAt).toBeNull();
    await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: leaving.id, at: 'now' });
    expect(await endOf(id)).toMatchObject({ endsAt: at('2027-02-20') });
  });

  test('of one subscription ends with its period whatever that charges for', async () => {
    const { customer } = await onClock();
    const { id: subscriptionId } = await world.subscribe(customer, await world.plan([TOKENS]));
    const { endsAt } = await world.grant(customer, '5', { rollover: false, eventNames: ['call'], subscriptionId });
    expect(endsAt).toEqual(at('2027-02-01'));
  });

  test('and with an expiry before any period is known ends by that expiry', async () => {
    const { customer } = await onClock();
    await world.subscribe(customer, await world.plan([CALLS]), { trialEnd: '2027-01-20' });
    const { id, endsAt } = await world.grant(customer, '5', { rollover: false, expiresInDays: 10 });
    expect(endsAt).toBeNull();
    await world.turn(customer, '2027-01-11');
    expect(await endOf(id)).toMatchObject({
      status: 'ended',
      endsAt: at('2027-01-11'),
      endsBy: 'expiry',
      balance: '0',
    });
    await world.turn(customer, '2027-02-20T01:00:00Z');
    expect(await endOf(id)).toMatchObject({ endsAt: at('2027-01-11') });
  });

  test('made in a trial covers the trial not at all, and its first period until the expiry', async () => {
    const { customer } = await onClock();
    const subscription = await world.subscribe(customer, await world.plan([CALLS]), { trialEnd: '2027-01-20' });
    const { id } = await world.grant(customer, '50', { rollover: false, expiresInDays: 24 });
    await world.events(customer, { time: '2027-01-19', count: 7 });
    await world.events(customer, { time: '2027-01-24T23:59:59.999999Z', count: 7 });
    await world.events(customer, { time: '2027-01-25', count: 7 });
    await world.turn(customer, '2027-02-20T01:00:00Z');
    expect((await world.invoices(subscription.id))[0]?.lines).toMatchObject([
      { quantity: '14', creditedQuantity: '7', amount: '0.70' },
    ]);
    expect(await endOf(id)).toMatchObject({ endsAt: at('2027-01-25'), endsBy: 'expiry', balance: '0' });
  });

  test('keeps its end when the period that gave it is cut by a cancel', async () => {
    const { clockId, customer } = await onClock();
    const subscription = await world.subscribe(customer, await world.plan([CALLS]));
    const { id } = await world.grant(customer, '5', { rollover: false });
    await world.setClock(clockId, '2027-01-10');
    await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id, at: 'now' });
    await world.turn(customer, '2027-01-10T01:00:00Z');
    expect(await endOf(id)).toMatchObject({ status: 'active', endsAt: at('2027-02-01'), balance: '5' });
    await world.turn(customer, '2027-02-01');
    expect(await endOf(id)).toMatchObject({ status: 'ended', balance: '0' });
  });
});

test('what is left of a grant waits for a subscription that stands still, which may still use it', async () => {
  const { clockId, customer } = await onClock();
  const huge = charge({
    pricing_model: 'per_unit',
    event_name: 'blob',
    unit_amount: '9'.repeat(30),
    aggregation: { type: 'sum', property: 'n' },
  });
  const subscription = await world.subscribe(customer, await world.plan([huge, CALLS]));
  for (let index = 0; index < 12; index += 1) {
    await world.events(customer, { name: 'blob', time: '2027-01-05', properties: { n: '9'.repeat(30) } });
  }
  await world.turn(customer, '2027-03-10');
  await world.setClock(clockId, '2027-03-10');
  const { id } = await world.grant(customer, '5', { expiresInDays: 10 });
  await world.events(customer, { time: '2027-03-15', count: 8 });
  await world.turn(customer, '2027-04-10');
  expect(await endOf(id)).toMatchObject({ status: 'ended', balance: '5' });
  await world.setClock(clockId, '2027-04-10');
  const [draft] = await world.invoices(subscription.id);
  await voidInvoice(world.db, TEST_TENANT, { invoiceId: draft?.id ?? '', reason: null });
  await world.turn(customer, '2027-04-10');
  expect((await world.invoices(subscription.id)).map((invoice) => invoice.total)).toEqual(['0.00', '0.00', '0.30']);
  expect(await endOf(id)).toMatchObject({ balance: '0' });
});

describe('live, without a subscription that would wake', () => {
  test('the sweep ends a grant and writes off what is left, once', async () => {
    const customer = await world.customer({});
    const lasting = await world.grant(customer, '5');
    const { id } = await world.grant(customer, '5', { expiresInDays: 1, effectiveAt: at('2024-01-01') });
    expect(await endOf(id)).toMatchObject({ status: 'active' });
    await Promise.all([sweep(world.db, false), sweep(world.db, false)]);
    expect(await endOf(id)).toMatchObject({ status: 'ended', endsBy: 'expiry', balance: '0' });
    expect(await world.entries(id)).toEqual([
      { kind: 'granted', amount: '5' },
      { kind: 'expired', amount: '-5' },
    ]);
    expect(await endOf(lasting.id)).toMatchObject({ status: 'active', balance: '5' });
  });
});

describe('on a clock without subscriptions that would wake', () => {
  test.each([
    ['a customer that never had one', false],
    ['a customer whose only one needs attention', true],
  ])('an advance ends the grants of %s', async (_, poisoned) => {
    const { clockId, customer } = await onClock();
    if (poisoned) {
      const huge = { ...TOKENS, unit_amount: '9'.repeat(30), aggregation: { type: 'sum', property: 'n' } as const };
      await world.subscribe(customer, await world.plan([huge]));
      for (let index = 0; index < 12; index += 1) {
        await world.events(customer, { name: 'token', time: '2027-01-05', properties: { n: '9'.repeat(30) } });
      }
      await world.turn(customer, '2027-02-01');
      await world.setClock(clockId, '2027-02-01');
    }
    const { id } = await world.grant(customer, '5', { expiresInDays: 10, eventNames: ['call'] });
    await advanceTestClock(world.db, TEST_TENANT, { id: clockId, frozenAt: at('2027-03-01') });
    expect(await getTestClock(world.db, TEST_TENANT, clockId)).toMatchObject({ status: 'ready' });
    expect(await endOf(id)).toMatchObject({ status: 'ended', endsBy: 'expiry', balance: '0' });
  });
});
