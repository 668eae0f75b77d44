import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { getSubscription } from '../../src/operations/get-subscription.ts';
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

async function subscribed(charges = [CALLS]) {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan(charges));
  return { clockId, customer, subscription };
}

function voidOf(invoiceId: string | undefined) {
  return voidInvoice(world.db, TEST_TENANT, { invoiceId: invoiceId ?? '', reason: null });
}

async function interim(subscriptionId: string): Promise<string> {
  const outcome = await triggerInvoice(world.db, TEST_TENANT, { subscriptionId, triggerId: null });
  if (!outcome.made) throw new Error(outcome.skip.message);
  return outcome.invoice.id;
}

describe('voiding', () => {
  test('one invoice from eight sides happens once', async () => {
    const { clockId, customer, subscription } = await subscribed();
    const { id } = await world.grant(customer, '10');
    await world.events(customer, { time: '2027-01-05', count: 12 });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    await world.setClock(clockId, '2027-02-02');
    const [invoice] = await world.invoices(subscription.id);
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => voidOf(invoice?.id)));
    expect(outcomes.filter((each) => each.status === 'fulfilled').length).toBe(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'invoice_already_void' });
    }
    expect(await world.grantBalance(id)).toBe('10');
  });

  test('all invoices of a period gives a grant back no more than the period still holds of it', async () => {
    const { clockId, customer, subscription } = await subscribed();
    const first = await world.grant(customer, '5');
    await world.events(customer, { time: '2027-01-05', count: 8 });
    await world.setClock(clockId, '2027-01-10');
    const interimId = await interim(subscription.id);
    // A grant that goes first and reaches back: the closing invoice returns the 5 units to the other one.
    await world.grant(customer, '10', { priority: 1, effectiveAt: at('2027-01-01') });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    expect(await world.grantBalance(first.id)).toBe('5');
    // Of these 5 the next period uses 2.
    await world.events(customer, { time: '2027-02-05', count: 4 });
    await world.turn(customer, '2027-03-01T01:00:00Z');
    await world.setClock(clockId, '2027-03-02');
    const closing = (await world.invoices(subscription.id)).find(
      (each) => each.periodNumber === 0 && each.kind === 'closing',
    );
    await voidOf(closing?.id);
    await voidOf(interimId);
    expect(await world.grantBalance(first.id)).toBe('3');
  });

  test('an interim while the closing draft waits gives its usage to that draft', async () => {
    const { clockId, customer, subscription } = await subscribed();
    const { id } = await world.grant(customer, '4');
    await world.events(customer, { time: '2027-01-05', count: 7 });
    await world.setClock(clockId, '2027-01-10');
    const interimId = await interim(subscription.id);
    await world.setClock(clockId, '2027-02-01T00:30:00Z');
    await world.turn(customer, '2027-02-01T00:30:00Z');
    await voidOf(interimId);
    expect(await world.grantBalance(id)).toBe('4');
    await world.turn(customer, '2027-02-01T01:00:00Z');
    const invoices = await world.invoices(subscription.id);
    expect(invoices.map((each) => [each.kind, each.status, each.total])).toEqual([
      ['interim', 'void', '0.30'],
      ['closing', 'open', '0.30'],
    ]);
    expect(await world.grantBalance(id)).toBe('0');
  });

  test('an interim that its closing invoice corrected downward is refused until that one is void', async () => {
    const { clockId, customer, subscription } = await subscribed();
    await world.events(customer, { time: '2027-01-05', count: 7 });
    await world.setClock(clockId, '2027-01-10');
    const interimId = await interim(subscription.id);
    await world.grant(customer, '3', { effectiveAt: at('2027-01-01') });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    await world.setClock(clockId, '2027-02-02');
    const [, closing] = await world.invoices(subscription.id);
    expect(closing).toMatchObject({ total: '-0.30', amountDue: '0.00', status: 'paid', paymentStatus: 'not_required' });
    await expect(voidOf(interimId)).rejects.toMatchObject({ code: 'newer_invoice_exists' });
  });
});

describe('a subscription that needs attention', () => {
  const HUGE = charge({
    pricing_model: 'per_unit',
    event_name: 'token',
    unit_amount: '9'.repeat(30),
    aggregation: { type: 'sum', property: 'n' },
  });

  async function poisoned() {
    const { clockId, customer, subscription } = await subscribed([HUGE]);
    await world.db.pool.query('update accounts set finalization_delay_seconds = 2592000');
    await world.events(customer, { name: 'token', time: '2027-01-05', properties: { n: 1 } });
    await world.turn(customer, '2027-02-01');
    await world.db.pool.query('update accounts set finalization_delay_seconds = 3600');
    for (let index = 0; index < 12; index += 1) {
      await world.events(customer, { name: 'token', time: '2027-02-05', properties: { n: '9'.repeat(30) } });
    }
    await world.turn(customer, '2027-03-01');
    await world.setClock(clockId, '2027-03-01');
    const [healthy, broken] = await world.invoices(subscription.id);
    expect([healthy?.status, broken?.status]).toEqual(['draft', 'draft']);
    return { clockId, customer, subscription, healthy, broken };
  }

  test('goes on when the draft that cannot be rated is voided, and by no other one', async () => {
    const { customer, subscription, healthy, broken } = await poisoned();
    await expect(voidOf(healthy?.id)).rejects.toMatchObject({ code: 'needs_attention' });
    expect(await getSubscription(world.db, TEST_TENANT, subscription.id)).toMatchObject({
      attentionCode: 'amount_too_large',
    });
    await voidOf(broken?.id);
    await world.turn(customer, '2027-04-01T01:00:00Z');
    const invoices = await world.invoices(subscription.id);
    expect(invoices.map((each) => each.status)).toEqual(['open', 'void', 'paid']);
  });

  test('that was canceled is over once its draft is voided', async () => {
    const { clockId, customer, subscription } = await subscribed([HUGE]);
    for (let index = 0; index < 12; index += 1) {
      await world.events(customer, { name: 'token', time: '2027-01-05', properties: { n: '9'.repeat(30) } });
    }
    await world.setClock(clockId, '2027-01-10');
    await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id, at: 'now' });
    const [draft] = await world.invoices(subscription.id);
    expect(draft).toMatchObject({ status: 'draft', lines: [], billingReason: 'cancel' });
    await voidOf(draft?.id);
    expect(await getSubscription(world.db, TEST_TENANT, subscription.id)).toMatchObject({
      status: 'canceled',
      attentionCode: null,
      nextDueAt: null,
    });
  });
});
