import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { createSubscriptionActivities } from '../../activities/subscription-activities.ts';
import { formatInstant, type Instant, instantFromMicros } from '../../src/domain/instant.ts';
import { TASK_QUEUE } from '../../src/orchestration/messages.ts';
import { OutboxRelay } from '../../src/orchestration/outbox-relay.ts';
import { INDEXED_TYPE } from '../../src/orchestration/prepare-namespaces.ts';
import { SEARCH_ATTRIBUTES } from '../../src/orchestration/search-attributes.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { Database } from '../../src/storage/database.ts';
import { installRuntime } from './billing-workers.ts';
import type { BillingWorld } from './billing-world.ts';
import { timeSkippingServerPath, workflowBundle } from './temporal.ts';

const NAMESPACE = 'default';

/**
 * The live path in time that is skipped: the product's workflow code, activities and relay on Temporal's time-skipping
 * server. PostgreSQL, whose clock is the authority on live time, is told the server's time before each activity: in
 * this database `clock_timestamp()` is that time and passes only so.
 */
export class SkippedTime {
  /** Sees the skipped time: for operations that ask what time it is. */
  readonly db: Database;
  readonly client: Client;
  readonly #environment: TestWorkflowEnvironment;
  readonly #stop: () => Promise<void>;

  private constructor(environment: TestWorkflowEnvironment, db: Database, stop: () => Promise<void>) {
    this.#environment = environment;
    this.client = environment.client;
    this.db = db;
    this.#stop = stop;
  }

  static async start(world: BillingWorld, options: { readonly jitterWindowMs: number }): Promise<SkippedTime> {
    installRuntime();
    const executable = { type: 'existing-path' as const, path: await timeSkippingServerPath() };
    const environment = await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
    const { connection, nativeConnection, client } = environment;
    const searchAttributes = Object.fromEntries(
      Object.values(SEARCH_ATTRIBUTES).map(({ name, type }) => [name, INDEXED_TYPE[type] ?? 0]),
    );
    await connection.operatorService.addSearchAttributes({ namespace: NAMESPACE, searchAttributes });
    const db = await withClockOfItsOwn(world);
    const logger = createLogger('test', 'error');
    const { jitterWindowMs } = options;
    const activities = createSubscriptionActivities({
      db,
      logger,
      clientOf: () => client,
      jitterWindowMs,
      apiUrl: null,
    });
    const worker = await Worker.create({
      connection: nativeConnection,
      namespace: NAMESPACE,
      taskQueue: TASK_QUEUE,
      workflowBundle: await workflowBundle(),
      activities,
      interceptors: {
        activity: [
          () => ({
            inbound: {
              execute: async (input, next) => {
                await tellTime(db, Context.current().info.currentAttemptScheduledTimestampMs);
                return next(input);
              },
            },
          }),
        ],
      },
      shutdownForceTime: '8 seconds',
    });
    const relay = new OutboxRelay({ db, databaseUrl: world.url, logger, clientOf: () => client });
    relay.start();
    const running = worker.run();
    return new SkippedTime(environment, db, async () => {
      await relay.stop();
      worker.shutdown();
      await running;
      await db.close();
      await environment.teardown();
    });
  }

  /** Lets that much time pass, with everything that is due on the way. */
  async pass(milliseconds: number): Promise<void> {
    await this.#environment.sleep(milliseconds);
    await tellTime(this.db, await this.#environment.currentTimeMs());
  }

  async now(): Promise<Instant> {
    return instantFromMicros(BigInt(await this.#environment.currentTimeMs()) * 1_000n);
  }

  async stop(): Promise<void> {
    await this.#stop();
  }
}

/** A pool in which the database's clock is a row that `tellTime` moves. */
async function withClockOfItsOwn({ db: plain, url }: BillingWorld): Promise<Database> {
  await plain.pool.query(`
    create schema skipped;
    create table skipped.clock (at timestamptz not null);
    insert into skipped.clock values (pg_catalog.clock_timestamp());
    create function skipped.clock_timestamp() returns timestamptz language sql volatile
      as 'select at from skipped.clock'`);
  const ofSkippedTime = new URL(url);
  ofSkippedTime.searchParams.set('options', '-c timezone=UTC -c search_path=skipped,public,pg_catalog');
  const options = { maxConnections: 10, applicationName: 'skipped', statementTimeoutMs: 20_000 };
  return new Database({ url: ofSkippedTime.href, ...options });
}

/** Forward only, as a clock: activities of several workflows may overlap. */
async function tellTime(db: Database, milliseconds: number): Promise<void> {
  const at = formatInstant(instantFromMicros(BigInt(milliseconds) * 1_000n));
  await db.pool.query('update skipped.clock set at = greatest(at, $1::timestamptz)', [at]);
}
