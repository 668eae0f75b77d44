import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { getSubscription } from '../../src/operations/get-subscription.ts';
import { listEvents } from '../../src/operations/list-events.ts';
import { noteLateUsage } from '../../src/operations/note-late-usage.ts';
import { previewInvoice } from '../../src/operations/preview-invoice.ts';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { voidInvoice } from '../../src/operations/void-invoice.ts';
import { at, BillingWorld, CALLS, charge, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';
import { tellFinal, tellInvoice } from '../support/tell-invoice.ts';

const USAGE = { ...CALLS, name: 'Calls' };
const SEAT = charge({ pricing_model: 'flat', name: 'Seat', amount: '30', bill_in: 'advance', charge_when: 'always' });
/** 10^30 units at 10^30 a unit are more digits than can be billed. */
const HUGE = charge({
  pricing_model: 'per_unit',
  name: 'Tokens',
  event_name: 'token',
  unit_amount: '9'.repeat(30),
  aggregation: { type: 'sum', property: 'n' },
});

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterEach(() => expectInvariants(world.db));
afterAll(() => world.drop());

async function subscribed(charges: Parameters<BillingWorld['plan']>[0] = [USAGE], minimumAmount: string | null = null) {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan(charges, { minimumAmount }));
  const turn = async (time: string) => {
    await world.turn(customer, time);
    await world.setClock(clockId, time);
  };
  const told = async () => tellFinal(await world.invoices(subscription.id));
  const poison = async (time: string) => {
    for (let index = 0; index < 12; index += 1) {
      await world.events(customer, { name: 'token', time, properties: { n: `1${'0'.repeat(29)}` } });
    }
  };
  return { clockId, customer, subscription, turn, told, poison };
}

async function voidDraft({ id }: { id: string }) {
  const draft = (await world.invoices(id)).find(({ status }) => status === 'draft');
  return voidInvoice(world.db, TEST_TENANT, { invoiceId: draft?.id ?? '', reason: null });
}

async function statuses(customerId: string) {
  const query = { customerId, eventName: null, status: null, from: null, to: null, after: null };
  const { events } = await listEvents(world.db, TEST_TENANT, { ...query, limit: 200 });
  return events.map(({ status }) => status);
}

describe('late usage on a draft that is voided', () => {
  test('is waived with it, and what comes still later is billed by what it adds', async () => {
    const { customer, subscription, turn, told } = await subscribed();
    await turn('2027-02-02');
    await world.events(customer, { time: '2027-01-06', count: 3 });
    await turn('2027-03-01T00:30:00Z');
    await world.events(customer, { time: '2027-01-06', count: 1 });
    expect(tellInvoice(await voidDraft(subscription))).toBe(
      'closing 0 void 0.40: usage Calls 1 0.00, late_usage Calls (late usage) 0 0.40',
    );
    expect(await statuses(customer.externalId)).toEqual(['waived', 'waived', 'waived', 'waived']);
    await world.events(customer, { time: '2027-01-07', count: 2 });
    await turn('2027-04-02');
    expect((await told()).slice(1)).toEqual([
      'closing 0 open 0.20: usage Calls 2 0.00, late_usage Calls (late usage) 0 0.20',
    ]);
  });

  test('leaves the credits that would have covered it, and later usage draws for itself alone', async () => {
    const { customer, subscription, turn, told } = await subscribed();
    const { id } = await world.grant(customer, '10');
    await world.events(customer, { time: '2027-01-05', count: 4 });
    await turn('2027-02-02');
    await world.events(customer, { time: '2027-01-06', count: 3 });
    await turn('2027-03-01T00:30:00Z');
    await voidDraft(subscription);
    expect(await world.grantBalance(id)).toBe('6');
    await world.events(customer, { time: '2027-01-07', count: 8 });
    await turn('2027-04-02');
    expect((await told()).at(-1)).toBe('closing 0 open 0.20: usage Calls 2 0.00, late_usage Calls (late usage) 0 0.20');
    expect(await world.grantBalance(id)).toBe('0');
  });

  test('is not what stops the subscription again, where it is what could not be rated', async () => {
    const { customer, subscription, turn, told, poison } = await subscribed([USAGE, HUGE]);
    await turn('2027-02-02');
    await poison('2027-01-06');
    await turn('2027-03-02');
    expect((await getSubscription(world.db, TEST_TENANT, subscription.id)).attentionCode).toBe('amount_too_large');
    await voidDraft(subscription);
    await world.events(customer, { time: '2027-03-03', count: 5 });
    await turn('2027-04-02');
    expect((await told()).slice(1)).toEqual(['closing 0 open 0.50: usage Calls 2 0.50, usage Tokens 2 0.00']);
    expect((await statuses(customer.externalId)).filter((status) => status === 'waived').length).toBe(12);
  });

  test('goes to the next invoice where it is the own period that could not be rated', async () => {
    const { customer, subscription, turn, told, poison } = await subscribed([USAGE, HUGE]);
    await turn('2027-02-02');
    await world.events(customer, { time: '2027-01-06', count: 3 });
    await poison('2027-02-06');
    await turn('2027-03-02');
    await voidDraft(subscription);
    await turn('2027-04-02');
    expect((await told()).slice(1)).toEqual([
      'closing 0 open 0.30: usage Calls 2 0.00, usage Tokens 2 0.00, late_usage Calls (late usage) 0 0.30',
    ]);
  });
});

describe('of a subscription that has ended', () => {
  async function ended(charges = [USAGE, HUGE]) {
    const made = await subscribed(charges);
    await made.turn('2027-02-02');
    await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: made.subscription.id, at: 'period_end' });
    return made;
  }

  test('late usage of earlier periods is billed by itself when the last draft is voided that could not be rated', async () => {
    const { customer, subscription, turn, told, poison } = await ended();
    await world.events(customer, { time: '2027-01-06', count: 3 });
    await poison('2027-02-06');
    await turn('2027-03-02');
    await voidDraft(subscription);
    await turn('2027-04-02');
    expect((await told()).slice(1)).toEqual(['late 0 open 0.30: late_usage Calls (late usage) 0 0.30']);
  });

  test('a late invoice that cannot be rated is a draft that says why, and voiding it ends the matter', async () => {
    const { customer, subscription, turn, told, poison } = await ended();
    await turn('2027-03-02');
    await poison('2027-02-06');
    await noteLateUsage(world.db, TEST_TENANT, subscription.id);
    await turn('2027-04-02');
    const draft = (await world.invoices(subscription.id)).find(({ kind }) => kind === 'late');
    expect([draft?.status, JSON.parse(draft?.issues ?? '[]')]).toMatchObject(['draft', [{ code: 'amount_too_large' }]]);
    const trigger = { subscriptionId: subscription.id, triggerId: null };
    expect(await triggerInvoice(world.db, TEST_TENANT, trigger)).toMatchObject({ skip: { code: 'needs_attention' } });
    await voidDraft(subscription);
    expect(await noteLateUsage(world.db, TEST_TENANT, subscription.id)).toBe(false);
    expect(await getSubscription(world.db, TEST_TENANT, subscription.id)).toMatchObject({
      attentionCode: null,
      nextDueAt: null,
    });
    await world.events(customer, { time: '2027-01-06', count: 3 });
    expect(await noteLateUsage(world.db, TEST_TENANT, subscription.id)).toBe(true);
    await turn('2027-05-02');
    expect((await told()).slice(2)).toEqual(['late 1 open 0.30: late_usage Calls (late usage) 0 0.30']);
  });
});

test('while the draft of the period before waits, preview and draft count the advance flat that it bills', async () => {
  const { subscription, turn } = await subscribed([SEAT, USAGE], '60');
  await world.db.pool.query('update accounts set finalization_delay_seconds = $1', [20 * 86_400]);
  await turn('2027-02-15');
  const query = { subscriptionId: subscription.id, at: 'now' as const };
  const preview = await previewInvoice(world.db, TEST_TENANT, query);
  await cancelSubscription(world.db, TEST_TENANT, query);
  await world.db.pool.query('update accounts set finalization_delay_seconds = 3600');
  const drafts = await world.invoices(subscription.id);
  await turn('2027-03-20');
  const final = (await world.invoices(subscription.id)).at(-1);
  expect(final?.lines.map(({ kind, amount }) => [kind, amount])).toEqual([
    ['proration', '-15.00'],
    ['usage', '0.00'],
    ['minimum', '15.00'],
  ]);
  expect(final?.periodStart).toBe(at('2027-02-01'));
  for (const shown of [preview, drafts.at(-1)]) expect(shown?.total).toBe(final?.total);
});
