import { type Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, type Worker } from '@temporalio/worker';
import { clientOf } from '../../src/orchestration/connection.ts';
import { OutboxRelay } from '../../src/orchestration/outbox-relay.ts';
import { prepareNamespaces } from '../../src/orchestration/prepare-namespaces.ts';
import { createWorkers } from '../../src/orchestration/workers.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { newId } from '../../src/platform/new-id.ts';
import type { BillingWorld } from './billing-world.ts';
import { testTemporal, workflowBundle } from './temporal.ts';

let isRuntimeInstalled = false;

/** Workers and relay of the product in this process, in namespaces of their own on the real dev server. */
export class BillingWorkers {
  readonly client: Client;
  readonly namespace: string;
  readonly #stop: () => Promise<void>;

  private constructor(client: Client, namespace: string, stop: () => Promise<void>) {
    this.client = client;
    this.namespace = namespace;
    this.#stop = stop;
  }

  static async start(world: Pick<BillingWorld, 'db' | 'url'>): Promise<BillingWorkers> {
    if (!isRuntimeInstalled) Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('ERROR') });
    isRuntimeInstalled = true;
    const { address } = await testTemporal();
    const suffix = newId('account').slice(-12);
    const temporal = {
      address,
      uiUrl: null,
      namespaceTest: `test-${suffix}`,
      namespaceLive: `live-${suffix}`,
      apiKey: null,
      tls: null,
    };
    await prepareNamespaces({ ...temporal, embedded: true });
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
      settings: { cachedWorkflows: 100, stickyTimeout: '1 second', activities: 5, jitterWindowMs: 0 },
      workflowBundle: await workflowBundle(),
    });
    const relay = new OutboxRelay({ db, databaseUrl: url, logger, clientOf: clientFor });
    relay.start();
    const running = Promise.all(workers.map((worker: Worker) => worker.run()));
    return new BillingWorkers(clientFor(false), temporal.namespaceTest, async () => {
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

/** Looks until the value passes or the test times out. */
export async function eventually<Value>(look: () => Promise<Value>, passes: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    const value = await look();
    if (passes(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
