import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { getCreditGrant } from '../../src/operations/get-credit-grant.ts';
import { revokeGrant } from '../../src/operations/revoke-grant.ts';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { voidInvoice } from '../../src/operations/void-invoice.ts';
import { at, BillingWorld, CALLS, charge, FEE, TEST_TENANT } from '../support/billing-world.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterAll(() => world.drop());

async function subscribed(dates: { start?: string; trialEnd?: string } = {}, charges = [CALLS]) {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan(charges), dates);
  return { clockId, customer, subscription };
}

describe('a grant', () => {
  test('lowers the quantity before prices, is drawn at finalization only, and rolls over', async () => {
    const { customer, subscription } = await subscribed();
    const { id } = await world.grant(customer, '100');
    await world.events(customer, { time: '2027-01-05', count: 30 });
    await world.events(customer, { time: '2027-02-05', count: 80 });
    await world.turn(customer, '2027-02-01');
    expect(await world.grantBalance(id)).toBe('100');
    await world.turn(customer, '2027-03-01T01:00:00Z');
    const invoices = await world.invoices(subscription.id);
    expect(invoices.map((invoice) => [invoice.lines[0]?.creditedQuantity, invoice.total])).toEqual([
      ['30', '0.00'],
      ['70', '1.00'],
    ]);
    expect(await world.entries(id)).toEqual([
      { kind: 'granted', amount: '100' },
      { kind: 'consumed', amount: '-30' },
      { kind: 'consumed', amount: '-70' },
    ]);
  });

  test('without rollover ends with the period that contains it, and the rest expires at that finalization', async () => {
    const { customer } = await subscribed();
    const { id, endsAt, endsBy } = await world.grant(customer, '100', { rollover: false });
    expect([endsAt, endsBy]).toEqual([at('2027-02-01'), 'period']);
    await world.events(customer, { time: '2027-01-05', count: 30 });
    await world.events(customer, { time: '2027-02-01', count: 5 });
    await world.turn(customer, '2027-02-01T00:30:00Z');
    expect(await getCreditGrant(world.db, TEST_TENANT, id)).toMatchObject({ status: 'ended', balance: '100' });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    expect(await world.entries(id)).toEqual([
      { kind: 'granted', amount: '100' },
      { kind: 'consumed', amount: '-30' },
      { kind: 'expired', amount: '-70' },
    ]);
  });

  test('in a trial ends with the first paid period, known once that opens', async () => {
    const { customer } = await subscribed({ trialEnd: '2027-01-20' });
    const { id, endsAt } = await world.grant(customer, '5', { rollover: false });
    expect(endsAt).toBeNull();
    await world.turn(customer, '2027-01-20');
    expect(await getCreditGrant(world.db, TEST_TENANT, id)).toMatchObject({
      endsAt: at('2027-02-20'),
      endsBy: 'period',
    });
  });

  test('with rollover and an expiry covers usage before the expiry by the event time, not by when it is billed', async () => {
    const { customer, subscription } = await subscribed();
    const { id } = await world.grant(customer, '100', { expiresInDays: 10 });
    await world.events(customer, { time: '2027-01-10T23:59:59.999999Z', count: 4 });
    await world.events(customer, { time: '2027-01-11', count: 3 });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    const [invoice] = await world.invoices(subscription.id);
    expect(invoice).toMatchObject({
      total: '0.30',
      lines: [{ quantity: '7', creditedQuantity: '4', billableQuantity: '3' }],
    });
    expect((await world.entries(id)).at(-1)).toEqual({ kind: 'expired', amount: '-96' });
  });

  test('does not cover usage before it starts', async () => {
    const { customer, subscription } = await subscribed();
    await world.grant(customer, '100', { effectiveAt: at('2027-01-15') });
    await world.events(customer, { time: '2027-01-14T23:59:59Z', count: 2 });
    await world.events(customer, { time: '2027-01-15', count: 2 });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    expect((await world.invoices(subscription.id))[0]).toMatchObject({ total: '0.20' });
  });

  test('is drawn by priority, then by the sooner end', async () => {
    const { customer } = await subscribed();
    const never = await world.grant(customer, '10');
    const soon = await world.grant(customer, '10', { expiresInDays: 40 });
    const first = await world.grant(customer, '10', { priority: 1 });
    await world.events(customer, { time: '2027-01-05', count: 25 });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    expect([
      await world.grantBalance(first.id),
      await world.grantBalance(soon.id),
      await world.grantBalance(never.id),
    ]).toEqual(['0', '0', '5']);
  });

  test('limited to other event names or another subscription covers nothing here', async () => {
    const { customer, subscription } = await subscribed();
    const other = await world.subscribe(customer, await world.plan([FEE]));
    await world.grant(customer, '10', { eventNames: ['other'] });
    await world.grant(customer, '10', { subscriptionId: other.id });
    await world.events(customer, { time: '2027-01-05', count: 5 });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    expect((await world.invoices(subscription.id))[0]).toMatchObject({ total: '0.50' });
  });

  test('revoked covers earlier usage, and the rest is written off when nothing can draw it', async () => {
    const { clockId, customer, subscription } = await subscribed();
    const { id } = await world.grant(customer, '10');
    await world.events(customer, { time: '2027-01-05', count: 3 });
    await world.events(customer, { time: '2027-01-20', count: 3 });
    await world.setClock(clockId, '2027-01-10');
    expect(await revokeGrant(world.db, TEST_TENANT, id)).toMatchObject({
      status: 'ended',
      endsBy: 'revoke',
      balance: '10',
    });
    await expect(revokeGrant(world.db, TEST_TENANT, id)).rejects.toMatchObject({ code: 'grant_ended' });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    expect((await world.invoices(subscription.id))[0]).toMatchObject({ total: '0.30' });
    expect((await world.entries(id)).at(-1)).toEqual({ kind: 'revoked', amount: '-7' });
  });

  test('gets back what a void invoice drew, and lapses at once when it is over', async () => {
    const { clockId, customer, subscription } = await subscribed();
    const lasting = await world.grant(customer, '10', { priority: 1 });
    const ending = await world.grant(customer, '10', { rollover: false });
    await world.events(customer, { time: '2027-01-05', count: 15 });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    await world.setClock(clockId, '2027-02-02');
    const [invoice] = await world.invoices(subscription.id);
    await voidInvoice(world.db, TEST_TENANT, { invoiceId: invoice?.id ?? '', reason: null });
    expect(await world.grantBalance(lasting.id)).toBe('10');
    expect((await world.entries(ending.id)).map((entry) => [entry.kind, entry.amount])).toEqual([
      ['granted', '10'],
      ['consumed', '-5'],
      ['expired', '-5'],
      ['restored', '5'],
      ['expired', '-5'],
    ]);
  });

  test('serves interims and the closing invoice as one period', async () => {
    const { clockId, customer, subscription } = await subscribed();
    const { id } = await world.grant(customer, '4');
    await world.events(customer, { time: '2027-01-05', count: 6 });
    await world.setClock(clockId, '2027-01-10');
    const interim = await triggerInvoice(world.db, TEST_TENANT, { subscriptionId: subscription.id, triggerId: null });
    expect(interim).toMatchObject({ made: true, invoice: { total: '0.20' } });
    // A late arrival for an earlier instant: the whole period's draws are computed anew.
    await world.events(customer, { time: '2027-01-02', count: 1 });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    const invoices = await world.invoices(subscription.id);
    expect(invoices.map((invoice) => invoice.total)).toEqual(['0.20', '0.10']);
    expect(await world.grantBalance(id)).toBe('0');
  });

  test('pays credits for a credit charge at its rate', async () => {
    const credit = charge({
      pricing_model: 'credit',
      event_name: 'call',
      credits_per_unit: '2.5',
      unit_amount: '0.01',
      aggregation: { type: 'count', property: null },
    });
    const { customer, subscription } = await subscribed({}, [credit]);
    const { id } = await world.grant(customer, '20');
    await world.events(customer, { time: '2027-01-05', count: 10 });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    expect((await world.invoices(subscription.id))[0]?.lines[0]).toMatchObject({
      usageQuantity: '10',
      quantity: '25',
      creditedQuantity: '20',
      billableQuantity: '5',
      amount: '0.05',
    });
    expect(await world.grantBalance(id)).toBe('0');
  });
});
