import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from '../../../src/storage/sql.ts';
import { startTestApi, type TestApi } from '../../support/api.ts';
import { ApiWorld } from '../../support/api-world.ts';

let api: TestApi;
let world: ApiWorld;
beforeAll(async () => {
  api = await startTestApi();
  world = new ApiWorld(api);
});
afterAll(() => api.close());

const MOST = '9'.repeat(30);
const TOKENS = {
  name: 'Tokens',
  pricing_model: 'per_unit',
  event_name: 'token',
  unit_amount: MOST,
  aggregation: { type: 'sum', property: 'n' },
};

async function use(customer: string, ...values: readonly string[]) {
  const events = values.map((n, index) => ({
    event_name: 'token',
    customer_id: customer,
    idempotency_key: `${customer} ${n} ${index}`,
    timestamp: '2027-01-05T00:00:00Z',
    properties: { n },
  }));
  expect((await api.call('POST', '/events/batch', { events })).status).toBe(200);
}

/** A subscription that stands still since its clock passed the end of January. */
async function standing() {
  const plan = await world.plan([TOKENS]);
  const { clock, customer, subscription } = await world.subscribed('2027-01-01T00:00:00Z', { plan_id: plan });
  await use(customer, MOST, '8'.repeat(30));
  await world.setClock(clock, '2027-02-02T00:00:00Z');
  const refused = await api.call('POST', `/subscriptions/${subscription.id}/cancel`, { at: 'now' });
  expect([refused.status, refused.body.error.code]).toEqual([409, 'needs_attention']);
  expect(refused.body.error.fix).toMatch(/\/retry.*void the draft/);
  return { clock, customer, id: subscription.id };
}

const retry = (id: string) => api.call('POST', `/subscriptions/${id}/retry`);

describe('GET /v1/subscriptions?needs_attention=…', () => {
  const listed = async (customer: string, needed: string) => {
    const { status, body } = await api.call(
      'GET',
      `/subscriptions?customer_id=${encodeURIComponent(customer)}&needs_attention=${needed}`,
    );
    return [status, (body.data ?? []).map((each: { id: string }) => each.id)];
  };

  test('200 lists what stands still, or only what does not; a retry that works takes it out', async () => {
    const { customer, id } = await standing();
    const other = await world.make('/subscriptions', { customer_id: customer, plan_id: await world.plan() });
    expect(await listed(customer, 'true')).toEqual([200, [id]]);
    expect(await listed(customer, 'false')).toEqual([200, [other.id]]);
    await use(customer, `-${'8'.repeat(30)}`);
    await retry(id);
    expect(await listed(customer, 'true')).toEqual([200, []]);
  });

  test('400 for anything but true and false', async () => {
    const { status, body } = await api.call('GET', '/subscriptions?needs_attention=yes');
    expect([status, body.error.details[0]]).toMatchObject([400, { param: 'needs_attention', code: 'invalid_value' }]);
  });
});

describe('POST /v1/subscriptions/{id}/retry', () => {
  test('200: what can be rated now is billed, and the subscription goes on', async () => {
    const { customer, id } = await standing();
    await use(customer, `-${'8'.repeat(30)}`);
    const reply = await retry(id);
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({ id, object: 'subscription', attention: null, current_period: { number: 1 } });
    expect((await api.call('GET', `/subscriptions/${id}`)).body).toEqual(reply.body);
    const { data } = (await api.call('GET', `/invoices?subscription_id=${id}`)).body;
    expect(data).toMatchObject([{ status: 'open', period_number: 0 }]);
    expect((await api.call('POST', `/subscriptions/${id}/cancel`, { at: 'period_end' })).status).toBe(200);
  });

  test('200 with its attention again where it still cannot be rated', async () => {
    const { id } = await standing();
    expect((await retry(id)).body).toMatchObject({
      attention: { code: 'amount_too_large', message: expect.stringContaining('Tokens'), at: '2027-02-02T00:00:00Z' },
    });
  });

  test('200 again for a repetition with the same Idempotency-Key, which answers from what was stored', async () => {
    const { customer, id } = await standing();
    await use(customer, `-${'8'.repeat(30)}`);
    const send = () =>
      api.call('POST', `/subscriptions/${id}/retry`, {}, { headers: { 'Idempotency-Key': `retry ${id}` } });
    const first = await send();
    const second = await send();
    expect([second.status, second.text]).toEqual([200, first.text]);
  });

  test('400 for a field that it does not have', async () => {
    const { subscription } = await world.subscribed();
    const reply = await api.call('POST', `/subscriptions/${subscription.id}/retry`, { at: 'now' });
    expect([reply.status, reply.body.error.param]).toEqual([400, 'at']);
  });

  test('404 for a subscription that does not exist', async () => {
    expect((await retry('sub_none')).status).toBe(404);
  });

  test('409 needs_no_attention for one that goes on', async () => {
    const { subscription } = await world.subscribed();
    const reply = await retry(subscription.id);
    expect([reply.status, reply.body.error.code]).toEqual([409, 'needs_no_attention']);
  });

  test('409 test_clock_advancing while its clock advances', async () => {
    const { clock, id } = await standing();
    await api.db.query(sql`update test_clocks set status = 'advancing' where id = ${clock}`);
    const reply = await retry(id);
    expect([reply.status, reply.body.error.code]).toEqual([409, 'test_clock_advancing']);
  });

  test('409 customer_archived where its test clock was deleted', async () => {
    const { clock, id } = await standing();
    await api.call('DELETE', `/test-clocks/${clock}`);
    const reply = await retry(id);
    expect([reply.status, reply.body.error.code]).toEqual([409, 'customer_archived']);
  });
});
