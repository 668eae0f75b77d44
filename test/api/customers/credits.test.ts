import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/api.ts';
import { ApiWorld } from '../../support/api-world.ts';

let api: TestApi;
let world: ApiWorld;
beforeAll(async () => {
  api = await startTestApi();
  world = new ApiWorld(api);
});
afterAll(() => api.close());

const creditsOf = (customer: string, query = '') =>
  api.call('GET', `/customers/${encodeURIComponent(customer)}/credits${query}`);

test('200 with every field, by external_id or cus_…', async () => {
  const { clock, customer, subscription } = await world.subscribed();
  const terms = { customer_id: customer, amount: '10.50', expires_in_days: 31, rollover: true, name: 'Welcome' };
  const grant = await world.make('/credit-grants', {
    ...terms,
    event_names: ['call'],
    subscription_id: subscription.id,
  });
  await world.calls(customer, '2027-01-05T00:00:00Z', 3);
  await world.setClock(clock, '2027-01-10T00:00:00Z');
  const { status, body } = await creditsOf(customer);
  const endsAt = '2027-02-01T00:00:00Z';
  expect([status, body]).toEqual([
    200,
    {
      object: 'customer_credits',
      livemode: false,
      customer_id: customer,
      as_of: '2027-01-10T00:00:00Z',
      balance: '10.5',
      available: '7.5',
      next_end: { grant_id: grant.id, ends_at: endsAt, amount: '7.5' },
      grants: [
        {
          id: grant.id,
          name: 'Welcome',
          amount: '10.5',
          balance: '10.5',
          available: '7.5',
          effective_at: '2027-01-01T00:00:00Z',
          ends_at: endsAt,
          ends_by: 'expiry',
          priority: 50,
          rollover: true,
          event_names: ['call'],
          subscription_id: subscription.id,
          status: 'active',
        },
      ],
    },
  ]);
  const { id } = (await api.call('GET', `/customers/${encodeURIComponent(customer)}`)).body;
  expect((await creditsOf(id)).body).toEqual(body);
});

test('200 as of an instant, to the microsecond', async () => {
  const { customer } = await world.subscribed();
  await world.make('/credit-grants', { customer_id: customer, amount: 10, expires_in_days: 1, rollover: true });
  const early = await creditsOf(customer, '?as_of=2027-01-01T23:59:59.999999Z');
  expect(early.body).toMatchObject({ as_of: '2027-01-01T23:59:59.999999Z', available: '10' });
  const late = await creditsOf(customer, `?as_of=${encodeURIComponent('2027-01-02T01:00:00+01:00')}`);
  expect(late.body).toMatchObject({ as_of: '2027-01-02T00:00:00Z', balance: '10', available: '0', next_end: null });
});

test.each(['?as_of=2027-01-01', '?as_of=now', '?as_of=', '?asof=2027-01-01T00:00:00Z'])('400 for %s', async (query) => {
  const { customer } = await world.subscribed();
  const reply = await creditsOf(customer, query);
  expect([reply.status, reply.body.error.code]).toEqual([400, 'invalid_query']);
});

test('404 for a customer that does not exist', async () => {
  expect((await creditsOf('nobody')).body.error.code).toBe('not_found');
});
