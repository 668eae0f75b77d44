import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { finalizeInvoice } from '../../src/operations/finalize-invoice.ts';
import { getSubscription } from '../../src/operations/get-subscription.ts';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { voidInvoice } from '../../src/operations/void-invoice.ts';
import { at, BillingWorld, CALLS, charge, FEE, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
beforeEach(() => delay(3_600));
afterEach(() => expectInvariants(world.db));
afterAll(() => world.drop());

async function delay(seconds: number): Promise<void> {
  await world.db.pool.query('update accounts set finalization_delay_seconds = $1', [seconds]);
}

const DAY = 86_400;

async function subscribed(billingPeriod: string, dates: { start?: string } = {}) {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan([FEE, CALLS], { billingPeriod }), dates);
  return { clockId, customer, id: subscription.id };
}

describe('a finalization delay', () => {
  test('of none makes an invoice final at the instant its period ends', async () => {
    await delay(0);
    const { customer, id } = await subscribed('monthly');
    await world.events(customer, { time: '2027-01-31T23:59:59.999999Z', count: 2 });
    await world.events(customer, { time: '2027-02-01' });
    await world.turn(customer, '2027-02-01');
    expect(await world.invoices(id)).toMatchObject([
      { status: 'open', total: '20.20', finalizedAt: at('2027-02-01'), finalizeAt: at('2027-02-01') },
    ]);
  });

  test('of none leaves the draft of a cancel to the next turn, of the same instant', async () => {
    await delay(0);
    const { clockId, customer, id } = await subscribed('monthly');
    await world.setClock(clockId, '2027-01-16T12:00:00Z');
    await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: id, at: 'now' });
    expect((await getSubscription(world.db, TEST_TENANT, id)).nextDueAt).toBe(at('2027-01-16T12:00:00Z'));
    await world.turn(customer, '2027-01-16T12:00:00Z');
    expect(await world.invoices(id)).toMatchObject([{ status: 'open', total: '10.00' }]);
  });

  test('of thirty days lets thirty daily drafts wait, each for its own instant, in the order of their periods', async () => {
    await delay(30 * DAY);
    const { clockId, customer, id } = await subscribed('daily');
    const { id: grantId } = await world.grant(customer, '30');
    for (const day of ['02', '10', '20']) await world.events(customer, { time: `2027-01-${day}`, count: 20 });
    await world.turn(customer, '2027-01-30T12:00:00Z');
    const drafts = await world.invoices(id);
    expect([drafts.length, new Set(drafts.map((each) => each.status))]).toEqual([29, new Set(['draft'])]);
    expect(await world.grantBalance(grantId)).toBe('30');
    await world.turn(customer, '2027-02-10');
    const invoices = await world.invoices(id);
    expect(invoices.filter((each) => each.status === 'open').length).toBe(10);
    expect(invoices[1]).toMatchObject({ total: '20.00', finalizedAt: at('2027-02-02') });
    // The rest of the grant went to the tenth day; the twentieth's draft will find nothing.
    expect(invoices[9]?.lines[1]).toMatchObject({ quantity: '20', creditedQuantity: '10' });
    expect(await world.grantBalance(grantId)).toBe('0');
    await world.setClock(clockId, '2027-02-10');
    await expect(finalizeInvoice(world.db, TEST_TENANT, invoices[20]?.id ?? '')).rejects.toMatchObject({
      code: 'earlier_invoice_is_draft',
    });
    await world.turn(customer, '2027-02-20');
    expect((await world.invoices(id))[19]?.lines[1]).toMatchObject({ creditedQuantity: '0', amount: '2.00' });
  });

  test('that is shortened makes no period final before an earlier one: they follow right after it', async () => {
    await delay(30 * DAY);
    const { customer, id } = await subscribed('daily');
    await world.turn(customer, '2027-01-02');
    await delay(0);
    await world.turn(customer, '2027-01-20');
    expect(new Set((await world.invoices(id)).map((each) => each.status))).toEqual(new Set(['draft']));
    expect((await getSubscription(world.db, TEST_TENANT, id)).nextDueAt).toBe(at('2027-01-21'));
    await world.turn(customer, '2027-02-01');
    const invoices = await world.invoices(id);
    expect(new Set(invoices.map((each) => each.status))).toEqual(new Set(['open']));
    const numbers = invoices.map((each) => each.number ?? '');
    expect(numbers).toEqual(numbers.toSorted());
    // Nothing became final before what had to be final first.
    const instants = invoices.map((each) => each.finalizedAt ?? 0n);
    expect(instants.every((instant, index) => index === 0 || instant >= (instants[index - 1] ?? 0n))).toBe(true);
  });

  test('of a draft that is voided holds up no later one', async () => {
    await delay(30 * DAY);
    const { clockId, customer, id } = await subscribed('daily');
    await world.turn(customer, '2027-01-02');
    await delay(0);
    await world.turn(customer, '2027-01-04');
    await world.setClock(clockId, '2027-01-05T12:00:00Z');
    const [first] = await world.invoices(id);
    await voidInvoice(world.db, TEST_TENANT, { invoiceId: first?.id ?? '', reason: null });
    await world.turn(customer, '2027-01-05T12:00:00Z');
    const [, ...later] = await world.invoices(id);
    const instant = at('2027-01-05T12:00:00Z');
    expect(later.map((each) => [each.status, each.finalizedAt])).toEqual([
      ['open', instant],
      ['open', instant],
      ['open', instant],
    ]);
  });

  test('counts from the creation of a backdated subscription, so that all its past waits for late events', async () => {
    const { customer, id } = await subscribed('monthly', { start: '2026-10-01' });
    await world.events(customer, { time: '2026-10-15', count: 1 });
    await world.turn(customer, '2027-01-01T00:59:59.999999Z');
    await world.events(customer, { time: '2026-11-15', count: 2 });
    expect((await world.invoices(id)).map((each) => [each.status, each.total])).toEqual([
      ['draft', '20.10'],
      ['draft', '20.00'],
      ['draft', '20.00'],
    ]);
    await world.turn(customer, '2027-01-01T01:00:00Z');
    expect((await world.invoices(id)).map((each) => [each.status, each.total])).toEqual([
      ['open', '20.10'],
      ['open', '20.20'],
      ['open', '20.00'],
    ]);
  });
});

test('a backdated live subscription closes what it missed in order, and finalizes it an hour after it was made', async () => {
  const customer = await world.customer({});
  const subscription = await world.subscribe(customer, await world.plan([FEE, CALLS], { billingPeriod: 'yearly' }), {
    start: '2022-03-01',
  });
  await world.events(customer, { time: '2023-05-01', count: 3 });
  await world.turn(customer, '2026-03-01');
  const invoices = await world.invoices(subscription.id);
  expect(invoices.slice(0, 4).map((each) => [each.status, each.total, each.periodEnd])).toEqual([
    ['draft', '20.00', at('2023-03-01')],
    ['draft', '20.30', at('2024-03-01')],
    ['draft', '20.00', at('2025-03-01')],
    ['draft', '20.00', at('2026-03-01')],
  ]);
  const waits = invoices.map((each) => each.finalizeAt - subscription.createdAt);
  expect(new Set(waits)).toEqual(new Set([3_600_000_000n]));
  const first = await finalizeInvoice(world.db, TEST_TENANT, invoices[0]?.id ?? '');
  expect(first).toMatchObject({ status: 'open', total: '20.00' });
});

describe('amounts', () => {
  test.each([
    ['JPY', '20', '3.5', '14', '27'],
    ['KWD', '20.0005', '0.33335', '1.333', '20.668'],
    ['USD', '20.005', '0.335', '1.34', '20.68'],
  ])('are rounded a line to the digits of %s', async (currency, fee, price, interim, closing) => {
    const clockId = await world.clock('2027-01-01');
    const customer = await world.customer({ clockId, currency });
    const calls = { ...CALLS, unit_amount: price };
    const plan = await world.plan([{ ...FEE, amount: fee }, calls], { currency });
    const { id } = await world.subscribe(customer, plan);
    const { id: grantId } = await world.grant(customer, '1');
    await world.events(customer, { time: '2027-01-05', count: 5 });
    await world.setClock(clockId, '2027-01-10');
    const outcome = await triggerInvoice(world.db, TEST_TENANT, { subscriptionId: id, triggerId: null });
    expect(outcome).toMatchObject({ made: true, invoice: { total: interim, currency } });
    await world.events(customer, { time: '2027-01-20', count: 2 });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    expect((await world.invoices(id)).map((each) => each.total)).toEqual([interim, closing]);
    expect(await world.grantBalance(grantId)).toBe('0');
  });

  test('of interims and the closing invoice add up to one whole, also with grants, packages and flats of use', async () => {
    const packages = charge({
      pricing_model: 'package',
      event_name: 'call',
      package_size: '5',
      package_amount: '1',
      free_units: '2',
      aggregation: { type: 'count', property: null },
    });
    const used = charge({
      pricing_model: 'flat',
      amount: '3',
      event_name: 'call',
      bill_in: 'arrears',
      charge_when: 'used',
    });
    const life = async (triggers: readonly string[]) => {
      const clockId = await world.clock('2027-01-01');
      const customer = await world.customer({ clockId });
      const { id } = await world.subscribe(customer, await world.plan([packages, used]));
      const grants = [
        await world.grant(customer, '4', { expiresInDays: 9 }),
        await world.grant(customer, '6', { effectiveAt: at('2027-01-12'), rollover: false }),
      ];
      for (const [time, count] of [
        ['2027-01-05', 9],
        ['2027-01-11', 4],
        ['2027-01-20', 11],
      ] as const) {
        await world.events(customer, { time, count });
      }
      for (const time of triggers) {
        await world.setClock(clockId, time);
        await triggerInvoice(world.db, TEST_TENANT, { subscriptionId: id, triggerId: null });
      }
      await world.turn(customer, '2027-02-01T01:00:00Z');
      const invoices = await world.invoices(id);
      const cents = invoices.reduce((sum, each) => sum + BigInt(each.total.replace('.', '')), 0n);
      return [cents, ...(await Promise.all(grants.map((each) => world.grantBalance(each.id))))];
    };
    const whole = await life([]);
    // 24 calls, 4 and 6 of them covered: 14 billable, 2 free, three packages; and the flat.
    expect(whole).toEqual([600n, '0', '0']);
    expect(await life(['2027-01-06', '2027-01-11T12:00:00Z', '2027-01-25'])).toEqual(whole);
  });
});
