import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ChargeJson } from '../../src/domain/charge-json.ts';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { listEvents } from '../../src/operations/list-events.ts';
import { deleteTestClock } from '../../src/operations/test-clocks.ts';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { voidInvoice } from '../../src/operations/void-invoice.ts';
import { EVENT_STATUSES } from '../../src/storage/event-status.ts';
import { at, BillingWorld, CALLS, charge, FEE, TEST_TENANT } from '../support/billing-world.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterAll(() => world.drop());

interface Known {
  readonly clockId: string;
  readonly customer: { readonly id: string; readonly externalId: string };
  readonly subscription: { readonly id: string };
}

async function subscribed(
  facts: { charges?: ChargeJson[]; clock?: string; start?: string; trialEnd?: string } = {},
): Promise<Known> {
  const { charges = [FEE, CALLS], clock = '2027-01-01', ...dates } = facts;
  const clockId = await world.clock(clock);
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan(charges), dates);
  return { clockId, customer, subscription };
}

/** Status and charges that billed it, of each event by its timestamp; each of them is also found by its status. */
async function statusesOf(customer: { readonly externalId: string }) {
  const query = { customerId: customer.externalId, eventName: null, from: null, to: null, after: null, limit: 200 };
  const { events } = await listEvents(world.db, TEST_TENANT, { ...query, status: null });
  for (const status of EVENT_STATUSES) {
    const found = await listEvents(world.db, TEST_TENANT, { ...query, status });
    expect(found.events).toEqual(events.filter((event) => event.status === status));
  }
  return events
    .toSorted((left, right) => (left.eventAt < right.eventAt ? -1 : 1))
    .map((event) => ({ status: event.status, billedBy: JSON.parse(event.billedBy) }));
}

async function statusOf(customer: { readonly externalId: string }): Promise<string[]> {
  return (await statusesOf(customer)).map(({ status }) => status);
}

/** Its closing or interim invoices, in their order, as `billed_by` names them. */
async function linesOf({ subscription }: Known, chargeId: string) {
  const invoices = await world.invoices(subscription.id);
  return invoices.flatMap((invoice) =>
    invoice.lines
      .filter((line) => line.chargeId === chargeId)
      .map((line) => ({ invoice_id: invoice.id, line_id: line.id, charge_id: chargeId })),
  );
}

describe('an event is', () => {
  test('pending while its period is open, also as a draft, then billed by the line that counts it', async () => {
    const known = await subscribed();
    await world.events(known.customer, { time: '2027-01-10' });
    expect(await statusOf(known.customer)).toEqual(['pending']);
    await world.turn(known.customer, '2027-02-01');
    expect(await statusOf(known.customer)).toEqual(['pending']);
    await world.turn(known.customer, '2027-02-01T01:00:00Z');
    const [line] = await linesOf(known, CALLS.id);
    expect(await statusesOf(known.customer)).toEqual([{ status: 'billed', billedBy: [line] }]);
  });

  test('late when it comes after its period was finalized', async () => {
    const known = await subscribed();
    await world.turn(known.customer, '2027-02-01T01:00:00Z');
    await world.events(known.customer, { time: '2027-01-31T23:59:59.999999Z' });
    await world.events(known.customer, { time: '2027-02-01' });
    expect(await statusesOf(known.customer)).toEqual([
      { status: 'late', billedBy: [] },
      { status: 'pending', billedBy: [] },
    ]);
  });

  test('billed by an interim that counted it, pending again when that is void', async () => {
    const known = await subscribed();
    await world.events(known.customer, { time: '2027-01-05' });
    await world.events(known.customer, { time: '2027-01-10T00:00:00.000001Z' });
    await world.setClock(known.clockId, '2027-01-10');
    const trigger = { subscriptionId: known.subscription.id, triggerId: null };
    const outcome = await triggerInvoice(world.db, TEST_TENANT, trigger);
    await world.events(known.customer, { time: '2027-01-06' });
    await world.events(known.customer, { time: '2027-01-10' });
    const [line] = await linesOf(known, CALLS.id);
    expect(await statusesOf(known.customer)).toEqual([
      { status: 'billed', billedBy: [line] },
      { status: 'pending', billedBy: [] },
      { status: 'pending', billedBy: [] },
      { status: 'pending', billedBy: [] },
    ]);
    if (!outcome.made) throw new Error('no interim invoice');
    await voidInvoice(world.db, TEST_TENANT, { invoiceId: outcome.invoice.id, reason: null });
    expect(await statusOf(known.customer)).toEqual(['pending', 'pending', 'pending', 'pending']);
  });

  test('billed by the interim, not a second time by the closing invoice', async () => {
    const known = await subscribed();
    await world.events(known.customer, { time: '2027-01-05' });
    await world.setClock(known.clockId, '2027-01-10');
    await triggerInvoice(world.db, TEST_TENANT, { subscriptionId: known.subscription.id, triggerId: null });
    await world.events(known.customer, { time: '2027-01-20' });
    await world.turn(known.customer, '2027-02-01T01:00:00Z');
    const lines = await linesOf(known, CALLS.id);
    const byEvent = (await statusesOf(known.customer)).map(({ billedBy }) => billedBy[0]);
    expect(new Set(byEvent)).toEqual(new Set(lines));
    expect(byEvent[0].invoice_id).not.toBe(byEvent[1].invoice_id);
  });

  test('waived when the invoice that billed it is void, and late if it came after that', async () => {
    const known = await subscribed();
    await world.events(known.customer, { time: '2027-01-10' });
    await world.turn(known.customer, '2027-02-01T01:00:00Z');
    const [invoice] = await world.invoices(known.subscription.id);
    await voidInvoice(world.db, TEST_TENANT, { invoiceId: invoice?.id ?? '', reason: null });
    await world.events(known.customer, { time: '2027-01-11' });
    expect(await statusesOf(known.customer)).toEqual([
      { status: 'waived', billedBy: [] },
      { status: 'late', billedBy: [] },
    ]);
  });

  test('waived when the draft of its period was voided, whenever it came', async () => {
    const known = await subscribed();
    await world.events(known.customer, { time: '2027-01-10' });
    await world.turn(known.customer, '2027-02-01');
    const [draft] = await world.invoices(known.subscription.id);
    await voidInvoice(world.db, TEST_TENANT, { invoiceId: draft?.id ?? '', reason: null });
    await world.events(known.customer, { time: '2027-01-11' });
    expect(await statusOf(known.customer)).toEqual(['waived', 'waived']);
  });

  test('free in a trial, from its start to its exclusive end, where the plan has a charge for it', async () => {
    const known = await subscribed({ trialEnd: '2027-01-15' });
    for (const time of ['2026-12-31T23:59:59.999999Z', '2027-01-01', '2027-01-14T23:59:59.999999Z', '2027-01-15']) {
      await world.events(known.customer, { time });
    }
    await world.events(known.customer, { time: '2027-01-16', name: 'unknown' });
    expect(await statusOf(known.customer)).toEqual(['unpriced', 'free', 'free', 'pending', 'unpriced']);
    await world.turn(known.customer, '2027-02-15T01:00:00Z');
    expect(await statusOf(known.customer)).toEqual(['unpriced', 'free', 'free', 'billed', 'unpriced']);
  });

  test('no longer free after a trial was canceled', async () => {
    const known = await subscribed({ trialEnd: '2027-01-15' });
    await world.events(known.customer, { time: '2027-01-05' });
    await world.setClock(known.clockId, '2027-01-10');
    await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: known.subscription.id, at: 'now' });
    await world.events(known.customer, { time: '2027-01-10' });
    await world.events(known.customer, { time: '2027-02-10' });
    expect(await statusOf(known.customer)).toEqual(['free', 'unpriced', 'unpriced']);
  });

  const TOKENS = charge({
    pricing_model: 'per_unit',
    event_name: 'tokens',
    unit_amount: '0.01',
    aggregation: { type: 'sum', property: 'n' },
  });

  test.each(['sum', 'max', 'latest', 'average'] as const)(
    'excluded when the only charge for it takes the %s and cannot use its value, unpriced when the property is not there',
    async (type) => {
      const known = await subscribed({ charges: [charge({ ...TOKENS, aggregation: { type, property: 'n' } })] });
      const values = [{ n: 1 }, { n: 'many' }, { n: null }, { n: '1e3' }, {}, { n: '2.50' }];
      for (const [day, properties] of values.entries()) {
        await world.events(known.customer, { name: 'tokens', time: `2027-01-1${day}`, properties });
      }
      const expected = ['pending', 'excluded', 'excluded', 'excluded', 'unpriced', 'pending'];
      expect(await statusOf(known.customer)).toEqual(expected);
      await world.turn(known.customer, '2027-02-01T01:00:00Z');
      expect(await statusOf(known.customer)).toEqual(
        expected.map((status) => (status === 'pending' ? 'billed' : status)),
      );
    },
  );

  test('billed with any value where unique values are counted, also if it adds none', async () => {
    const users = charge({ ...TOKENS, aggregation: { type: 'unique_count', property: 'n' } });
    const known = await subscribed({ charges: [users] });
    const values = [{ n: 1 }, { n: 'many' }, { n: null }, { n: { a: [1] } }, {}, { n: 'many' }];
    for (const [day, properties] of values.entries()) {
      await world.events(known.customer, { name: 'tokens', time: `2027-01-1${day}`, properties });
    }
    const expected = ['pending', 'pending', 'pending', 'pending', 'unpriced', 'pending'];
    expect(await statusOf(known.customer)).toEqual(expected);
    await world.turn(known.customer, '2027-02-01T01:00:00Z');
    expect(await statusOf(known.customer)).toEqual(
      expected.map((status) => (status === 'pending' ? 'billed' : status)),
    );
    expect((await world.invoices(known.subscription.id))[0]?.lines[0]).toMatchObject({ eventCount: 5n, quantity: '4' });
  });

  test('not excluded when another charge counts it', async () => {
    const counted = charge({ ...CALLS, id: 'chg_counted', event_name: 'tokens' });
    const known = await subscribed({ charges: [TOKENS, counted] });
    await world.events(known.customer, { name: 'tokens', time: '2027-01-10', properties: { n: 'many' } });
    expect(await statusOf(known.customer)).toEqual(['pending']);
    await world.turn(known.customer, '2027-02-01T01:00:00Z');
    const [line] = await linesOf(known, 'chg_counted');
    expect(await statusesOf(known.customer)).toEqual([{ status: 'billed', billedBy: [line] }]);
  });

  test('unpriced when it does not pass the filters, and only then', async () => {
    const filtered = charge({ ...CALLS, id: 'chg_filtered', filters: { region: ['eu'], size: ['1', 'true'] } });
    const known = await subscribed({ charges: [filtered] });
    const values = [
      { region: 'eu', size: 1.0 },
      { region: 'us', size: 1 },
      { region: 'eu' },
      { region: 'eu', size: true },
    ];
    for (const [day, properties] of values.entries()) {
      await world.events(known.customer, { time: `2027-01-1${day}`, properties });
    }
    expect(await statusOf(known.customer)).toEqual(['pending', 'unpriced', 'unpriced', 'pending']);
  });

  test('counted by a flat that is charged when used, which an interim does not bill', async () => {
    const used = charge({
      pricing_model: 'flat',
      event_name: 'call',
      amount: '5',
      bill_in: 'arrears',
      charge_when: 'used',
    });
    const known = await subscribed({ charges: [used, CALLS] });
    await world.events(known.customer, { time: '2027-01-05' });
    await world.setClock(known.clockId, '2027-01-10');
    await triggerInvoice(world.db, TEST_TENANT, { subscriptionId: known.subscription.id, triggerId: null });
    const [line] = await linesOf(known, CALLS.id);
    expect(await statusesOf(known.customer)).toEqual([{ status: 'pending', billedBy: [line] }]);
    await world.turn(known.customer, '2027-02-01T01:00:00Z');
    const [flat] = await linesOf(known, used.id);
    const [{ status, billedBy } = { status: '', billedBy: [] }] = await statusesOf(known.customer);
    expect([status, new Set(billedBy)]).toEqual(['billed', new Set([line, flat])]);
  });

  test('unpriced for a flat that is charged always', async () => {
    const known = await subscribed({ charges: [charge({ ...FEE, id: 'chg_always' })] });
    await world.events(known.customer, { time: '2027-01-05' });
    expect(await statusOf(known.customer)).toEqual(['unpriced']);
  });

  test('pending for a period that is still to open, of a running or a scheduled subscription', async () => {
    const running = await subscribed();
    const scheduled = await subscribed({ start: '2027-06-10' });
    const trial = await subscribed({ start: '2027-06-10', trialEnd: '2027-06-20' });
    for (const { customer } of [running, scheduled, trial]) {
      for (const time of ['2026-12-31', '2027-06-01', '2027-06-15', '2028-01-01'])
        await world.events(customer, { time });
    }
    expect(await statusOf(running.customer)).toEqual(['unpriced', 'pending', 'pending', 'pending']);
    expect(await statusOf(scheduled.customer)).toEqual(['unpriced', 'unpriced', 'pending', 'pending']);
    expect(await statusOf(trial.customer)).toEqual(['unpriced', 'unpriced', 'free', 'pending']);
  });

  test('unpriced from a planned or carried out cancellation on', async () => {
    const known = await subscribed();
    await world.events(known.customer, { time: '2027-01-10' });
    await world.events(known.customer, { time: '2027-01-20' });
    await world.events(known.customer, { time: '2027-02-10' });
    const instant = at('2027-01-15');
    await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: known.subscription.id, at: { instant } });
    expect(await statusOf(known.customer)).toEqual(['pending', 'unpriced', 'unpriced']);
    await world.turn(known.customer, '2027-01-15T01:00:00Z');
    expect(await statusOf(known.customer)).toEqual(['billed', 'unpriced', 'unpriced']);
  });

  test('billed for both subscriptions that cover it, pending until the last of them has billed it', async () => {
    const known = await subscribed();
    await world.setClock(known.clockId, '2027-01-15');
    const other = await world.subscribe(known.customer, await world.plan([charge({ ...CALLS, id: 'chg_other' })]));
    await world.events(known.customer, { time: '2027-01-20' });
    await world.turn(known.customer, '2027-02-01T01:00:00Z');
    const [line] = await linesOf(known, CALLS.id);
    expect(await statusesOf(known.customer)).toEqual([{ status: 'pending', billedBy: [line] }]);
    await world.turn(known.customer, '2027-02-15T01:00:00Z');
    const [second] = await linesOf({ ...known, subscription: other }, 'chg_other');
    const [event] = await statusesOf(known.customer);
    expect([event?.status, new Set(event?.billedBy)]).toEqual(['billed', new Set([line, second])]);
  });

  test('unmatched until its customer exists, then counted like any other', async () => {
    const customer = { externalId: 'comes-later' };
    await world.events(customer, { time: '2027-01-10' });
    expect(await statusOf(customer)).toEqual(['unmatched']);
    const clockId = await world.clock('2027-01-01');
    const made = await world.customer({ externalId: customer.externalId, clockId });
    expect(await statusOf(customer)).toEqual(['unpriced']);
    await world.subscribe(made, await world.plan([CALLS]));
    expect(await statusOf(customer)).toEqual(['pending']);
    await world.turn(made, '2027-02-01T01:00:00Z');
    expect(await statusOf(customer)).toEqual(['billed']);
  });

  test('unpriced after its test clock was deleted, unless it was billed before', async () => {
    const known = await subscribed();
    await world.events(known.customer, { time: '2027-01-10' });
    await world.turn(known.customer, '2027-02-01T01:00:00Z');
    await world.events(known.customer, { time: '2027-02-10' });
    await deleteTestClock(world.db, TEST_TENANT, known.clockId);
    expect(await statusOf(known.customer)).toEqual(['billed', 'unpriced']);
  });

  test('free until its test clock was deleted in a trial, and unpriced from then on', async () => {
    const known = await subscribed({ trialEnd: '2027-02-01' });
    await world.events(known.customer, { time: '2027-01-10' });
    await world.events(known.customer, { time: '2027-01-20' });
    await world.setClock(known.clockId, '2027-01-15');
    await deleteTestClock(world.db, TEST_TENANT, known.clockId);
    expect(await statusOf(known.customer)).toEqual(['free', 'unpriced']);
  });
});
