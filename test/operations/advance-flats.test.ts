import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { previewInvoice } from '../../src/operations/preview-invoice.ts';
import { voidInvoice } from '../../src/operations/void-invoice.ts';
import { at, BillingWorld, CALLS, charge, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';
import { tellFinal, tellInvoice } from '../support/tell-invoice.ts';

const SEAT = charge({
  pricing_model: 'flat',
  name: 'Seat',
  amount: '30.00',
  bill_in: 'advance',
  charge_when: 'always',
});
const USAGE = { ...CALLS, name: 'Calls' };

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterEach(() => expectInvariants(world.db));
afterAll(() => world.drop());

async function subscribed(dates: { start?: string; trialEnd?: string } = {}, charges = [SEAT, USAGE]) {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan(charges), dates);
  return { clockId, customer, subscription };
}

describe('a flat in advance', () => {
  test('is billed at once on an opening invoice when the subscription starts', async () => {
    const { subscription } = await subscribed();
    const [opening] = await world.invoices(subscription.id);
    expect(opening?.billingReason).toBe('subscription_start');
    expect(opening?.finalizedAt).toBe(at('2027-01-01'));
    expect(tellFinal(await world.invoices(subscription.id))).toEqual(['opening 0 open 30.00: flat Seat 0 30.00']);
  });

  test('is billed for the next period on the closing invoice, and not again by that period', async () => {
    const { customer, subscription } = await subscribed();
    await world.events(customer, { time: '2027-01-05', count: 12 });
    await world.turn(customer, '2027-03-01T01:00:00Z');
    const told = tellFinal(await world.invoices(subscription.id));
    expect(told.slice(1)).toEqual([
      'closing 0 open 31.20: usage Calls 0 1.20, flat Seat 1 30.00',
      'closing 0 open 30.00: usage Calls 1 0.00, flat Seat 2 30.00',
    ]);
    const [line] = (await world.invoices(subscription.id))[1]?.lines.slice(1) ?? [];
    expect([line?.periodStart, line?.periodEnd]).toEqual([at('2027-02-01'), at('2027-03-01')]);
  });

  test('has no opening invoice where the plan has none of it', async () => {
    const { subscription } = await subscribed({}, [USAGE]);
    expect(await world.invoices(subscription.id)).toEqual([]);
  });

  test('waits for the trial’s end', async () => {
    const { customer, subscription } = await subscribed({ trialEnd: '2027-01-15' });
    expect(await world.invoices(subscription.id)).toEqual([]);
    await world.turn(customer, '2027-01-15');
    const [opening] = await world.invoices(subscription.id);
    expect([opening?.periodStart, opening?.total, opening?.status]).toEqual([at('2027-01-15'), '30.00', 'open']);
  });

  test('waits for a start in the future', async () => {
    const { customer, subscription } = await subscribed({ start: '2027-01-10' });
    await world.turn(customer, '2027-01-10');
    expect(tellFinal(await world.invoices(subscription.id))).toEqual(['opening 0 open 30.00: flat Seat 0 30.00']);
  });

  test('of a start in the past is final when the subscription is made, before the missed periods', async () => {
    const { customer, subscription } = await subscribed({ start: '2026-11-01' });
    await world.turn(customer, '2027-01-01T01:00:00Z');
    const invoices = await world.invoices(subscription.id);
    expect(tellFinal(invoices)).toEqual([
      'opening 0 open 30.00: flat Seat 0 30.00',
      'closing 0 open 30.00: usage Calls 0 0.00, flat Seat 1 30.00',
      'closing 0 open 30.00: usage Calls 1 0.00, flat Seat 2 30.00',
    ]);
  });

  test('is returned for the part of the period behind a cut, from what was billed', async () => {
    const { clockId, customer, subscription } = await subscribed();
    await world.setClock(clockId, '2027-01-11T07:12:00Z');
    await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id, at: 'now' });
    await world.turn(customer, '2027-01-12');
    // 20.7 of 31 days are unused: 30 × 20.7 ÷ 31 = 20.0322…
    expect(tellFinal(await world.invoices(subscription.id))).toEqual([
      'opening 0 open 30.00: flat Seat 0 30.00',
      'closing 0 paid -20.03: proration Seat (unused part) 0 -20.03, usage Calls 0 0.00',
    ]);
  });

  test('is returned whole when the period is cut at the instant it opened, which bills nothing else', async () => {
    const arrears = charge({
      pricing_model: 'flat',
      name: 'Base',
      amount: '9',
      bill_in: 'arrears',
      charge_when: 'always',
    });
    const { customer, subscription } = await subscribed({}, [SEAT, arrears]);
    await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id, at: 'now' });
    await world.turn(customer, '2027-01-02');
    expect(tellFinal(await world.invoices(subscription.id))).toEqual([
      'opening 0 open 30.00: flat Seat 0 30.00',
      'closing 0 paid -30.00: proration Seat (unused part) 0 -30.00',
    ]);
  });

  test('of a period that follows no longer is not billed', async () => {
    const { customer, subscription } = await subscribed();
    await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id, at: 'period_end' });
    await world.turn(customer, '2027-02-02');
    expect(tellFinal(await world.invoices(subscription.id)).at(-1)).toBe('closing 0 paid 0.00: usage Calls 0 0.00');
  });

  test('that was waived by a void is neither billed nor returned later', async () => {
    const { clockId, customer, subscription } = await subscribed();
    const [opening] = await world.invoices(subscription.id);
    await voidInvoice(world.db, TEST_TENANT, { invoiceId: opening?.id ?? '', reason: null });
    await world.setClock(clockId, '2027-01-16');
    await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id, at: 'now' });
    await world.turn(customer, '2027-01-17');
    const [closing] = (await world.invoices(subscription.id)).filter(({ kind }) => kind === 'closing');
    expect(closing?.lines.map(({ kind }) => kind)).toEqual(['usage']);
  });

  test('is on the preview of the period’s end, and not on that of a cancel now', async () => {
    const { clockId, subscription } = await subscribed();
    await world.setClock(clockId, '2027-01-16T12:00:00Z');
    const preview = (at: 'period_end' | 'now') =>
      previewInvoice(world.db, TEST_TENANT, { subscriptionId: subscription.id, at });
    const lines = async (at: 'period_end' | 'now') =>
      (await preview(at)).lines.map((line) => `${line.kind} ${line.periodNumber} ${line.amount}`);
    expect(await lines('period_end')).toEqual(['usage 0 0.00', 'flat 1 30.00']);
    expect(await lines('now')).toEqual(['proration 0 -15.00', 'usage 0 0.00']);
  });

  test('is billed again by a reissue, which replaces the void opening invoice', async () => {
    const { subscription } = await subscribed();
    const [opening] = await world.invoices(subscription.id);
    await voidInvoice(world.db, TEST_TENANT, { invoiceId: opening?.id ?? '', reason: 'address', reissue: true });
    const [first, second] = await world.invoices(subscription.id);
    expect(first === undefined ? '' : tellInvoice(first)).toBe('opening 0 void 30.00: flat Seat 0 30.00');
    expect(second === undefined ? '' : tellInvoice(second)).toBe('opening 1 open 30.00: flat Seat 0 30.00');
    expect([first?.replacedBy, second?.replaces]).toEqual([second?.id, first?.id]);
  });
});
