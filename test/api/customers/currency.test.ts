import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from '../../../src/storage/sql.ts';
import { startTestApi, type TestApi } from '../../support/api.ts';
import { untilWaiting } from '../../support/lock-waits.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

async function newPlan(currency: string): Promise<string> {
  const charges = [{ pricing_model: 'flat', amount: '10' }];
  return (await api.call('POST', '/pricing-plans', { name: 'p', currency, charges })).body.id;
}

test('until its first subscription a customer takes another currency; then it is fixed, also by an ended one', async () => {
  await api.call('POST', '/customers', { external_id: 'acme', currency: 'USD' });
  expect((await api.call('PATCH', '/customers/acme', { currency: 'EUR' })).body.currency).toBe('EUR');
  const subscription = { customer_id: 'acme', plan_id: await newPlan('EUR') };
  const { body } = await api.call('POST', '/subscriptions', subscription);
  for (const end of [async () => {}, () => api.call('POST', `/subscriptions/${body.id}/cancel`, { at: 'now' })]) {
    await end();
    const reply = await api.call('PATCH', '/customers/acme', { currency: 'USD', name: 'Acme' });
    expect([reply.status, reply.body.error.code, reply.body.error.param]).toEqual([409, 'currency_fixed', 'currency']);
  }
  expect((await api.call('GET', '/customers/acme')).body).toMatchObject({ currency: 'EUR', name: null });
});

test('a change of currency and the first subscription at once: one of them is refused', async () => {
  const dollars = await newPlan('USD');
  for (const order of ['change first', 'subscription first']) {
    await api.call('POST', '/customers', { external_id: order, currency: 'USD' });
    const change = () => api.call('PATCH', `/customers/${encodeURIComponent(order)}`, { currency: 'EUR' });
    const subscribe = () => api.call('POST', '/subscriptions', { customer_id: order, plan_id: dollars });
    const replies = await api.db.transaction(async (tx) => {
      await tx.query(sql`select from customers where external_id = ${order} for no key update`);
      const [first, second] = order === 'change first' ? [change, subscribe] : [subscribe, change];
      const firstReply = first();
      await untilWaiting(api.db, 1);
      const secondReply = second();
      await untilWaiting(api.db, 2);
      return { both: Promise.all([firstReply, secondReply]) };
    });
    const statuses = (await replies.both).map(({ status }) => status);
    expect(statuses).toEqual(order === 'change first' ? [200, 400] : [201, 409]);
  }
});
