import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { finalizeInvoice } from '../../src/operations/finalize-invoice.ts';
import { revokeGrant } from '../../src/operations/revoke-grant.ts';
import { triggerCustomerInvoices, triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { voidInvoice } from '../../src/operations/void-invoice.ts';
import type { SubscriptionRow } from '../../src/storage/subscriptions.ts';
import { at, BillingWorld, CALLS, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterEach(() => expectInvariants(world.db));
afterAll(() => world.drop());

async function subscribed(count: number) {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const plan = await world.plan([CALLS]);
  const subscriptions: SubscriptionRow[] = [];
  for (let index = 0; index < count; index += 1) {
    // Each is made a minute after the one before, all for the same periods.
    await world.setClock(clockId, `2027-01-01T00:${String(index).padStart(2, '0')}:00Z`);
    subscriptions.push(await world.subscribe(customer, plan, { start: '2027-01-01' }));
  }
  return { clockId, customer, subscriptions };
}

async function creditedOf(subscriptions: readonly SubscriptionRow[], period = 0) {
  const invoices = await Promise.all(subscriptions.map(({ id }) => world.invoices(id)));
  return invoices.map((list) => list.find((each) => each.periodNumber === period)?.lines[0]?.creditedQuantity);
}

describe('subscriptions that share a grant', () => {
  test('draw in the order in which they were made, whoever comes first to finalize', async () => {
    const { customer, subscriptions } = await subscribed(3);
    const { id } = await world.grant(customer, '25', { effectiveAt: at('2027-01-01') });
    await world.events(customer, { time: '2027-01-05', count: 10 });
    await Promise.all(Array.from({ length: 3 }, () => world.turn(customer, '2027-02-01T01:00:00Z')));
    expect(await creditedOf(subscriptions)).toEqual(['10', '10', '5']);
    expect(await world.grantBalance(id)).toBe('0');
  });

  test('draw no more than it holds when 16 of them finalize at once', async () => {
    const { customer, subscriptions } = await subscribed(16);
    const { id } = await world.grant(customer, '100', { effectiveAt: at('2027-01-01') });
    await world.events(customer, { time: '2027-01-05', count: 7 });
    await world.turn(customer, '2027-02-01T00:30:00Z');
    await Promise.all(subscriptions.map(() => world.turn(customer, '2027-02-01T01:00:00Z')));
    expect(await creditedOf(subscriptions)).toEqual([...Array.from({ length: 14 }, () => '7'), '2', '0']);
    expect(await world.grantBalance(id)).toBe('0');
    expect((await world.entries(id)).length).toBe(16);
  });

  test('draw no more than it holds when 16 drafts are finalized early at once', async () => {
    const { clockId, customer, subscriptions } = await subscribed(16);
    const { id } = await world.grant(customer, '100', { effectiveAt: at('2027-01-01') });
    await world.events(customer, { time: '2027-01-05', count: 7 });
    await world.turn(customer, '2027-02-01T00:30:00Z');
    await world.setClock(clockId, '2027-02-01T00:30:00Z');
    const drafts = (await Promise.all(subscriptions.map((each) => world.invoices(each.id)))).flat();
    await Promise.all(drafts.map((draft) => finalizeInvoice(world.db, TEST_TENANT, draft.id)));
    const credited = (await creditedOf(subscriptions)).toSorted();
    expect(credited).toEqual(['0', '2', ...Array.from({ length: 14 }, () => '7')]);
    expect(await world.grantBalance(id)).toBe('0');
  });

  test('draw by the time of finalization first: an early finalize and an interim go before the older one', async () => {
    const { clockId, customer, subscriptions } = await subscribed(2);
    const [older, younger] = subscriptions;
    const { id } = await world.grant(customer, '8', { effectiveAt: at('2027-01-01') });
    await world.events(customer, { time: '2027-01-05', count: 10 });
    await world.setClock(clockId, '2027-01-10');
    const trigger = { subscriptionId: younger?.id ?? '', triggerId: null };
    expect(await triggerInvoice(world.db, TEST_TENANT, trigger)).toMatchObject({
      made: true,
      invoice: { total: '0.20' },
    });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    expect((await world.invoices(older?.id ?? '')).map((each) => each.total)).toEqual(['1.00']);
    expect((await world.invoices(younger?.id ?? '')).map((each) => each.total)).toEqual(['0.20', '0.00']);
    expect(await world.grantBalance(id)).toBe('0');
  });

  test('are triggered together once, however often the request is repeated', async () => {
    const { clockId, customer } = await subscribed(3);
    await world.grant(customer, '3', { effectiveAt: at('2027-01-01') });
    await world.events(customer, { time: '2027-01-05', count: 4 });
    await world.setClock(clockId, '2027-01-10');
    const trigger = () =>
      triggerCustomerInvoices(world.db, TEST_TENANT, { customerRef: customer.externalId, triggerId: 'one' });
    const [first, ...others] = await Promise.all([trigger(), trigger(), trigger()]);
    const told = first?.map((each) => (each.made ? each.invoice.total : each.skip.code));
    expect(told).toEqual(['0.10', '0.40', '0.40']);
    for (const other of others) expect(other).toEqual(first);
  });

  test('get back what one of them gives back, at its next finalization', async () => {
    const { clockId, customer, subscriptions } = await subscribed(2);
    const [older, younger] = subscriptions;
    const { id } = await world.grant(customer, '10', { effectiveAt: at('2027-01-01') });
    await world.events(customer, { time: '2027-01-05', count: 10 });
    await world.events(customer, { time: '2027-02-05', count: 6 });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    await world.setClock(clockId, '2027-02-10');
    const [invoice] = await world.invoices(older?.id ?? '');
    await voidInvoice(world.db, TEST_TENANT, { invoiceId: invoice?.id ?? '', reason: null });
    await world.turn(customer, '2027-03-01T01:00:00Z');
    expect(
      await creditedOf(
        [older, younger].filter((each) => each !== undefined),
        1,
      ),
    ).toEqual(['6', '4']);
    expect(await world.grantBalance(id)).toBe('0');
  });

  test('a grant that is revoked between two finalizations leaves the later one what lay before the end', async () => {
    const { clockId, customer, subscriptions } = await subscribed(2);
    const { id } = await world.grant(customer, '10', { effectiveAt: at('2027-01-01') });
    await world.events(customer, { time: '2027-01-05', count: 6 });
    await world.events(customer, { time: '2027-01-20', count: 6 });
    await world.setClock(clockId, '2027-01-10');
    await revokeGrant(world.db, TEST_TENANT, id);
    await world.turn(customer, '2027-02-01T01:00:00Z');
    expect(await creditedOf(subscriptions)).toEqual(['6', '4']);
  });
});
