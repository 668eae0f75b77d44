import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { getCreditGrant } from '../../src/operations/get-credit-grant.ts';
import { revokeGrant } from '../../src/operations/revoke-grant.ts';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { voidInvoice } from '../../src/operations/void-invoice.ts';
import { at, BillingWorld, CALLS, charge, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterEach(() => expectInvariants(world.db));
afterAll(() => world.drop());

const count = { type: 'count', property: null } as const;
const TOKENS = charge({ pricing_model: 'per_unit', event_name: 'token', unit_amount: '0.01', aggregation: count });
const CREDITS = charge({
  pricing_model: 'credit',
  event_name: 'call',
  credits_per_unit: '1.5',
  unit_amount: '0.20',
  aggregation: count,
});

async function subscribed(charges = [CALLS]) {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan(charges));
  return { clockId, customer, subscription };
}

async function entriesOf(grantId: string): Promise<string[]> {
  return (await world.entries(grantId)).map(({ kind, amount }) => `${kind} ${amount}`);
}

describe('a void', () => {
  async function finalVoid(grantTerms: object) {
    const { clockId, customer, subscription } = await subscribed();
    const { id } = await world.grant(customer, '10', grantTerms);
    await world.events(customer, { time: '2027-01-05', count: 6 });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    await world.setClock(clockId, '2027-02-10');
    const [invoice] = await world.invoices(subscription.id);
    return { customer, clockId, subscription, id, invoiceId: invoice?.id ?? '' };
  }

  test('gives back to a grant that was revoked meanwhile what then is written off as revoked', async () => {
    const { customer, id, invoiceId } = await finalVoid({});
    await revokeGrant(world.db, TEST_TENANT, id);
    // The running period began before the revocation, so what is left of it may still cover usage of these days.
    await voidInvoice(world.db, TEST_TENANT, { invoiceId, reason: null });
    expect(await world.grantBalance(id)).toBe('10');
    await world.events(customer, { time: '2027-02-05', count: 2 });
    await world.turn(customer, '2027-03-01T01:00:00Z');
    expect(await entriesOf(id)).toEqual(['granted 10', 'consumed -6', 'restored 6', 'consumed -2', 'revoked -8']);
  });

  test('gives back to a grant that ended by its expiry inside the running period units that this one may still use', async () => {
    const { customer, id, invoiceId } = await finalVoid({ expiresInDays: 35 }); // until 5 February
    await voidInvoice(world.db, TEST_TENANT, { invoiceId, reason: null });
    expect(await getCreditGrant(world.db, TEST_TENANT, id)).toMatchObject({ status: 'ended', balance: '10' });
    await world.events(customer, { time: '2027-02-04T23:59:59.999999Z', count: 3 });
    await world.events(customer, { time: '2027-02-05', count: 3 });
    await world.turn(customer, '2027-03-01T01:00:00Z');
    expect((await entriesOf(id)).slice(2)).toEqual(['restored 6', 'consumed -3', 'expired -7']);
  });

  test('with a reissue keeps for the period what an interim drew from a grant that is over and empty', async () => {
    const { clockId, customer, subscription } = await subscribed();
    const { id } = await world.grant(customer, '6', { rollover: false });
    await world.events(customer, { time: '2027-01-05', count: 10 });
    await world.setClock(clockId, '2027-01-10');
    await triggerInvoice(world.db, TEST_TENANT, { subscriptionId: subscription.id, triggerId: null });
    await world.events(customer, { time: '2027-01-20', count: 1 });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    await world.setClock(clockId, '2027-02-10');
    const closing = (await world.invoices(subscription.id)).find(({ kind }) => kind === 'closing');
    await voidInvoice(world.db, TEST_TENANT, { invoiceId: closing?.id ?? '', reason: null, reissue: true });
    const again = (await world.invoices(subscription.id)).find(({ replaces }) => replaces === closing?.id);
    expect(again).toMatchObject({
      total: '0.10',
      lines: [{ quantity: '11', creditedQuantity: '6', billableQuantity: '5', previouslyBilled: '0.40' }],
    });
    expect(await entriesOf(id)).toEqual(['granted 6', 'consumed -6']);
  });

  test('with a reissue after the expiry draws again what it gave back, and the rest lapses in the same transaction', async () => {
    const { customer, subscription, id, invoiceId } = await finalVoid({ rollover: false });
    await world.events(customer, { time: '2027-01-06', count: 3 });
    await voidInvoice(world.db, TEST_TENANT, { invoiceId, reason: null, reissue: true });
    expect(await entriesOf(id)).toEqual(['granted 10', 'consumed -6', 'expired -4', 'restored 6', 'consumed -6']);
    const again = (await world.invoices(subscription.id)).find(({ replaces }) => replaces === invoiceId);
    expect(again).toMatchObject({ total: '0.30', lines: [{ quantity: '9', creditedQuantity: '6' }] });
  });

  test('gives back to the grants of several charges what each was drawn for', async () => {
    const { clockId, customer, subscription } = await subscribed([CREDITS, CALLS, TOKENS]);
    const first = await world.grant(customer, '16', { effectiveAt: at('2027-01-01') });
    const second = await world.grant(customer, '30', { effectiveAt: at('2027-01-01'), priority: 60 });
    await world.events(customer, { time: '2027-01-05', count: 8 });
    await world.events(customer, { name: 'token', time: '2027-01-06', count: 2 });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    expect([await world.grantBalance(first.id), await world.grantBalance(second.id)]).toEqual(['0', '24']);
    await world.setClock(clockId, '2027-02-02');
    const [invoice] = await world.invoices(subscription.id);
    await voidInvoice(world.db, TEST_TENANT, { invoiceId: invoice?.id ?? '', reason: null });
    expect([await world.grantBalance(first.id), await world.grantBalance(second.id)]).toEqual(['16', '30']);
    await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id, at: 'now' });
    await world.turn(customer, '2027-02-02T01:00:00Z');
    expect([await world.grantBalance(first.id), await world.grantBalance(second.id)]).toEqual(['16', '30']);
  });
});
