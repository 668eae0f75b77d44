import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { ensureEventPartitions } from '../operations/ensure-event-partitions.ts';
import { clientOf, connectionOptions, lazyConnection } from '../orchestration/connection.ts';
import { OutboxRelay } from '../orchestration/outbox-relay.ts';
import { prepareNamespaces } from '../orchestration/prepare-namespaces.ts';
import { createWorkers, PRODUCTION_WORKERS, WORKER_CONNECTIONS } from '../orchestration/workers.ts';
import { endWithParent, reportReady } from '../platform/child-lifecycle.ts';
import { ConfigError, readServiceConfig } from '../platform/config.ts';
import { createLogger, type Logger } from '../platform/logger.ts';
import { Database } from '../storage/database.ts';
import { requireMigrated } from './require-migrated.ts';

const RETRY_MS = 2_000;

/** The worker: runs the workflows and activities of both modes, and the outbox relay. */
async function main(): Promise<void> {
  const config = readServiceConfig(process.env);
  const logger = createLogger('worker', config.logLevel);
  // The process's own signals end it: see endWithParent.
  Runtime.install({ shutdownSignals: [], logger: runtimeLogger(logger) });
  const db = new Database({
    ...WORKER_CONNECTIONS,
    url: config.databaseUrl,
    applicationName: 'durabill-worker',
    onIdleError: (error) => logger.warn({ err: error }, 'a database connection was lost'),
  });
  const stopping = new AbortController();
  const clientConnection = await lazyConnection(config.temporal);
  const clients = new Map<boolean, Client>(
    [false, true].map((mode) => [mode, clientOf(clientConnection, config.temporal, mode)]),
  );
  const clientFor = (livemode: boolean) =>
    clients.get(livemode) ?? clientOf(clientConnection, config.temporal, livemode);
  const relay = new OutboxRelay({ db, databaseUrl: config.databaseUrl, logger, clientOf: clientFor });
  let shutDownWorkers: () => void = () => {};
  let running: Promise<unknown> = Promise.resolve();
  endWithParent(async () => {
    stopping.abort();
    shutDownWorkers();
    await Promise.all([relay.stop(), running]);
    await db.close();
  });

  const connection = await connect(config.temporal, { logger, signal: stopping.signal });
  if (connection === null) return;
  await requireMigrated(db);
  // An attribute that is not registered would wedge every workflow, so nothing is polled before all are there.
  const isPrepared = () => prepareNamespaces({ ...config.temporal, embedded: false });
  await retried(isPrepared, { what: 'what Temporal needs', logger, signal: stopping.signal });
  await retried(() => ensureEventPartitions(db), { what: 'event partitions', logger, signal: stopping.signal });
  const workers = await createWorkers({
    connection,
    temporal: config.temporal,
    db,
    logger,
    clientOf: clientFor,
    settings: PRODUCTION_WORKERS,
    apiUrl: config.apiUrl,
    version: config.workerVersion,
  });
  shutDownWorkers = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  relay.start();
  running = Promise.all(workers.map((worker) => worker.run()));
  reportReady();
  logger.info({ temporal: config.temporal.address, version: config.workerVersion }, 'worker runs');
  await running;
  // Ended without being asked to: the supervisor, or the operator's, starts it anew.
  if (!stopping.signal.aborted) process.exit(1);
}

async function connect(
  temporal: Parameters<typeof connectionOptions>[0],
  wait: { readonly logger: Logger; readonly signal: AbortSignal },
): Promise<NativeConnection | null> {
  const options = await connectionOptions(temporal);
  return retried(() => NativeConnection.connect(options), { what: `Temporal at ${temporal.address}`, ...wait });
}

/** Tries until it works or the process ends, saying each time what it waits for. */
async function retried<Result>(
  work: () => Promise<Result>,
  wait: { readonly what: string; readonly logger: Logger; readonly signal: AbortSignal },
): Promise<Result | null> {
  while (!wait.signal.aborted) {
    try {
      return await work();
    } catch (error) {
      wait.logger.warn({ err: error }, `${wait.what}: not reachable yet; trying again`);
      await delay(RETRY_MS, undefined, { signal: wait.signal }).catch(() => undefined);
    }
  }
  return null;
}

function runtimeLogger(logger: Logger): DefaultLogger {
  return new DefaultLogger('WARN', ({ level, message, meta }) => {
    logger[level === 'ERROR' ? 'error' : level === 'WARN' ? 'warn' : 'info']({ ...meta }, message);
  });
}

main().catch((error: unknown) => {
  const isExpected =
    error instanceof ConfigError || (error instanceof Error && error.message.startsWith('DATABASE_URL: '));
  console.error(isExpected ? error.message : error);
  process.exit(1);
});
