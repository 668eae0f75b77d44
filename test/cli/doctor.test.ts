import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Connection } from '@temporalio/client';
import { RECONCILE_WORKFLOW, SUBSCRIPTION_WORKFLOW, TASK_QUEUE } from '../../src/orchestration/messages.ts';
import { prepareNamespaces } from '../../src/orchestration/prepare-namespaces.ts';
import { temporalServer } from '../../src/orchestration/temporal-server.ts';
import { newId } from '../../src/platform/new-id.ts';
import { sql } from '../../src/storage/sql.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { ApiWorld } from '../support/api-world.ts';
import { BillingWorkers, eventually } from '../support/billing-workers.ts';
import { testTemporal } from '../support/temporal.ts';
import { type CommandResult, runCommand } from './support/run-command.ts';

/** The API finds Temporal where the test says. */
let server: ReturnType<typeof temporalServer>;
let connection: Connection;
let api: TestApi;
let world: ApiWorld;
let workers: BillingWorkers;
let nobody: Connection;

beforeAll(async () => {
  const { address } = await testTemporal();
  connection = await Connection.connect({ address });
  nobody = Connection.lazy({ address: '127.0.0.1:1' });
  api = await startTestApi({
    workflows: {
      countPollers: (livemode) => server.countPollers(livemode),
      findRun: (livemode, workflowId) => server.findRun(livemode, workflowId),
      terminate: (livemode, run, reason) => server.terminate(livemode, run, reason),
    },
  });
  world = new ApiWorld(api);
  workers = await BillingWorkers.start({ db: api.db, url: api.databaseUrl });
  server = temporalServer(connection, workers.temporal);
}, 120_000);
afterAll(async () => {
  await workers.stop();
  await connection.close();
  await nobody.close();
  await api.close();
});

const durabill = (...args: readonly string[]): Promise<CommandResult> =>
  runCommand([...args, '--url', api.url, '--key', api.testKey]);

const reconcile = () =>
  workers.client.workflow.execute(RECONCILE_WORKFLOW, {
    workflowId: `reconcile-${newId('request')}`,
    taskQueue: TASK_QUEUE,
    args: [{ livemode: false }],
  });

const statusOf = async (workflowId: string) =>
  (await workers.client.workflow.getHandle(workflowId).describe()).status.name;

async function subscribed() {
  const made = await world.subscribed();
  const id: string = made.subscription.id;
  await eventually(
    () => statusOf(id).catch(() => null),
    (status) => status === 'RUNNING',
  );
  await eventually(
    () => api.db.query<{ count: number }>(sql`select count(*)::int as count from outbox`),
    ([row]) => row?.count === 0,
  );
  return { ...made, id };
}

/** Runs that no subscription of this database asks for, on a queue that nobody polls. */
async function startForeign(...ids: readonly string[]) {
  const args = [{ v: 1, ref: { accountId: 1, livemode: false, subscriptionId: 'sub_x' } }];
  for (const workflowId of ids) {
    await workers.client.workflow.start(SUBSCRIPTION_WORKFLOW, { workflowId, taskQueue: 'nobody', args });
  }
  await eventually(
    () => reconcile(),
    ({ foreign }) => foreign === ids.length,
  );
}

describe('durabill doctor', () => {
  test('exit status 0 and a short report where nothing is wrong', async () => {
    await subscribed();
    await reconcile();
    const done = await durabill('doctor');
    expect([done.status, done.stderr]).toEqual([0, '']);
    expect(done.stdout).toMatch(
      new RegExp(
        [
          '^Test mode, at \\S+Z',
          '',
          ' +CHECK +FOUND',
          'ok +Temporal +reached',
          'ok +Workers +\\d+ at work',
          'ok +Reconciler +last round \\d+ s ago, everything compared \\d+ s ago',
          'ok +Outbox +empty',
          'ok +Boundaries +none overdue',
          'ok +Subscriptions +none stands still',
          'ok +Workflows +none missing, none foreign',
          '',
          'Nothing needs you\\.\n$',
        ].join('\n'),
      ),
    );
  }, 60_000);

  test('exit status 1 for a subscription that stands still, with why and both ways out', async () => {
    const { id, customer } = await subscribed();
    await api.db.query(sql`
      update subscriptions set attention_code = 'amount_too_large', attention_message = 'Too much.', attention_at = '2027-02-01'
      where id = ${id}`);
    const done = await durabill('doctor');
    expect([done.status, done.stderr]).toEqual([1, expect.stringContaining('Something needs you.')]);
    expect(done.stdout).toContain('FAIL  Subscriptions  1 need attention');
    expect(done.stdout).toContain(`  ${id} of ${customer} since 2027-02-01T00:00:00Z: Too much. (amount_too_large)`);
    expect(done.stdout).toContain(`POST /v1/subscriptions/${id}/retry`);
    expect(done.stdout).toMatch(/To do:\n1\. 1 subscription stands still and waits for you\.\n {3}Mend the cause/);
    await api.db.query(
      sql`update subscriptions set attention_code = null, attention_message = null, attention_at = null`,
    );
  }, 60_000);

  test('exit status 1 while Temporal is down, with what the database knows and what could not be seen', async () => {
    server = temporalServer(nobody, workers.temporal);
    const done = await durabill('doctor');
    expect(done.status).toBe(1);
    expect(done.stdout).toMatch(/FAIL +Temporal +cannot be reached\n\? +Workers +unknown while Temporal/);
    expect(done.stdout).toMatch(/ok +Outbox +empty/);
    expect(done.stdout).toMatch(/1\. The API cannot reach Temporal/);
    server = temporalServer(connection, workers.temporal);
  }, 60_000);

  test('exit status 1 where no worker asks for tasks', async () => {
    const unpolled = { ...workers.temporal, namespaceTest: `unpolled-${newId('account').slice(-12)}` };
    await prepareNamespaces(unpolled);
    server = temporalServer(connection, unpolled);
    const done = await durabill('doctor');
    expect([done.status, done.stdout]).toEqual([1, expect.stringMatching(/FAIL +Workers +none asks for tasks/)]);
    server = temporalServer(connection, workers.temporal);
  }, 60_000);

  test('--json prints the answer of the API', async () => {
    const done = await durabill('doctor', '--json');
    expect([done.status, JSON.parse(done.stdout)]).toMatchObject([0, { object: 'account_health', ok: true }]);
  }, 60_000);
});

describe('durabill repair', () => {
  test('starts every workflow that was lost, tells those that run to look again, and may be repeated', async () => {
    const made = [await subscribed(), await subscribed()];
    for (const { id } of made) await workers.client.workflow.getHandle(id).terminate('the store was lost');
    for (let time = 0; time < 2; time += 1) {
      const done = await durabill('repair');
      expect([done.status, done.stdout]).toEqual([
        0,
        expect.stringMatching(/^The workflows of \d+ subscriptions run\.\n$/),
      ]);
      for (const { id } of made) expect(await statusOf(id)).toBe('RUNNING');
    }
    const invoices = (await api.call('GET', `/invoices?subscription_id=${made[0]?.id}`)).body.data;
    expect(invoices).toEqual([]);
  }, 60_000);

  test('--end-foreign lists what no subscription asks for and ends nothing; with --yes it ends just these', async () => {
    const { id } = await subscribed();
    const strange = ['sub_strange_1', 'sub_strange_2'];
    await startForeign(...strange);
    const listed = await durabill('repair', '--end-foreign');
    expect([listed.status, listed.stderr]).toEqual([1, expect.stringContaining('Nothing was ended.')]);
    for (const each of strange) {
      expect(listed.stdout).toMatch(new RegExp(`${each} +subscription +\\S+Z +there is no such subscription`));
      expect(await statusOf(each)).toBe('RUNNING');
    }
    const found = await durabill('doctor');
    expect([found.status, found.stdout]).toEqual([
      1,
      expect.stringMatching(/FAIL +Workflows +none missing, 2 foreign/),
    ]);
    const done = await durabill('repair', '--end-foreign', '--yes');
    expect([done.status, done.stdout]).toEqual([0, expect.stringContaining('sub_strange_1 was ended.')]);
    for (const each of strange) expect(await statusOf(each)).toBe('TERMINATED');
    expect(await statusOf(id)).toBe('RUNNING');
    expect((await durabill('doctor')).status).toBe(0);
  }, 60_000);

  test('--json prints what was done', async () => {
    const done = await durabill('repair', '--json');
    expect([done.status, JSON.parse(done.stdout)]).toMatchObject([0, { left: 0, foreign: [], ended: [] }]);
  }, 60_000);
});
