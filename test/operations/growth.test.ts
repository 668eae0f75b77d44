import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadCustomerBilling } from '../../src/operations/billing/customer-billing.ts';
import { selectBillingCustomer } from '../../src/storage/billing-customers.ts';
import { BillingWorld, CALLS, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterAll(() => world.drop());

test('what a turn reads of a customer stays as small as what is in work, after years and with many drafts waiting', async () => {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const plan = await world.plan([CALLS], { billingPeriod: 'weekly' });
  const { id: subscriptionId } = await world.subscribe(customer, plan);
  const read = async () => {
    const billing = await loadCustomerBilling(
      world.db,
      TEST_TENANT,
      await selectBillingCustomer(world.db, TEST_TENANT, customer.id).then(
        (row) => row ?? Promise.reject(new Error('gone')),
      ),
    );
    return [billing.periods.length, billing.drafts.length, billing.grants.length];
  };
  for (let month = 1; month <= 12; month += 1) {
    const time = `2027-${String(month).padStart(2, '0')}-01`;
    await world.setClock(clockId, time);
    await world.grant(customer, '2', { rollover: false });
    await world.events(customer, { time, count: 3 });
  }
  await world.turn(customer, '2028-01-01T01:00:00Z');
  expect(await read()).toEqual([1, 0, 0]);
  await world.db.pool.query('update accounts set finalization_delay_seconds = 2592000');
  await world.turn(customer, '2028-01-25');
  expect(await read()).toEqual([2, 2, 0]);
  const invoices = await world.invoices(subscriptionId);
  expect(invoices.filter((each) => each.lines[0]?.creditedQuantity === '2').length).toBe(12);
  await expectInvariants(world.db);
});
