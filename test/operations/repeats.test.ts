import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/domain/limits.ts';
import { archiveCustomer } from '../../src/operations/archive-customer.ts';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { changeCustomer } from '../../src/operations/change-customer.ts';
import { createSubscription } from '../../src/operations/create-subscription.ts';
import { finalizeInvoice } from '../../src/operations/finalize-invoice.ts';
import { grantCredits } from '../../src/operations/grant-credits.ts';
import { previewInvoice } from '../../src/operations/preview-invoice.ts';
import { revokeGrant } from '../../src/operations/revoke-grant.ts';
import { advanceTestClock } from '../../src/operations/test-clocks.ts';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { voidInvoice } from '../../src/operations/void-invoice.ts';
import type { DecimalText } from '../../src/domain/decimal.ts';
import { newId } from '../../src/platform/new-id.ts';
import { at, BillingWorld, CALLS, FEE, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterEach(() => expectInvariants(world.db));
afterAll(() => world.drop());

async function onClock(time = '2027-01-01') {
  const clockId = await world.clock(time);
  return { clockId, customer: await world.customer({ clockId }), planId: await world.plan([FEE, CALLS]) };
}

describe('repeated with its id', () => {
  test('a new subscription is made once, from eight sides and long after', async () => {
    const { clockId, customer, planId } = await onClock();
    const input = {
      id: newId('subscription'),
      customerId: customer.externalId,
      planId,
      planVersion: null,
      startDate: null,
      trialEndDate: null,
      metadata: {},
    };
    const create = () => createSubscription(world.db, TEST_TENANT, input);
    const rows = await Promise.all(Array.from({ length: 8 }, create));
    expect(new Set(rows.map((row) => `${row.id} ${row.createdAt}`)).size).toBe(1);
    await world.setClock(clockId, '2027-02-02');
    expect(await create()).toMatchObject({ createdAt: at('2027-01-01'), currentPeriodNumber: 1 });
    await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: input.id, at: 'now' });
    expect(await create()).toMatchObject({ status: 'canceled' });
    expect((await world.invoices(input.id)).length).toBe(2);
  });

  test('a grant is issued once, from eight sides, and also after it was used up, ended and revoked', async () => {
    const { clockId, customer, planId } = await onClock();
    await world.subscribe(customer, planId);
    const input = {
      id: newId('grant'),
      customerId: customer.externalId,
      amount: '5' as DecimalText,
      expiresInDays: 10,
      rollover: true,
      effectiveAt: null,
      priority: 50,
      eventNames: null,
      subscriptionId: null,
      name: null,
      metadata: {},
    };
    const issue = () => grantCredits(world.db, TEST_TENANT, input);
    await Promise.all(Array.from({ length: 8 }, issue));
    expect(await world.entries(input.id)).toEqual([{ kind: 'granted', amount: '5' }]);
    await world.events(customer, { time: '2027-01-05', count: 8 });
    await world.setClock(clockId, '2027-04-01');
    expect(await issue()).toMatchObject({ status: 'ended', balance: '0' });
    expect((await world.entries(input.id)).length).toBe(2);
  });
});

describe('while its clock advances', () => {
  test('every command on a customer is refused, a preview is not, and nothing changes', async () => {
    const { clockId, customer, planId } = await onClock();
    const { id: subscriptionId } = await world.subscribe(customer, planId);
    await world.turn(customer, '2027-02-01');
    await world.setClock(clockId, '2027-02-01');
    const grant = await world.grant(customer, '5');
    const [draft] = await world.invoices(subscriptionId);
    const invoiceId = draft?.id ?? '';
    await advanceTestClock(world.db, TEST_TENANT, { id: clockId, frozenAt: at('2027-03-10') });
    const commands: readonly (() => Promise<unknown>)[] = [
      () => world.subscribe(customer, planId),
      () => world.grant(customer, '5'),
      () => cancelSubscription(world.db, TEST_TENANT, { subscriptionId, at: 'now' }),
      () => triggerInvoice(world.db, TEST_TENANT, { subscriptionId, triggerId: 'a' }),
      () => finalizeInvoice(world.db, TEST_TENANT, invoiceId),
      () => voidInvoice(world.db, TEST_TENANT, { invoiceId, reason: null }),
      () => revokeGrant(world.db, TEST_TENANT, grant.id),
      () => changeCustomer(world.db, TEST_TENANT, { reference: customer.id, changes: { name: 'x' } }),
      () => archiveCustomer(world.db, TEST_TENANT, customer.id),
      () => advanceTestClock(world.db, TEST_TENANT, { id: clockId, frozenAt: at('2027-04-01') }),
    ];
    for (const command of commands) await expect(command()).rejects.toMatchObject({ code: 'test_clock_advancing' });
    await expect(previewInvoice(world.db, TEST_TENANT, { subscriptionId, at: 'period_end' })).resolves.toBeDefined();
    expect((await world.invoices(subscriptionId)).map((each) => each.status)).toEqual(['draft']);
    await world.events(customer, { time: '2027-02-05', count: 3 });
    await world.turn(customer, '2027-03-10');
    expect((await world.invoices(subscriptionId)).map((each) => each.status)).toEqual(['open', 'open']);
  });
});

describe('a command on a customer with a long past', () => {
  test('carries out a limited number of steps, says so, and gets through when it is repeated', async () => {
    const { customer } = await onClock();
    const planId = await world.plan([CALLS], { billingPeriod: 'daily' });
    const { id } = await world.subscribe(customer, planId, { start: '2024-03-01' });
    const command = () => triggerInvoice(world.db, TEST_TENANT, { subscriptionId: id, triggerId: 'one' });
    await expect(command()).rejects.toMatchObject({ code: 'catching_up' });
    const drafts = await world.db.pool.query('select count(*)::int as count from invoices where subscription_id = $1', [
      id,
    ]);
    expect(drafts.rows[0].count).toBe(LIMITS.stepsPerRequest + 1);
    expect(await command()).toMatchObject({ made: false, skip: { code: 'nothing_new' } });
  }, 120_000);
});
