import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { getSubscription } from '../../src/operations/get-subscription.ts';
import { retrySubscription } from '../../src/operations/retry-subscription.ts';
import { deleteTestClock } from '../../src/operations/test-clocks.ts';
import { sql } from '../../src/storage/sql.ts';
import { BillingWorld, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';
import { correct, HUGE, overuse } from '../support/unrateable-usage.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterAll(async () => {
  await expectInvariants(world.db);
  await world.drop();
});

/** One that has stood still since 1 February, with its clock at `time`. */
async function standing(time = '2027-02-01T02:00:00Z') {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan([HUGE]));
  await overuse(world, customer, '2027-01-02');
  await world.setClock(clockId, time);
  await world.turn(customer, time);
  return { clockId, customer, subscription };
}

const retry = (subscription: { readonly id: string }) =>
  retrySubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id });

async function nudges(subscription: { readonly id: string }): Promise<number> {
  return (await world.db.query(sql`select from outbox where subscription_id = ${subscription.id}`)).length;
}

test('a retry after the cause is gone bills the period that could not be rated, and all that were missed meanwhile', async () => {
  const { customer, subscription } = await standing('2027-04-10T00:00:00Z');
  await correct(world, customer, '2027-01-03');
  const nudgesBefore = await nudges(subscription);
  const after = await retry(subscription);
  expect(after).toMatchObject({
    attentionCode: null,
    attentionMessage: null,
    attentionAt: null,
    currentPeriodNumber: 3,
  });
  const invoices = await world.invoices(subscription.id);
  expect(invoices.map(({ periodNumber, status, total, issues }) => [periodNumber, status, total, issues])).toEqual([
    [0, 'open', `${'9'.repeat(30)}.00`, '[]'],
    [1, 'paid', '0.00', '[]'],
    [2, 'paid', '0.00', '[]'],
  ]);
  expect(await nudges(subscription)).toBe(nudgesBefore + 1);
});

test('before its finalization a retry gives the draft its content at once, and leaves it a draft', async () => {
  const { customer, subscription } = await standing('2027-02-01T00:30:00Z');
  await correct(world, customer, '2027-01-03');
  expect(await retry(subscription)).toMatchObject({ attentionCode: null });
  const [draft] = await world.invoices(subscription.id);
  expect(draft).toMatchObject({ status: 'draft', total: `${'9'.repeat(30)}.00`, issues: '[]' });
  expect(draft?.lines.length).toBe(1);
});

test.each(['2027-02-01T00:30:00Z', '2027-02-01T02:00:00Z'])(
  'a retry at %s that still cannot rate it leaves it as it was: standing still, with a draft that says why',
  async (time) => {
    const { subscription } = await standing(time);
    const [before] = await world.invoices(subscription.id);
    expect(await retry(subscription)).toMatchObject({ attentionCode: 'amount_too_large', currentPeriodNumber: 1 });
    expect(await world.invoices(subscription.id)).toEqual([before]);
    const command = { subscriptionId: subscription.id, at: 'now' } as const;
    await expect(cancelSubscription(world.db, TEST_TENANT, command)).rejects.toMatchObject({ code: 'needs_attention' });
  },
);

test('one that needs no attention is refused, but its workflow is told to look again', async () => {
  const { customer, subscription } = await standing('2027-02-01T00:30:00Z');
  await correct(world, customer, '2027-01-03');
  await retry(subscription);
  const before = await nudges(subscription);
  await expect(retry(subscription)).rejects.toMatchObject({ code: 'needs_no_attention' });
  expect(await nudges(subscription)).toBe(before + 1);
});

test('one that does not stand still but has a step overdue gets it done', async () => {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan([HUGE]));
  await world.setClock(clockId, '2027-02-02');
  expect(await retry(subscription)).toMatchObject({ currentPeriodNumber: 1 });
  expect((await world.invoices(subscription.id)).map(({ status }) => status)).toEqual(['paid']);
});

test('late usage that could not be billed is billed by a retry', async () => {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan([HUGE]));
  await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id, at: 'period_end' });
  await world.turn(customer, '2027-02-02');
  await overuse(world, customer, '2027-01-02');
  await world.db.query(sql`
    update subscriptions set late_due_at = '2027-03-01', next_due_at = '2027-03-01' where id = ${subscription.id}`);
  await world.setClock(clockId, '2027-03-02');
  await world.turn(customer, '2027-03-02');
  expect(await getSubscription(world.db, TEST_TENANT, subscription.id)).toMatchObject({
    attentionCode: 'amount_too_large',
  });
  await correct(world, customer, '2027-01-03');
  expect(await retry(subscription)).toMatchObject({ attentionCode: null, nextDueAt: null });
  expect((await world.invoices(subscription.id)).map(({ kind, status }) => [kind, status])).toEqual([
    ['late', 'open'],
    ['closing', 'paid'],
  ]);
});

test('what a deleted test clock left behind cannot be tried again, and needs no attention', async () => {
  const { clockId, subscription } = await standing();
  await deleteTestClock(world.db, TEST_TENANT, clockId);
  expect(await getSubscription(world.db, TEST_TENANT, subscription.id)).toMatchObject({ attentionCode: null });
  await expect(retry(subscription)).rejects.toMatchObject({ code: 'customer_archived' });
});
