import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decimalText } from '../../src/domain/decimal.ts';
import { formatInstant } from '../../src/domain/instant.ts';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { getCustomerCredits } from '../../src/operations/customer-credits.ts';
import { revokeGrant } from '../../src/operations/revoke-grant.ts';
import { deleteTestClock } from '../../src/operations/test-clocks.ts';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { at, BillingWorld, CALLS, charge, TEST_TENANT } from '../support/billing-world.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterAll(() => world.drop());

const TOKENS = charge({ ...CALLS, id: 'chg_tokens', event_name: 'token' });
const CREDITS = charge({
  pricing_model: 'credit',
  event_name: 'call',
  credits_per_unit: '2.5',
  unit_amount: '0.20',
  aggregation: { type: 'count', property: null },
});

async function subscribed(charges = [CALLS], dates: { start?: string; trialEnd?: string } = {}) {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan(charges), dates);
  return { clockId, customer, subscription };
}

/** Balance and what is available of it; of each grant, by what it was first granted, `available of balance, status`. */
async function credits(customer: { readonly id: string }, asOf: string | null = null) {
  const query = { customerRef: customer.id, asOf: asOf === null ? null : at(asOf) };
  const told = await getCustomerCredits(world.db, TEST_TENANT, query);
  return {
    left: `${decimalText(told.available)} of ${decimalText(told.balance)}`,
    next: told.nextEnd === null ? null : `${decimalText(told.nextEnd.amount)} ${formatInstant(told.nextEnd.endsAt)}`,
    grants: Object.fromEntries(
      told.grants.map(({ grant, available, balance, status }) => {
        return [Number(grant.amount), `${decimalText(available)} of ${decimalText(balance)}, ${status}`];
      }),
    ),
  };
}

describe('what is available', () => {
  test('is what usage of the running period leaves, and the same before and after its invoice is final', async () => {
    const { clockId, customer } = await subscribed();
    await world.grant(customer, '100');
    await world.events(customer, { time: '2027-01-05', count: 30 });
    await world.setClock(clockId, '2027-01-10');
    expect(await credits(customer)).toMatchObject({ left: '70 of 100', next: null });
    await world.turn(customer, '2027-02-01T00:30:00Z');
    await world.setClock(clockId, '2027-02-01T00:30:00Z');
    expect(await credits(customer)).toMatchObject({ left: '70 of 100' });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    await world.setClock(clockId, '2027-02-01T01:00:00Z');
    expect(await credits(customer)).toMatchObject({ left: '70 of 70' });
  });

  test('counts the draft that waits and the running period behind it, in their order', async () => {
    const { clockId, customer } = await subscribed();
    await world.grant(customer, '10', { expiresInDays: 40 });
    await world.grant(customer, '20');
    await world.events(customer, { time: '2027-01-05', count: 7 });
    await world.events(customer, { time: '2027-02-01T00:10:00Z', count: 6 });
    await world.setClock(clockId, '2027-02-01T00:30:00Z');
    const expected = {
      left: '17 of 30',
      next: null,
      grants: { 10: '0 of 10, active', 20: '17 of 20, active' },
    };
    // Whether the turn of the month has been carried out is not seen.
    expect(await credits(customer)).toEqual(expected);
    await world.turn(customer, '2027-02-01T00:30:00Z');
    expect(await credits(customer)).toEqual(expected);
  });

  test('goes by the time of use over grants that overlap, their scopes and their priorities', async () => {
    const { clockId, customer, subscription } = await subscribed([CALLS, TOKENS]);
    const other = await world.subscribe(customer, await world.plan([TOKENS]));
    const grant = (amount: string, from: string, terms: object) =>
      world.grant(customer, amount, { effectiveAt: at(from), ...terms });
    await grant('10', '2027-01-05', { expiresInDays: 10 });
    await grant('8', '2027-01-10', { eventNames: ['call'] });
    await grant('6', '2027-01-08', { priority: 10, subscriptionId: other.id });
    await grant('20', '2027-01-12', { subscriptionId: subscription.id, priority: 60 });
    await world.events(customer, { time: '2027-01-04', count: 3 }); // nothing is in force
    await world.events(customer, { time: '2027-01-06', count: 4 }); // of the 10
    await world.events(customer, { time: '2027-01-13', count: 9 }); // the 6 left of the 10, 3 of the 8
    await world.events(customer, { name: 'token', time: '2027-01-13', count: 5 }); // 5 of the 20; the other's 5 of its 6
    await world.events(customer, { time: '2027-01-16', count: 7 }); // 5 of the 8, 2 of the 20
    await world.setClock(clockId, '2027-01-17');
    expect(await credits(customer)).toEqual({
      left: '14 of 44',
      next: null,
      // The first one is over: what is left of it is nobody's.
      grants: { 6: '1 of 6, active', 10: '0 of 10, ended', 8: '0 of 8, active', 20: '13 of 20, active' },
    });
    // A day before that it was in force, and had been used up.
    expect((await credits(customer, '2027-01-14')).grants).toEqual({
      6: '1 of 6, active',
      10: '0 of 10, active',
      8: '5 of 8, active',
      20: '15 of 20, active',
    });
  });

  test('of a grant that two subscriptions share is what both leave, one after the other', async () => {
    const { clockId, customer } = await subscribed();
    await world.subscribe(customer, await world.plan([CREDITS], { billingPeriod: 'weekly' }));
    await world.grant(customer, '30');
    await world.events(customer, { time: '2027-01-05', count: 4 });
    await world.events(customer, { time: '2027-01-20', count: 5 });
    await world.setClock(clockId, '2027-01-21');
    // Weeks 0 and 2 draw 10 and 12.5, then the month draws what is left: 7.5 of its 9.
    expect(await credits(customer)).toMatchObject({ left: '0 of 30' });
    expect(await credits(customer, '2027-01-20')).toMatchObject({ left: '16 of 30' });
    await world.turn(customer, '2027-01-22T01:00:00Z');
    await world.setClock(clockId, '2027-01-22T01:00:00Z');
    expect(await credits(customer)).toMatchObject({ left: '0 of 7.5' });
  });

  test('takes into account what interims have drawn, and what the closing invoice would give back', async () => {
    const { clockId, customer, subscription } = await subscribed();
    await world.grant(customer, '10');
    await world.events(customer, { time: '2027-01-05', count: 12 });
    await world.setClock(clockId, '2027-01-10');
    await triggerInvoice(world.db, TEST_TENANT, { subscriptionId: subscription.id, triggerId: null });
    expect(await credits(customer)).toMatchObject({ left: '0 of 0' });
    await world.grant(customer, '5', { effectiveAt: at('2027-01-01'), priority: 1 });
    expect(await credits(customer)).toMatchObject({
      left: '3 of 5',
      grants: { 5: '0 of 5, active', 10: '3 of 0, active' },
    });
  });

  test('leaves aside the usage of trials, and of a subscription from its planned end on', async () => {
    const { clockId, customer, subscription } = await subscribed([CALLS], { trialEnd: '2027-01-20' });
    await world.grant(customer, '10', { effectiveAt: at('2027-01-01') });
    await world.events(customer, { time: '2027-01-19T23:59:59.999999Z', count: 4 });
    await world.events(customer, { time: '2027-01-20', count: 3 });
    await world.events(customer, { time: '2027-02-10', count: 2 });
    await world.setClock(clockId, '2027-01-20');
    await world.turn(customer, '2027-01-20');
    expect(await credits(customer, '2027-03-01')).toMatchObject({ left: '5 of 10' });
    await cancelSubscription(world.db, TEST_TENANT, {
      subscriptionId: subscription.id,
      at: { instant: at('2027-02-10') },
    });
    expect(await credits(customer, '2027-03-01')).toMatchObject({ left: '7 of 10' });
  });

  test('is not lowered by a period that cannot be rated: its subscription stands still', async () => {
    const huge = { id: 'chg_huge', unit_amount: '9'.repeat(30), aggregation: { type: 'sum', property: 'n' } as const };
    const { clockId, customer } = await subscribed([charge({ ...CALLS, ...huge })]);
    await world.subscribe(customer, await world.plan([CALLS]));
    await world.grant(customer, '20');
    for (let index = 0; index < 12; index += 1) {
      await world.events(customer, { time: '2027-01-05', properties: { n: '9'.repeat(30) } });
    }
    await world.setClock(clockId, '2027-01-10');
    expect(await credits(customer)).toMatchObject({ left: '8 of 20' });
  });
});

describe('as of another instant', () => {
  test('before the grant there is nothing; from its creation on it is there, though it starts later', async () => {
    const { clockId, customer } = await subscribed();
    await world.setClock(clockId, '2027-01-10');
    await world.grant(customer, '10', { effectiveAt: at('2027-01-20') });
    expect(await credits(customer, '2027-01-09T23:59:59.999999Z')).toEqual({ left: '0 of 0', next: null, grants: {} });
    expect(await credits(customer, '2027-01-10')).toMatchObject({ left: '10 of 10' });
  });

  test('one that reaches back covers earlier usage, but was not there before it was made', async () => {
    const { clockId, customer } = await subscribed();
    await world.events(customer, { time: '2027-01-03', count: 4 });
    await world.setClock(clockId, '2027-01-10');
    await world.grant(customer, '10', { effectiveAt: at('2027-01-01') });
    expect(await credits(customer, '2027-01-05')).toMatchObject({ left: '0 of 0' });
    expect(await credits(customer)).toMatchObject({ left: '6 of 10' });
  });

  test('at its end a grant is over, a microsecond before it is not', async () => {
    const { clockId, customer } = await subscribed();
    await world.grant(customer, '10', { expiresInDays: 10 });
    await world.events(customer, { time: '2027-01-05', count: 4 });
    await world.setClock(clockId, '2027-01-06');
    const before = { left: '6 of 10', next: '6 2027-01-11T00:00:00Z', grants: { 10: '6 of 10, active' } };
    const after = { left: '0 of 10', next: null, grants: { 10: '0 of 10, ended' } };
    expect(await credits(customer)).toEqual(before);
    expect(await credits(customer, '2027-01-10T23:59:59.999999Z')).toEqual(before);
    expect(await credits(customer, '2027-01-11')).toEqual(after);
    await world.setClock(clockId, '2027-01-11');
    await world.turn(customer, '2027-01-11');
    expect(await credits(customer)).toEqual(after);
    // It lapses with the invoice of the period that it served; then it is not told any more.
    await world.turn(customer, '2027-02-01T01:00:00Z');
    await world.setClock(clockId, '2027-02-02');
    expect(await credits(customer)).toEqual({ left: '0 of 0', next: null, grants: {} });
    expect(await credits(customer, '2027-01-10')).toEqual(before);
  });

  test('ahead, an allowance without rollover will be gone with its period, known or not', async () => {
    const { clockId, customer } = await subscribed([CALLS], { trialEnd: '2027-01-20' });
    await world.grant(customer, '10', { rollover: false });
    await world.grant(customer, '20');
    expect(await credits(customer)).toMatchObject({ left: '30 of 30', next: null });
    expect(await credits(customer, '2027-02-19')).toMatchObject({ left: '30 of 30' });
    expect(await credits(customer, '2027-02-20')).toMatchObject({
      left: '20 of 30',
      grants: { 10: '0 of 10, ended', 20: '20 of 20, active' },
    });
    await world.turn(customer, '2027-01-20');
    await world.setClock(clockId, '2027-01-20');
    expect(await credits(customer)).toMatchObject({ left: '30 of 30', next: '10 2027-02-20T00:00:00Z' });
  });

  test('ahead, usage that is known already has drawn, in periods that are still to open', async () => {
    const { customer } = await subscribed();
    await world.grant(customer, '10', { rollover: false });
    await world.grant(customer, '20');
    await world.events(customer, { time: '2027-01-31', count: 3 });
    await world.events(customer, { time: '2027-02-05', count: 4 });
    await world.events(customer, { time: '2027-06-05', count: 5 });
    expect(await credits(customer)).toMatchObject({ left: '30 of 30' });
    expect((await credits(customer, '2027-02-10')).grants).toEqual({ 10: '0 of 10, ended', 20: '16 of 20, active' });
    expect((await credits(customer, '2027-07-01')).grants).toEqual({ 10: '0 of 10, ended', 20: '11 of 20, active' });
    expect((await credits(customer, '9999-12-31')).left).toBe('11 of 30');
  });

  test('in the past it tells the balance of then, and what uninvoiced usage left of it', async () => {
    const { clockId, customer } = await subscribed();
    const { id } = await world.grant(customer, '10');
    await world.events(customer, { time: '2027-01-05', count: 4 });
    await world.events(customer, { time: '2027-02-05', count: 3 });
    await world.turn(customer, '2027-03-01T01:00:00Z');
    await world.setClock(clockId, '2027-03-10');
    await revokeGrant(world.db, TEST_TENANT, id);
    expect(await credits(customer)).toMatchObject({ left: '0 of 3', grants: { 10: '0 of 3, ended' } });
    expect(await credits(customer, '2027-02-10')).toMatchObject({ left: '3 of 6' });
    expect(await credits(customer, '2027-02-01T00:30:00Z')).toMatchObject({ left: '6 of 10' });
    expect(await credits(customer, '2027-01-04')).toMatchObject({ left: '10 of 10' });
  });
});

test('a customer without grants or subscriptions has nothing, one of a deleted clock what its ledger holds', async () => {
  const { clockId, customer } = await subscribed();
  expect(await credits(customer)).toEqual({ left: '0 of 0', next: null, grants: {} });
  expect(await credits(await world.customer({}))).toEqual({ left: '0 of 0', next: null, grants: {} });
  await world.grant(customer, '10');
  await world.events(customer, { time: '2027-01-01', count: 4 });
  await deleteTestClock(world.db, TEST_TENANT, clockId);
  expect(await credits(customer, '2027-02-01')).toMatchObject({ left: '10 of 10' });
});

test('nothing is written', async () => {
  const { customer } = await subscribed();
  const { id } = await world.grant(customer, '10', { expiresInDays: 1 });
  await world.events(customer, { time: '2027-01-01', count: 4 });
  await credits(customer, '2028-01-01');
  expect(await world.entries(id)).toEqual([{ kind: 'granted', amount: '10' }]);
  expect(await credits(customer)).toMatchObject({ left: '10 of 10' });
});
