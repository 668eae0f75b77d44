import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bootstrapAccount } from '../../src/operations/bootstrap-account.ts';
import type { EventInput } from '../../src/operations/event-input.ts';
import { EventIntake } from '../../src/operations/event-intake.ts';
import { freePort } from '../../src/platform/embedded/free-port.ts';
import { startPostgres } from '../../src/platform/embedded/postgres-server.ts';
import { signalProcess, stopProgram } from '../../src/platform/embedded/program.ts';
import { Database } from '../../src/storage/database.ts';
import { isDatabaseOutage } from '../../src/storage/database-outage.ts';
import { migrate } from '../../src/storage/migrate.ts';
import { sql } from '../../src/storage/sql.ts';
import { TEST_TENANT } from '../support/billing-world.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { sent } from '../support/event-inputs.ts';
import { type PostgresProxy, startPostgresProxy } from '../support/postgres-proxy.ts';

let database: TestDatabase;
let proxy: PostgresProxy;
beforeAll(async () => {
  database = await createTestDatabase();
  await bootstrapAccount(database.db);
  proxy = await startPostgresProxy(database.url);
});
afterAll(async () => {
  await proxy.close();
  await database.drop();
});

function open(url: string): Database {
  return new Database({ url, maxConnections: 4, applicationName: 'test', statementTimeoutMs: 10_000 });
}

async function timesStored(db: Database, inputs: readonly EventInput[]): Promise<number[]> {
  const keys = inputs.map((input) => input.idempotencyKey);
  const rows = await db.query<{ count: number }>(sql`
    select count(e.id)::int as count from unnest(${keys}::text[]) with ordinality as k (key, n)
    left join events e on e.idempotency_key = k.key group by k.n order by k.n`);
  return rows.map((row) => row.count);
}

test('when the outcome of a commit is unknown the caller gets an outage, and a retry finds the event once', async () => {
  const db = open(proxy.url);
  const intake = new EventIntake(db);
  const inputs = Array.from({ length: 10 }, () => sent());
  await intake.ingest(TEST_TENANT, sent());
  proxy.cutAtCommit();
  const [first, ...others] = await Promise.allSettled(inputs.map((input) => intake.ingest(TEST_TENANT, input)));
  expect(first?.status === 'rejected' && isDatabaseOutage(first.reason)).toBe(true);
  expect(others.every((each) => each.status === 'fulfilled')).toBe(true);
  const retried = await Promise.all(inputs.map((input) => intake.ingest(TEST_TENANT, input)));
  expect(retried.map(({ isReplay }) => isReplay)).toEqual(inputs.map(() => true));
  expect(await timesStored(database.db, inputs)).toEqual(inputs.map(() => 1));
  await db.close();
});

test('the outcome of a shared commit is unknown to all of its callers, and each may retry', async () => {
  const db = open(proxy.url);
  const intake = new EventIntake(db);
  proxy.cutAtCommit(1);
  const lone = intake.ingest(TEST_TENANT, sent());
  const inputs = Array.from({ length: 30 }, () => sent());
  const answers = Promise.allSettled(inputs.map((input) => intake.ingest(TEST_TENANT, input)));
  expect((await lone).isReplay).toBe(false);
  expect((await answers).map((each) => each.status)).toEqual(inputs.map(() => 'rejected'));
  const retried = await Promise.all(inputs.map((input) => intake.ingest(TEST_TENANT, input)));
  expect(retried.every(({ isReplay }) => isReplay)).toBe(true);
  expect(await timesStored(database.db, inputs)).toEqual(inputs.map(() => 1));
  await db.close();
});

test('what was acknowledged before PostgreSQL was killed is there afterwards, once, whatever is sent again', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'durabill-killed-'));
  const cluster = { folder, port: await freePort() };
  let server = await startPostgres(cluster);
  try {
    await migrate(server.url);
    const db = open(server.url);
    await bootstrapAccount(db);
    const intake = new EventIntake(db);
    const acknowledged: EventInput[] = [];
    const unknown: EventInput[] = [];
    let isKilled = false;
    const send = async () => {
      while (unknown.length === 0) {
        const input = sent({ customer_id: `customer-${acknowledged.length % 50}` });
        await intake.ingest(TEST_TENANT, input).then(
          () => acknowledged.push(input),
          () => unknown.push(input),
        );
        if (acknowledged.length < 1_000 || isKilled) continue;
        isKilled = true;
        signalProcess(server.program.pid, 'SIGKILL');
      }
    };
    await Promise.all(Array.from({ length: 32 }, send));
    await server.program.ended;
    server = await startPostgres(cluster);
    expect(await timesStored(db, acknowledged)).toEqual(acknowledged.map(() => 1));
    const retried = await Promise.all([...unknown, ...acknowledged].map((input) => intake.ingest(TEST_TENANT, input)));
    expect(retried.slice(unknown.length).every(({ isReplay }) => isReplay)).toBe(true);
    expect(await timesStored(db, unknown)).toEqual(unknown.map(() => 1));
    await db.close();
  } finally {
    await stopProgram(server.program, [
      { signal: 'SIGQUIT', waitMs: 5_000 },
      { signal: 'SIGKILL', waitMs: 0 },
    ]);
    await rm(folder, { recursive: true, force: true });
  }
});
