import { readFile } from 'node:fs/promises';
import { createApp } from '../api/app.ts';
import { listen, type ListeningServer } from '../api/listen.ts';
import { purgeIdempotencyKeys } from '../operations/idempotent-request.ts';
import { clientOf, lazyConnection, probeTemporal } from '../orchestration/connection.ts';
import { readCycle } from '../orchestration/read-cycle.ts';
import { temporalServer } from '../orchestration/temporal-server.ts';
import { endWithParent, isSupervised, reportReady } from '../platform/child-lifecycle.ts';
import { ConfigError, readServiceConfig, type ServiceConfig } from '../platform/config.ts';
import { createLogger } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { Database } from '../storage/database.ts';
import { requireMigrated } from './require-migrated.ts';

const MAX_CONNECTIONS = 20;
const STATEMENT_TIMEOUT_MS = 15_000;
const PROBE_TIMEOUT_MS = 2_000;
const CLOSE_GRACE_MS = 6_000;
const PURGE_INTERVAL_MS = 3_600_000;

/** Serves the HTTP API until it is told to end. */
async function main(): Promise<void> {
  const config = readServiceConfig(process.env);
  const logger = createLogger('api', config.logLevel);
  const db = new Database({
    url: config.databaseUrl,
    maxConnections: MAX_CONNECTIONS,
    applicationName: 'durabill-api',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    onIdleError: (error) => logger.warn({ err: error }, 'PostgreSQL closed an idle connection'),
  });
  const temporal = await lazyConnection(config.temporal);
  const app = createApp({
    db,
    logger,
    metrics: createMetrics({ ofProcess: true }),
    settings: {
      temporalUiUrl: config.temporal.uiUrl,
      temporalNamespaces: { test: config.temporal.namespaceTest, live: config.temporal.namespaceLive },
      trustProxy: config.trustProxy,
      rateLimits: config.rateLimits,
    },
    probeTemporal: () => probeTemporal(temporal, PROBE_TIMEOUT_MS),
    workflows: temporalServer(temporal, config.temporal),
    readCycle: (livemode, ref) => readCycle(clientOf(temporal, config.temporal, livemode), ref),
  });
  await requireMigrated(db);
  const server = await startListening(app, config);
  const purge = setInterval(() => {
    purgeIdempotencyKeys(db).catch((error: unknown) => logger.warn({ err: error }, 'old keys could not be purged'));
  }, PURGE_INTERVAL_MS);
  endWithParent(async () => {
    clearInterval(purge);
    await server.close(CLOSE_GRACE_MS);
    await Promise.all([db.close(), temporal.close()]);
  });
  announce(config, server.port);
}

async function startListening(app: Parameters<typeof listen>[0], config: ServiceConfig): Promise<ListeningServer> {
  const tls =
    config.tls === null
      ? null
      : { cert: await readFile(config.tls.certFile, 'utf8'), key: await readFile(config.tls.keyFile, 'utf8') };
  try {
    return await listen(app, { host: config.host, port: config.port, tls });
  } catch (cause) {
    const code: unknown = cause instanceof Error ? Reflect.get(cause, 'code') : null;
    if (code !== 'EADDRINUSE') throw cause;
    const fix = 'stop what listens there, or set PORT to another one (0 picks a free one)';
    throw new Error(`PORT: ${config.port} on ${config.host} is taken; ${fix}.`, { cause });
  }
}

function announce(config: ServiceConfig, port: number): void {
  reportReady({ port });
  if (isSupervised()) return;
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  process.stdout.write(`API ready: ${config.tls === null ? 'http' : 'https'}://${host}:${port}\n`);
}

main().catch((error: unknown) => {
  const isExpected =
    error instanceof ConfigError || (error instanceof Error && /^(PORT|DATABASE_URL): /.test(error.message));
  console.error(isExpected ? error.message : error);
  process.exit(1);
});
