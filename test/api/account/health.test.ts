import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { WorkflowServer } from '../../../src/operations/workflow-server.ts';
import { sql } from '../../../src/storage/sql.ts';
import { insertFindings } from '../../../src/storage/workflow-findings.ts';
import { addAccount, startTestApi, type TestApi } from '../../support/api.ts';
import { ApiWorld } from '../../support/api-world.ts';

let api: TestApi;
let world: ApiWorld;
let pollers: () => Promise<{ workflow: number; activity: number }> = async () => ({ workflow: 2, activity: 1 });
const workflows: WorkflowServer = {
  countPollers: () => pollers(),
  findRun: async () => null,
  terminate: async () => {},
};
beforeAll(async () => {
  api = await startTestApi({ workflows });
  world = new ApiWorld(api);
});
afterAll(() => api.close());

const health = async (key = api.testKey) => (await api.call('GET', '/account/health', undefined, { key })).body;
const codesOf = (body: { problems: { code: string }[] }) => body.problems.map(({ code }) => code);

/** As if a round had ended so long ago. */
async function roundEnded(ago: string, problem: string | null = null): Promise<void> {
  await api.db.query(sql`
    insert into reconciler_rounds (livemode, started_at, finished_at, problem, walked_from, walked_to, listed_from, listed_to)
    values (false, now(), now() - ${ago}::interval, ${problem}, '2027-01-01', '2027-01-01', '2027-01-02', '2027-01-02')
    on conflict (livemode) do update set finished_at = excluded.finished_at, problem = excluded.problem`);
}

async function found(kind: 'overdue' | 'missing' | 'foreign', id: string, ago: string, facts: object = {}) {
  const finding = {
    kind,
    workflowId: id,
    accountId: 1,
    subscriptionId: kind === 'foreign' ? null : id,
    reason: kind === 'foreign' ? ('no_subscription' as const) : null,
    workflowType: 'subscription',
    startedAt: null,
    ...facts,
  };
  await insertFindings(api.db, false, [finding]);
  await api.db.query(sql`update workflow_findings set found_at = now() - ${ago}::interval where workflow_id = ${id}`);
}

test('200: an account that nothing is wrong with is ok', async () => {
  await roundEnded('10 seconds');
  expect(await health()).toEqual({
    object: 'account_health',
    livemode: false,
    checked_at: expect.any(String),
    ok: true,
    problems: [],
    temporal: { reachable: true, workflow_pollers: 2, activity_pollers: 1 },
    reconciler: { last_round_at: expect.any(String), compared_at: '2027-01-01T00:00:00Z', problem: null },
    outbox: { waiting: 0, reviving: 0, oldest_at: null, last_error: null },
    overdue: { count: 0, stuck: 0, subscriptions: [] },
    needs_attention: { count: 0, subscriptions: [] },
    missing_workflows: { count: 0, workflows: [] },
    foreign_workflows: { count: 0, workflows: [] },
  });
});

describe('200 with a problem', () => {
  test('temporal_unreachable: the rest is answered from the database', async () => {
    pollers = () => Promise.reject(new Error('refused'));
    const body = await health();
    expect([codesOf(body), body.temporal]).toEqual([
      ['temporal_unreachable'],
      { reachable: false, workflow_pollers: null, activity_pollers: null },
    ]);
    expect(body.reconciler.last_round_at).not.toBeNull();
  });

  test('no_workers: it says for which tasks', async () => {
    pollers = async () => ({ workflow: 1, activity: 0 });
    const body = await health();
    expect([codesOf(body), body.problems[0].message]).toEqual([['no_workers'], expect.stringContaining('activity')]);
    pollers = async () => ({ workflow: 1, activity: 1 });
  });

  test('reconciler_late and workflows_not_compared: by its last round', async () => {
    await roundEnded('6 minutes', 'no list today');
    const body = await health();
    expect(codesOf(body)).toEqual(['reconciler_late', 'workflows_not_compared']);
    expect([body.reconciler.problem, body.problems[1].message]).toEqual([
      'no list today',
      expect.stringContaining('no list today'),
    ]);
    await roundEnded('4 minutes');
    expect(codesOf(await health())).toEqual([]);
  });

  test('nudges_late: with what the last try said', async () => {
    const { subscription } = await world.subscribed();
    expect(await health()).toMatchObject({ ok: true, outbox: { waiting: 1 } });
    await api.db.query(sql`
      update outbox set created_at = now() - interval '6 minutes', last_error = 'no route' where subscription_id = ${subscription.id}`);
    const body = await health();
    expect([codesOf(body), body.outbox]).toMatchObject([['nudges_late'], { waiting: 1, last_error: 'no route' }]);
    await api.db.query(sql`delete from outbox`);
  });

  test('boundaries_overdue: only where being told to go on has not helped', async () => {
    const { clock, customer, subscription } = await world.subscribed();
    await world.setClock(clock, '2027-02-02T00:00:00Z');
    const shown = { subscription_id: subscription.id, customer_id: customer, due_at: '2027-02-01T00:00:00Z' };
    expect(await health()).toMatchObject({
      ok: true,
      overdue: { count: 1, stuck: 0, subscriptions: [{ ...shown, nudged_at: null }] },
    });
    await found('overdue', subscription.id, '2 minutes');
    expect(await health()).toMatchObject({ ok: true, overdue: { count: 1, stuck: 0 } });
    await found('overdue', subscription.id, '4 minutes');
    expect(await health()).toMatchObject({ ok: false, overdue: { count: 1, stuck: 1 } });
    expect(codesOf(await health())).toEqual(['boundaries_overdue']);
    // An advance of many months may take longer.
    await api.db.query(sql`update test_clocks set status = 'advancing' where id = ${clock}`);
    expect(await health()).toMatchObject({ ok: true, overdue: { count: 1, stuck: 0 } });
    await api.db.query(sql`delete from workflow_findings`);
    await world.setClock(clock, '2027-01-02T00:00:00Z');
  });

  test('needs_attention: with the reason, and the draft whose void waives the period', async () => {
    const tokens = {
      pricing_model: 'per_unit',
      event_name: 'token',
      unit_amount: '9'.repeat(30),
      aggregation: { type: 'sum', property: 'n' },
    };
    const plan = await world.plan([tokens]);
    const { clock, customer, subscription } = await world.subscribed('2027-01-01T00:00:00Z', { plan_id: plan });
    const events = [1, 2].map((n) => ({
      event_name: 'token',
      customer_id: customer,
      idempotency_key: `${customer} ${n}`,
      timestamp: '2027-01-05T00:00:00Z',
      properties: { n: '9'.repeat(30) },
    }));
    await api.call('POST', '/events/batch', { events });
    await world.setClock(clock, '2027-02-02T00:00:00Z');
    await api.call('POST', `/subscriptions/${subscription.id}/cancel`, { at: 'now' });
    const draft = (await api.call('GET', `/invoices?subscription_id=${subscription.id}`)).body.data[0];
    const body = await health();
    expect(codesOf(body)).toEqual(['needs_attention']);
    expect(body.needs_attention).toMatchObject({
      count: 1,
      subscriptions: [
        {
          subscription_id: subscription.id,
          customer_id: customer,
          code: 'amount_too_large',
          since: '2027-02-01T00:00:00Z',
          draft_invoice_id: draft.id,
          temporal_url: `http://temporal.test:8233/namespaces/durabill-test/workflows/${subscription.id}`,
        },
      ],
    });
    await api.call('POST', `/invoices/${draft.id}/void`);
    expect(codesOf(await health())).toEqual([]);
    await api.db.query(sql`delete from outbox`);
  });

  test('workflows_missing: where they were not seen running minutes after they were started anew', async () => {
    await found('missing', 'sub_missing', '1 minute');
    expect(await health()).toMatchObject({
      ok: true,
      missing_workflows: { count: 1, workflows: [{ workflow_id: 'sub_missing', subscription_id: 'sub_missing' }] },
    });
    await found('missing', 'sub_missing', '4 minutes');
    expect(codesOf(await health())).toEqual(['workflows_missing']);
    await api.db.query(sql`delete from workflow_findings`);
  });

  test('workflows_foreign: at once, but for one whose subscription is over and that is being told so', async () => {
    await found('foreign', 'late/über', '1 second', { accountId: null });
    await found('foreign', 'sub_over', '1 minute', { reason: 'over' });
    const body = await health();
    expect([codesOf(body), body.foreign_workflows.count]).toEqual([['workflows_foreign'], 2]);
    expect(body.foreign_workflows.workflows[1].temporal_url).toMatch(/\/workflows\/late%2F%C3%BCber$/);
    await api.db.query(sql`delete from workflow_findings where workflow_id = 'late/über'`);
    expect(codesOf(await health())).toEqual([]);
    await found('foreign', 'sub_over', '4 minutes', { reason: 'over' });
    expect(codesOf(await health())).toEqual(['workflows_foreign']);
    await api.db.query(sql`delete from workflow_findings`);
  });
});

test('200: nothing of another account or mode is shown, but what belongs to no account', async () => {
  await world.subscribed();
  await found('missing', 'sub_ours', '4 minutes');
  await found('foreign', 'sub_strange', '4 minutes');
  await found('foreign', 'sub_nobodys', '4 minutes', { accountId: null });
  const otherKey = await addAccount(api.db, { accountId: 2, livemode: false });
  const other = await health(otherKey);
  expect([other.outbox.waiting, other.missing_workflows.count]).toEqual([0, 0]);
  expect(other.foreign_workflows.workflows).toMatchObject([{ workflow_id: 'sub_nobodys' }]);
  const live = await health(api.liveKey);
  expect([live.outbox.waiting, live.foreign_workflows.count, codesOf(live)]).toEqual([0, 0, ['reconciler_late']]);
});

test('400 for a parameter that it does not have', async () => {
  expect((await api.call('GET', '/account/health?mode=live')).status).toBe(400);
});
