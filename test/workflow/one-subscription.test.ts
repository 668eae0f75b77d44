import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client, Connection } from '@temporalio/client';
import type { CycleRef } from '../../src/orchestration/cycle.ts';
import { clientOf, lazyConnection } from '../../src/orchestration/connection.ts';
import { INVOICE_TRIGGER_SIGNAL } from '../../src/orchestration/messages.ts';
import { readCycle } from '../../src/orchestration/read-cycle.ts';
import { type Reply, startTestApi, type TestApi } from '../support/api.ts';
import { ApiWorld, CALLS, FEE } from '../support/api-world.ts';
import { BillingWorkers, eventually } from '../support/billing-workers.ts';
import { expectInvariants } from '../support/invariants.ts';

const JITTER_MS = 30_000;

let api: TestApi;
let world: ApiWorld;
let workers: BillingWorkers;
let isWorking = true;
let connection: Connection;
/** What the API asks. */
let client: Client;
beforeAll(async () => {
  api = await startTestApi({ readCycle: (_, ref: CycleRef) => readCycle(client, ref) });
  world = new ApiWorld(api);
  workers = await BillingWorkers.start(
    { db: api.db, url: api.databaseUrl },
    { settings: { jitterWindowMs: JITTER_MS } },
  );
  connection = await lazyConnection(workers.temporal);
  client = clientOf(connection, workers.temporal, false);
}, 120_000);
afterAll(async () => {
  if (isWorking) await workers.stop();
  await connection.close();
  await expectInvariants(api.db);
  await api.close();
});

const cycle = (id: string) => api.call('GET', `/subscriptions/${id}/cycle`);
const history = async (id: string) => (await api.call('GET', `/subscriptions/${id}/history`)).body.data;

/** Asked elsewhere. */
async function asked(other: Client, id: string): Promise<Reply> {
  const usual = client;
  client = other;
  try {
    return await cycle(id);
  } finally {
    client = usual;
  }
}

/** Once it waits as it should. */
async function cycleWhen(id: string, passes: (body: Reply['body']) => boolean): Promise<Reply['body']> {
  const { status, body } = await eventually(
    () => cycle(id),
    (reply) => passes(reply.body),
  );
  expect(status).toBe(200);
  return body;
}

const waitsFor = (id: string, reason: string) => cycleWhen(id, (body) => body.next_wake_up?.reason === reason);

async function subscribedLive(fields: object = {}, plan?: string) {
  const customer = world.name();
  await world.make('/customers', { external_id: customer });
  // Weekly: the end of a month of 31 days lies about where the sweep does.
  const plan_id = plan ?? (await world.plan([FEE, CALLS], { billing_period: 'weekly' }));
  return world.make('/subscriptions', { customer_id: customer, plan_id, ...fields });
}

async function advance(clock: string, frozen_time: string) {
  const reply = await api.call('POST', `/test-clocks/${clock}/advance`, { frozen_time });
  expect([reply.status, reply.text]).toEqual([200, expect.any(String)]);
  await eventually(
    () => api.call('GET', `/test-clocks/${clock}`),
    ({ body }) => body.status === 'ready',
  );
}

describe('the cycle of a subscription', () => {
  test('is what its workflow waits for: the end of the period, by its share of the jitter later', async () => {
    const subscription = await subscribedLive();
    const body = await waitsFor(subscription.id, 'end_period');
    const { runId } = await client.workflow.getHandle(subscription.id).describe();
    const { number, start, end } = subscription.current_period;
    expect(body).toMatchObject({
      object: 'subscription_cycle',
      workflow_id: subscription.id,
      run_id: runId,
      workflow_status: 'running',
      status: 'active',
      current_period: { number, start, end },
      deadlines: [{ kind: 'end_period', at: end, period_number: 0 }],
      busy_with: null,
      test_clock: null,
      last_problem: null,
      temporal_url: `http://temporal.test:8233/namespaces/durabill-test/workflows/${subscription.id}`,
    });
    const { next_wake_up: wake } = body;
    expect(wake).toMatchObject({ by_test_clock: false, due_at: end, period_number: 0 });
    expect(wake.summary).toMatch(/^Period 0 ends .* alarm .* s later$/);
    expect(wake.jitter_ms).toBeLessThan(JITTER_MS);
    expect(Date.parse(wake.at)).toBe(Date.parse(end) + wake.jitter_ms);
  }, 90_000);

  test('says that it only sweeps where the next deadline is more than 31 days ahead', async () => {
    const plan = await world.plan([FEE], { billing_period: 'yearly' });
    const subscription = await subscribedLive({}, plan);
    const body = await waitsFor(subscription.id, 'sweep');
    expect(body.next_wake_up).toMatchObject({ due_at: null, jitter_ms: 0, period_number: null });
    expect(body.deadlines).toEqual([{ kind: 'end_period', at: subscription.current_period.end, period_number: 0 }]);
  }, 90_000);

  test('goes through a trial, a grant and a draft by its test clock, and is over with the last invoice', async () => {
    const { clock, customer, subscription } = await world.subscribed('2027-01-01T00:00:00Z', {
      trial_end_date: '2027-01-10T00:00:00Z',
    });
    const { id } = subscription;
    expect(await waitsFor(id, 'end_trial')).toMatchObject({
      status: 'trialing',
      current_period: null,
      next_wake_up: { at: '2027-01-10T00:00:00Z', by_test_clock: true },
      test_clock: { id: clock, frozen_time: '2027-01-01T00:00:00Z' },
    });
    await world.make('/credit-grants', { customer_id: customer, amount: 5, expires_in_days: 14, rollover: true });
    await advance(clock, '2027-01-11T00:00:00Z');
    expect((await waitsFor(id, 'end_grants')).next_wake_up).toMatchObject({ at: '2027-01-15T00:00:00Z' });
    await advance(clock, '2027-02-10T00:30:00Z');
    expect((await waitsFor(id, 'finalize')).next_wake_up).toMatchObject({
      at: '2027-02-10T01:00:00Z',
      summary: 'Invoice of period 0 is finalized 10 Feb 2027 01:00:00 UTC, by its test clock',
    });
    await api.call('POST', `/subscriptions/${id}/cancel`, { at: 'now' });
    await advance(clock, '2027-03-01T00:00:00Z');
    expect(await cycleWhen(id, ({ workflow_status }) => workflow_status !== 'running')).toMatchObject({
      workflow_status: 'completed',
      run_id: expect.any(String),
      status: null,
      next_wake_up: null,
      deadlines: [],
      last_problem: null,
    });
  }, 120_000);

  test('tells the problem that it stands still for and what to do', async () => {
    const most = '9'.repeat(30);
    const plan = await world.plan([{ ...CALLS, aggregation: { type: 'sum', property: 'n' }, unit_amount: most }]);
    const { clock, customer, subscription } = await world.subscribed('2027-01-01T00:00:00Z', { plan_id: plan });
    const events = [1, 2].map((key) => ({
      event_name: 'call',
      customer_id: customer,
      idempotency_key: `${customer} ${key}`,
      timestamp: '2027-01-05T00:00:00Z',
      properties: { n: most },
    }));
    await api.call('POST', '/events/batch', { events });
    await advance(clock, '2027-02-02T00:00:00Z');
    const body = await cycleWhen(subscription.id, ({ last_problem }) => last_problem !== null);
    expect(body.last_problem).toMatchObject({
      is_over: false,
      what_to_do: expect.stringMatching(/retry.*void the draft/),
    });
    expect(body.next_wake_up).toMatchObject({ reason: 'sweep' });
  }, 90_000);

  test('says when its workflow was terminated, or Temporal has none, and what becomes of what is due', async () => {
    const { id } = await subscribedLive();
    await waitsFor(id, 'end_period');
    await client.workflow.getHandle(id).terminate('by hand');
    const problem = { is_over: false, what_to_do: expect.stringContaining('reconciler') };
    expect((await cycle(id)).body).toMatchObject({ workflow_status: 'terminated', last_problem: problem });
    const missing = await asked(clientOf(connection, workers.temporal, true), id);
    expect(missing.status).toBe(200);
    const none = { workflow_status: 'missing', run_id: null, temporal_url: null, next_wake_up: null };
    expect(missing.body).toMatchObject({ ...none, last_problem: problem });
  }, 90_000);

  test('is 503 with Retry-After while Temporal is down', async () => {
    const { id } = await subscribedLive();
    const nowhere = await lazyConnection({ ...workers.temporal, address: '127.0.0.1:1' });
    const { status, headers, body } = await asked(clientOf(nowhere, workers.temporal, false), id);
    await nowhere.close();
    expect([status, body.error.type, body.error.code]).toEqual([503, 'internal_error', 'temporal_unavailable']);
    expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect((await history(id)).length).toBeGreaterThan(0);
  }, 60_000);
});

describe('the history of a subscription names', () => {
  test('the run whose alarm rang, and the one that a signal asked for an invoice', async () => {
    const { clock, customer, subscription } = await world.subscribed();
    const { id } = subscription;
    await waitsFor(id, 'end_period');
    await advance(clock, '2027-01-10T00:00:00Z');
    await world.calls(customer, '2027-01-05T00:00:00Z', 3);
    const handle = client.workflow.getHandle(id);
    await handle.signal(INVOICE_TRIGGER_SIGNAL, 'asked for');
    await eventually(
      () => history(id),
      ([newest]) => newest.kind === 'invoice_finalized',
    );
    await advance(clock, '2027-02-01T02:00:00Z');
    const rows = (await history(id)).map((row: Reply['body']) => [row.kind, row.cause, row.actor.type, row.actor.id]);
    expect(rows).toEqual([
      ['period_closed', 'timer', 'subscription_workflow', id],
      ['invoice_finalized', 'timer', 'subscription_workflow', id],
      ['invoice_drafted', 'timer', 'subscription_workflow', id],
      ['period_opened', 'timer', 'subscription_workflow', id],
      ['invoice_finalized', 'trigger', 'signal', id],
      ['period_opened', 'command', 'api_key', expect.stringMatching(/^key_/)],
      ['created', 'command', 'api_key', expect.stringMatching(/^key_/)],
    ]);
    const runs = new Set((await history(id)).flatMap((row: Reply['body']) => row.actor.run_id ?? []));
    expect([...runs]).toEqual([(await handle.describe()).runId]);
  }, 90_000);

  test('the workflow that bills what came late', async () => {
    const { clock, customer, subscription } = await world.subscribed();
    const { id } = subscription;
    await api.call('POST', `/subscriptions/${id}/cancel`, { at: '2027-01-20T00:00:00Z' });
    await advance(clock, '2027-01-25T00:00:00Z');
    await world.calls(customer, '2027-01-05T00:00:00Z', 3);
    await cycleWhen(id, ({ workflow_id, next_wake_up }) => workflow_id === `late-${id}` && next_wake_up !== null);
    await advance(clock, '2027-02-02T00:00:00Z');
    const [newest] = await history(id);
    expect(newest).toMatchObject({
      kind: 'invoice_finalized',
      actor: { type: 'late_usage_workflow', id: `late-${id}`, run_id: expect.any(String) },
    });
  }, 90_000);
});

test('a workflow without a worker is said to run and not to answer', async () => {
  const { id } = await subscribedLive();
  await waitsFor(id, 'end_period');
  await workers.stop();
  isWorking = false;
  const { status, body } = await cycle(id);
  expect(status).toBe(200);
  expect(body).toMatchObject({ workflow_status: 'running', run_id: expect.any(String), next_wake_up: null });
  expect(body.last_problem).toMatchObject({ is_over: false, what_to_do: expect.stringContaining('worker') });
}, 90_000);
