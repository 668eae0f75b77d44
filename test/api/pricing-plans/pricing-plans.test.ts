import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const FLAT = { pricing_model: 'flat', amount: '49' };
const CALLS = {
  name: 'API calls',
  event_name: 'api_call',
  pricing_model: 'graduated',
  tiers: [
    { up_to: '1000', unit_amount: '0.01', flat_amount: '0' },
    { up_to: null, unit_amount: '0.005', flat_amount: '5' },
  ],
};

async function newPlan(body: object = {}) {
  const reply = await api.call('POST', '/pricing-plans', { name: 'Pro', charges: [FLAT, CALLS], ...body });
  expect(reply.status).toBe(201);
  return reply.body;
}

describe('POST /v1/pricing-plans', () => {
  test('201 with every field and its defaults', async () => {
    expect(await newPlan()).toEqual({
      id: expect.stringMatching(/^plan_[0-9a-z]{26}$/),
      object: 'pricing_plan',
      livemode: false,
      created_at: expect.stringMatching(/Z$/),
      name: 'Pro',
      currency: 'USD',
      billing_period: 'monthly',
      interval_count: 1,
      version: 1,
      version_created_at: expect.stringMatching(/Z$/),
      latest_version: 1,
      charges: [expect.objectContaining({ amount: '49' }), expect.objectContaining({ tiers: CALLS.tiers })],
      minimum_amount: null,
      archived_at: null,
      metadata: {},
    });
  });

  test('201 keeps period, interval, currency and metadata', async () => {
    const sent = { billing_period: 'yearly', interval_count: 2, currency: 'KWD', metadata: { a: 'b' } };
    expect(await newPlan(sent)).toMatchObject(sent);
  });

  test.each([
    [{ name: '' }, 'name', 'too_short'],
    [{ currency: 'EURO' }, 'currency', 'invalid_value'],
    [{ billing_period: 'hourly' }, 'billing_period', 'invalid_value'],
    [{ interval_count: 0 }, 'interval_count', 'too_small'],
    [{ interval_count: 1_001 }, 'interval_count', 'too_large'],
    [{ interval_count: '1' }, 'interval_count', 'wrong_type'],
    [{ minimum_amount: '-10' }, 'minimum_amount', 'too_small'],
    [{ minimum_amount: '1e1' }, 'minimum_amount', 'not_a_decimal'],
    [{ minimum_amount: true }, 'minimum_amount', 'wrong_type'],
    [{ charges: [{ ...FLAT, bill_in: 'never' }] }, 'charges[0].bill_in', 'invalid_value'],
    [{ charges: undefined }, 'charges', 'missing'],
    [{ charges: {} }, 'charges', 'wrong_type'],
    [{ chargess: [] }, 'chargess', 'unknown_field'],
  ])('400, case %#', async (fields, param, code) => {
    const reply = await api.call('POST', '/pricing-plans', { name: 'Pro', charges: [FLAT], ...fields });
    expect(reply.status).toBe(400);
    expect(reply.body.error.details).toEqual([{ param, code, message: expect.any(String) }]);
    expect(reply.body.error.code).toBe('invalid_body');
  });
});

describe('versions of a plan', () => {
  test('201 adds one that never changes; charges keep their ids where they say so', async () => {
    const first = await newPlan();
    const [, calls] = first.charges;
    const reply = await api.call('POST', `/pricing-plans/${first.id}/versions`, {
      charges: [{ ...calls, tiers: [{ up_to: null, unit_amount: '1' }] }, FLAT],
    });
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({ id: first.id, version: 2, latest_version: 2 });
    expect(reply.body.charges[0].id).toBe(calls.id);
    expect(first.charges.map(({ id }: { id: string }) => id)).not.toContain(reply.body.charges[1].id);
    const old = await api.call('GET', `/pricing-plans/${first.id}?version=1`);
    expect(old.body).toEqual({ ...first, latest_version: 2 });
    expect((await api.call('GET', `/pricing-plans/${first.id}`)).body).toEqual(reply.body);
  });

  test('201 each version has its own minimum_amount, none unless given', async () => {
    const first = await newPlan({ minimum_amount: 100.5 });
    expect(first.minimum_amount).toBe('100.5');
    const versions = `/pricing-plans/${first.id}/versions`;
    expect((await api.call('POST', versions, { charges: [FLAT] })).body.minimum_amount).toBeNull();
    const third = await api.call('POST', versions, { charges: [FLAT], minimum_amount: '0' });
    expect(third.body.minimum_amount).toBe('0');
    expect((await api.call('GET', `/pricing-plans/${first.id}?version=1`)).body.minimum_amount).toBe('100.5');
    const refused = await api.call('POST', versions, { charges: [FLAT], minimum_amount: -1 });
    expect(refused.body.error.details).toMatchObject([{ param: 'minimum_amount', code: 'too_small' }]);
    const patched = await api.call('PATCH', `/pricing-plans/${first.id}`, { minimum_amount: '1' });
    expect(patched.body.error.details).toMatchObject([{ param: 'minimum_amount', code: 'invalid_value' }]);
  });

  test('ten at once are numbered one after the other, and listed newest first', async () => {
    const { id } = await newPlan();
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => api.call('POST', `/pricing-plans/${id}/versions`, { charges: [FLAT] })),
    );
    expect(replies.map(({ body }) => body.version).toSorted((a, b) => a - b)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    const seen: number[] = [];
    let path = `/pricing-plans/${id}/versions?limit=4`;
    for (;;) {
      const { body } = await api.call('GET', path);
      seen.push(...body.data.map(({ version }: { version: number }) => version));
      if (!body.has_more) break;
      path = `/pricing-plans/${id}/versions?limit=4&cursor=${body.next_cursor}`;
    }
    expect(seen).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  });

  test('400 for a charge of another plan, or the same one twice', async () => {
    const [one, other] = [await newPlan(), await newPlan()];
    const foreign = await api.call('POST', `/pricing-plans/${one.id}/versions`, { charges: [other.charges[0]] });
    expect(foreign.body.error.details).toMatchObject([{ param: 'charges[0].id', code: 'unknown_name' }]);
    const twice = await api.call('POST', `/pricing-plans/${one.id}/versions`, {
      charges: [one.charges[0], one.charges[0]],
    });
    expect(twice.body.error.details).toMatchObject([{ param: 'charges[1].id', code: 'duplicate' }]);
  });

  test('404 for a version that does not exist', async () => {
    const { id } = await newPlan();
    expect((await api.call('GET', `/pricing-plans/${id}?version=2`)).status).toBe(404);
    expect((await api.call('GET', `/pricing-plans/${id}?version=0`)).status).toBe(400);
  });
});

describe('PATCH /v1/pricing-plans/{id}', () => {
  test('200 changes name and metadata, nothing else', async () => {
    const plan = await newPlan();
    const reply = await api.call('PATCH', `/pricing-plans/${plan.id}`, { name: 'New', metadata: { a: '1' } });
    expect(reply.body).toEqual({ ...plan, name: 'New', metadata: { a: '1' } });
    const refused = await api.call('PATCH', `/pricing-plans/${plan.id}`, { currency: 'EUR', charges: [] });
    expect(refused.body.error.details.map(({ param }: { param: string }) => param)).toEqual(['currency', 'charges']);
  });
});

describe('POST /v1/pricing-plans/{id}/archive', () => {
  test('200 takes it out of use: no versions, no subscriptions; repeated, it stays as it was', async () => {
    const { id } = await newPlan();
    const reply = await api.call('POST', `/pricing-plans/${id}/archive`);
    expect([reply.status, reply.body.archived_at]).toEqual([200, expect.stringMatching(/Z$/)]);
    expect((await api.call('POST', `/pricing-plans/${id}/archive`, {})).body).toEqual(reply.body);
    await api.call('POST', '/customers', { external_id: 'late' });
    const version = await api.call('POST', `/pricing-plans/${id}/versions`, { charges: [FLAT] });
    const subscription = await api.call('POST', '/subscriptions', { customer_id: 'late', plan_id: id });
    for (const refused of [version, subscription]) {
      expect([refused.status, refused.body.error.code]).toEqual([409, 'plan_archived']);
    }
  });
});

describe('POST /v1/pricing-plans/{id}/estimate', () => {
  test('200 with the lines of an invoice', async () => {
    const { id, charges } = await newPlan();
    const reply = await api.call('POST', `/pricing-plans/${id}/estimate`, { usage: { api_call: '1500' } });
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({
      object: 'estimate',
      plan_id: id,
      plan_version: 1,
      currency: 'USD',
      subtotal: '66.50',
      tax_total: '0.00',
      total: '66.50',
      lines: [
        { kind: 'flat', amount: '49.00', quantity: null, id: null },
        {
          kind: 'usage',
          charge_id: charges[1].id,
          quantity: '1500',
          credited_quantity: '0',
          billable_quantity: '1500',
          amount: '17.50',
          tiers: [
            { up_to: '1000', quantity: '1000', amount_unrounded: '10' },
            { up_to: null, quantity: '500', flat_amount: '5', amount_unrounded: '7.5' },
          ],
        },
      ],
    });
  });

  test('200 by charge id, of an older version, and without usage', async () => {
    const { id, charges } = await newPlan();
    await api.call('POST', `/pricing-plans/${id}/versions`, { charges: [FLAT] });
    const usage = { [charges[1].id]: 1 };
    const old = await api.call('POST', `/pricing-plans/${id}/estimate?version=1`, { usage });
    expect(old.body).toMatchObject({ plan_version: 1, total: '49.01' });
    expect((await api.call('POST', `/pricing-plans/${id}/estimate`, { usage: {} })).body.total).toBe('49.00');
  });

  test('400 for names that the plan does not have, negative and inexact quantities', async () => {
    const { id } = await newPlan();
    const unknown = await api.call('POST', `/pricing-plans/${id}/estimate`, { usage: { api_cal: 1 } });
    expect(unknown.body.error.details).toMatchObject([{ param: 'usage.api_cal', code: 'unknown_name' }]);
    const negative = await api.call('POST', `/pricing-plans/${id}/estimate`, { usage: { api_call: -1 } });
    expect(negative.body.error.details).toMatchObject([{ param: 'usage.api_call', code: 'too_small' }]);
    expect((await api.call('POST', `/pricing-plans/${id}/estimate`, {})).body.error.param).toBe('usage');
  });

  test('200 for quantities with as many digits as usage may have, as numbers and as strings', async () => {
    const charge = { pricing_model: 'per_unit', event_name: 'e', unit_amount: '0' };
    const { id } = await newPlan({ charges: [charge] });
    const digits = `${'9'.repeat(60)}.${'9'.repeat(30)}`;
    for (const written of [digits, `"${digits}"`]) {
      const reply = await api.send('POST', `/v1/pricing-plans/${id}/estimate`, `{"usage":{"e":${written}}}`);
      expect([reply.status, reply.body.lines?.[0].quantity]).toEqual([200, digits]);
    }
    for (const refused of [`"1${'0'.repeat(60)}"`, `0.1${'9'.repeat(30)}`, '"1e3"', '"NaN"', 'true']) {
      const reply = await api.send('POST', `/v1/pricing-plans/${id}/estimate`, `{"usage":{"e":${refused}}}`);
      expect([refused, reply.status]).toEqual([refused, 400]);
    }
  });

  test('400 amount_too_large instead of a number that nobody can bill', async () => {
    const nines = '9'.repeat(30);
    const charge = { pricing_model: 'credit', event_name: 'e', unit_amount: nines, credits_per_unit: nines };
    const { id } = await newPlan({ charges: [charge] });
    const reply = await api.call('POST', `/pricing-plans/${id}/estimate`, { usage: { e: nines } });
    expect([reply.status, reply.body.error.code]).toEqual([400, 'amount_too_large']);
  });
});
