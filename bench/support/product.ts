import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { bootstrapAccount } from '../../src/operations/bootstrap-account.ts';
import { ensureEventPartitions } from '../../src/operations/ensure-event-partitions.ts';
import { clientOf } from '../../src/orchestration/connection.ts';
import { OutboxRelay } from '../../src/orchestration/outbox-relay.ts';
import { prepareNamespaces } from '../../src/orchestration/prepare-namespaces.ts';
import {
  createWorkers,
  PRODUCTION_WORKERS,
  WORKER_CONNECTIONS,
  type WorkerSettings,
} from '../../src/orchestration/workers.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { NodeChild } from '../../src/platform/supervision/node-child.ts';
import { Database, type Tenant } from '../../src/storage/database.ts';
import { migrate } from '../../src/storage/migrate.ts';
import type { BenchServers } from './servers.ts';

export const TENANT: Tenant = { accountId: 1, livemode: false };
const WORKER_MAIN = fileURLToPath(new URL('../../src/main/worker.ts', import.meta.url));
const WORKFLOWS = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));
const STOP_MS = 10_000;

type Namespaces = Parameters<typeof prepareNamespaces>[0];

interface Stoppable {
  readonly stop: () => Promise<unknown>;
}

/** A worker process; its memory can be looked at. */
export interface WorkerProcess extends Stoppable {
  readonly pid: number;
}

/** An installation of its own on the servers: a database with one account, and two namespaces. */
export class Product {
  readonly db: Database;
  readonly client: Client;
  readonly #temporal: Namespaces;
  readonly #url: string;
  readonly #connection: Connection;
  readonly #folder: string;
  readonly #parts: Stoppable[] = [];

  private constructor(
    connection: Connection,
    place: { readonly url: string; readonly folder: string; readonly temporal: Namespaces },
  ) {
    this.#connection = connection;
    this.#url = place.url;
    this.#folder = place.folder;
    this.#temporal = place.temporal;
    this.client = clientOf(connection, place.temporal, TENANT.livemode);
    this.db = new Database({
      ...WORKER_CONNECTIONS,
      url: place.url,
      applicationName: 'bench',
    });
  }

  static async install(servers: BenchServers): Promise<Product> {
    const url = await servers.createDatabase();
    await migrate(url);
    const name = path.basename(new URL(url).pathname).replaceAll('_', '-');
    const names = { namespaceTest: `${name}-test`, namespaceLive: `${name}-live` };
    const temporal = { address: servers.temporalAddress, uiUrl: null, ...names, apiKey: null, tls: null };
    await prepareNamespaces({ ...temporal, embedded: true });
    const connection = await Connection.connect({ address: servers.temporalAddress });
    const place = { url, folder: servers.folder, temporal: { ...temporal, embedded: true } };
    const product = new Product(connection, place);
    await bootstrapAccount(product.db);
    await ensureEventPartitions(product.db);
    return product;
  }

  get namespace(): string {
    return this.#temporal.namespaceTest;
  }

  /** Workers and relay in this process; `settings` are those of production where they are not given. */
  async startWorkers(settings: Partial<WorkerSettings> = {}): Promise<void> {
    installRuntime();
    const logger = createLogger('bench', 'warn');
    const connection = await NativeConnection.connect({ address: this.#temporal.address });
    const { db } = this;
    const clientFor = (livemode: boolean) => clientOf(this.#connection, this.#temporal, livemode);
    const workers = await createWorkers({
      connection,
      temporal: this.#temporal,
      db,
      logger,
      clientOf: clientFor,
      apiUrl: null,
      settings: { ...PRODUCTION_WORKERS, ...settings },
      version: null,
      workflowBundle: await bundleWorkflowCode({ workflowsPath: WORKFLOWS, logger: new DefaultLogger('WARN') }),
    });
    const relay = new OutboxRelay({ db, databaseUrl: this.#url, logger, clientOf: clientFor });
    relay.start();
    const running = Promise.all(workers.map((worker) => worker.run()));
    this.#parts.push({
      stop: async () => {
        await relay.stop();
        for (const worker of workers) worker.shutdown();
        await running;
        await connection.close();
      },
    });
  }

  /** The worker that `npm run worker` starts, in a process of its own; resolves when it polls. */
  async startWorkerProcess(): Promise<WorkerProcess> {
    let ready: () => void = () => {};
    const isReady = new Promise<'ready'>((resolve) => {
      ready = () => resolve('ready');
    });
    const { address, namespaceTest, namespaceLive } = this.#temporal;
    const child = await NodeChild.start({
      main: WORKER_MAIN,
      args: [],
      env: {
        ...process.env,
        DATABASE_URL: this.#url,
        TEMPORAL_ADDRESS: address,
        TEMPORAL_NAMESPACE_TEST: namespaceTest,
        TEMPORAL_NAMESPACE_LIVE: namespaceLive,
        LOG_LEVEL: 'warn',
      },
      logFile: path.join(this.#folder, 'worker.log'),
      onLine: (line) => {
        if (line.includes('"ready":true')) ready();
      },
    });
    const stop = async () => {
      if (!(await child.askToEnd(STOP_MS))) await child.kill();
    };
    this.#parts.push({ stop });
    if ((await Promise.race([isReady, child.ended])) !== 'ready') throw new Error('the worker ended at once');
    return { pid: child.pid, stop };
  }

  async stop(): Promise<void> {
    for (const part of this.#parts.splice(0).reverse()) await part.stop();
    await this.db.close();
    await this.#connection.close();
  }
}

let isRuntimeInstalled = false;

/** Once a process: this process's own signals end it, not the runtime's. */
export function installRuntime(): void {
  if (!isRuntimeInstalled) Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('WARN') });
  isRuntimeInstalled = true;
}
