import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/api.ts';
import { ApiWorld } from '../../support/api-world.ts';

let api: TestApi;
let world: ApiWorld;
beforeAll(async () => {
  api = await startTestApi();
  world = new ApiWorld(api);
});
afterAll(() => api.close());

async function command(id: string, name: string, body: object = {}) {
  const reply = await api.call('POST', `/subscriptions/${id}/${name}`, body);
  return { ...reply, outcome: reply.status === 200 ? reply.body.status : `${reply.status} ${reply.body.error.code}` };
}

describe('POST /v1/subscriptions/{id}/pause and /resume', () => {
  test('200 now, and the period goes on anew', async () => {
    const { clock, subscription } = await world.subscribed();
    await world.setClock(clock, '2027-01-11T00:00:00Z');
    const paused = await command(subscription.id, 'pause');
    expect(paused.body).toMatchObject({
      status: 'paused',
      pause_at: '2027-01-11T00:00:00Z',
      current_period: null,
      next_boundary_at: null,
    });
    await world.setClock(clock, '2027-01-20T00:00:00Z');
    const resumed = await command(subscription.id, 'resume');
    expect(resumed.body).toMatchObject({
      status: 'active',
      pause_at: null,
      current_period: { number: 1, start: '2027-01-20T00:00:00Z', end: '2027-02-20T00:00:00Z' },
    });
  });

  test('200 planned, shown as the next boundary', async () => {
    const { subscription } = await world.subscribed();
    const { body } = await command(subscription.id, 'pause', { at: '2027-01-15T00:00:00Z' });
    expect([body.status, body.pause_at, body.next_boundary_at]).toEqual([
      'active',
      '2027-01-15T00:00:00Z',
      '2027-01-15T00:00:00Z',
    ]);
    expect((await command(subscription.id, 'pause', { at: 'period_end' })).body.pause_at).toBe('2027-02-01T00:00:00Z');
    expect((await command(subscription.id, 'resume')).body.pause_at).toBeNull();
  });

  test('409 without a running period, and where nothing is paused', async () => {
    const { subscription } = await world.subscribed();
    expect((await command(subscription.id, 'resume')).outcome).toBe('409 not_paused');
    await command(subscription.id, 'pause');
    expect((await command(subscription.id, 'pause')).outcome).toBe('409 no_running_period');
    await command(subscription.id, 'cancel', { at: 'period_end' });
    expect((await command(subscription.id, 'resume')).outcome).toBe('409 subscription_ended');
  });

  test('400 for an instant that is past or none', async () => {
    const { subscription } = await world.subscribed();
    for (const at of ['2026-12-31T00:00:00Z', 'soon', 'tomorrow']) {
      const { body, status } = await command(subscription.id, 'pause', { at });
      expect([status, body.error.param]).toEqual([400, 'at']);
    }
    expect((await command(subscription.id, 'resume', { at: 'period_end' })).status).toBe(400);
  });
});

describe('POST /v1/subscriptions/{id}/uncancel', () => {
  test('200 takes a planned cancellation back, 409 where there is none', async () => {
    const { subscription } = await world.subscribed();
    expect((await command(subscription.id, 'uncancel')).outcome).toBe('409 not_canceling');
    await command(subscription.id, 'cancel', { at: 'period_end' });
    expect((await command(subscription.id, 'uncancel')).body).toMatchObject({ status: 'active', cancel_at: null });
    await command(subscription.id, 'cancel', { at: 'now' });
    expect((await command(subscription.id, 'uncancel')).outcome).toBe('409 subscription_ended');
  });
});

describe('POST /v1/subscriptions/{id}/change-plan', () => {
  async function planOf(fields: object = {}) {
    const charges = [{ pricing_model: 'flat', amount: '62', name: 'Base' }];
    return (await api.call('POST', '/pricing-plans', { name: 'Other', charges, ...fields })).body.id;
  }

  test('200 now opens a period on the new plan within the same boundary', async () => {
    const { clock, subscription } = await world.subscribed();
    await world.setClock(clock, '2027-01-11T00:00:00Z');
    const plan = await planOf();
    const { body } = await command(subscription.id, 'change-plan', { plan_id: plan });
    expect(body).toMatchObject({
      plan_id: plan,
      pending_plan: null,
      current_period: { number: 1, start: '2027-01-11T00:00:00Z', end: '2027-02-01T00:00:00Z' },
    });
  });

  test('200 planned for the next period, and another version of the same plan is a change', async () => {
    const { plan, subscription } = await world.subscribed();
    const charges = [{ pricing_model: 'flat', amount: '1' }];
    await api.call('POST', `/pricing-plans/${plan}/versions`, { charges });
    const { body } = await command(subscription.id, 'change-plan', { plan_id: plan, at: 'period_end' });
    expect([body.plan_version, body.pending_plan]).toEqual([1, { plan_id: plan, plan_version: 2 }]);
    const { body: next } = await api.call('GET', `/subscriptions/${subscription.id}/periods?upcoming=1`);
    expect(next.data.at(-1)).toMatchObject({ status: 'upcoming', plan_version: 2 });
  });

  test('400 for a plan in another currency or an instant, 404 for an unknown plan or version, 409 for an archived one', async () => {
    const { plan, subscription } = await world.subscribed();
    const change = (body: object) => command(subscription.id, 'change-plan', body);
    expect((await change({ plan_id: await planOf({ currency: 'EUR' }) })).outcome).toBe('400 currency_mismatch');
    expect((await change({ plan_id: plan, at: '2027-01-15T00:00:00Z' })).status).toBe(400);
    expect((await change({ plan_id: 'plan_none' })).body.error.param).toBe('plan_id');
    expect((await change({ plan_id: plan, plan_version: 9 })).body.error.param).toBe('plan_version');
    const archived = await planOf();
    await api.call('POST', `/pricing-plans/${archived}/archive`);
    expect((await change({ plan_id: archived })).outcome).toBe('409 plan_archived');
  });
});
