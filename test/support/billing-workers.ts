import { inspect } from 'node:util';
import { type Client, Connection } from '@temporalio/client';
import { DefaultLogger, makeTelemetryFilterString, NativeConnection, Runtime, type Worker } from '@temporalio/worker';
import { clientOf } from '../../src/orchestration/connection.ts';
import { OutboxRelay } from '../../src/orchestration/outbox-relay.ts';
import { prepareNamespaces } from '../../src/orchestration/prepare-namespaces.ts';
import { createWorkers, type WorkerSettings } from '../../src/orchestration/workers.ts';
import type { WorkerVersion } from '../../src/platform/config.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { newId } from '../../src/platform/new-id.ts';
import type { BillingWorld } from './billing-world.ts';
import { testTemporal, workflowBundle } from './temporal.ts';

let isRuntimeInstalled = false;

export interface WorkersOptions {
  /** They share the namespaces of these, as another process of one installation does. */
  readonly beside?: BillingWorkers;
  readonly version?: WorkerVersion;
  /** Other workflow code than that of today. */
  readonly workflowBundle?: { readonly codePath: string };
  readonly settings?: Partial<WorkerSettings>;
}

const SETTINGS: WorkerSettings = { cachedWorkflows: 100, stickyTimeout: '1 second', activities: 5, jitterWindowMs: 0 };

/** Workers and relay of the product in this process, in namespaces of their own on the real dev server. */
export class BillingWorkers {
  readonly client: Client;
  readonly namespace: string;
  readonly temporal: Namespaces;
  readonly #stop: () => Promise<void>;

  private constructor(client: Client, temporal: Namespaces, stop: () => Promise<void>) {
    this.client = client;
    this.namespace = temporal.namespaceTest;
    this.temporal = temporal;
    this.#stop = stop;
  }

  static async start(world: Pick<BillingWorld, 'db' | 'url'>, options: WorkersOptions = {}): Promise<BillingWorkers> {
    installRuntime();
    const { address } = await testTemporal();
    const temporal = options.beside?.temporal ?? (await newNamespaces(address));
    const connection = await Connection.connect({ address });
    const nativeConnection = await NativeConnection.connect({ address });
    const logger = createLogger('test', 'error');
    const clientFor = (livemode: boolean) => clientOf(connection, temporal, livemode);
    const { db, url } = world;
    const workers = await createWorkers({
      connection: nativeConnection,
      temporal,
      db,
      logger,
      clientOf: clientFor,
      settings: { ...SETTINGS, ...options.settings },
      apiUrl: 'http://api.test',
      version: options.version ?? null,
      workflowBundle: options.workflowBundle ?? (await workflowBundle()),
    });
    const relay = new OutboxRelay({ db, databaseUrl: url, logger, clientOf: clientFor });
    relay.start();
    const running = Promise.all(workers.map((worker: Worker) => worker.run()));
    return new BillingWorkers(clientFor(false), temporal, async () => {
      await relay.stop();
      for (const worker of workers) worker.shutdown();
      await running;
      await nativeConnection.close();
      await connection.close();
    });
  }

  async stop(): Promise<void> {
    await this.#stop();
  }
}

/** Once a process, before anything of the SDK: its signals are ours, and it logs errors only. */
export function installRuntime(): void {
  if (isRuntimeInstalled) return;
  isRuntimeInstalled = true;
  const logging = { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) };
  Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('ERROR'), telemetryOptions: { logging } });
}

type Namespaces = Parameters<typeof prepareNamespaces>[0];

async function newNamespaces(address: string): Promise<Namespaces> {
  const suffix = newId('account').slice(-12);
  const names = { namespaceTest: `test-${suffix}`, namespaceLive: `live-${suffix}` };
  const temporal = { address, uiUrl: null, ...names, apiKey: null, tls: null, embedded: true };
  await prepareNamespaces(temporal);
  return temporal;
}

/** Long for a busy machine, and below the time-outs of the tests that wait: their wait ends, and says what it saw. */
const WAIT_MS = 50_000;

/** Looks until the value passes; throws after `waitMs` with what it waited for and what it saw last. */
export async function eventually<Value>(
  look: () => Promise<Value>,
  passes: (value: Value) => boolean,
  waitMs = WAIT_MS,
): Promise<Value> {
  const giveUpAt = performance.now() + waitMs;
  for (;;) {
    const value = await look();
    if (passes(value)) return value;
    if (performance.now() > giveUpAt) {
      throw new Error(`waited ${waitMs / 1_000} s until ${passes.toString()}; saw ${inspect(value, { depth: 4 })}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
