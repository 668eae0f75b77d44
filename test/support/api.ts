import { createApp } from '../../src/api/app.ts';
import type { ApiDeps, ApiSettings } from '../../src/api/deps.ts';
import { listen } from '../../src/api/listen.ts';
import { hashApiKey, newApiKeySecret } from '../../src/operations/api-key-secret.ts';
import { bootstrapAccount } from '../../src/operations/bootstrap-account.ts';
import type { WorkflowServer } from '../../src/operations/workflow-server.ts';
import { createLogger, type Logger } from '../../src/platform/logger.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import type { Database, Tenant } from '../../src/storage/database.ts';
import { sql } from '../../src/storage/sql.ts';
import { createTestDatabase } from './database.ts';

/** An answer with its body as text and parsed; numbers in tests are small, so plain JSON.parse does. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- A test reads any member and compares it.
  readonly body: any;
}

export interface CallOptions {
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TestApi {
  readonly url: string;
  readonly db: Database;
  readonly databaseUrl: string;
  readonly testKey: string;
  readonly liveKey: string;
  /** `call('POST', '/customers', { … })`: with the admin test key unless another (or null) is given. */
  call(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Reply>;
  /** Sends a body as it is, under any path of the server. */
  send(method: string, path: string, body: string | Uint8Array | undefined, options?: CallOptions): Promise<Reply>;
  /** Closes the server only. */
  stop(graceMs: number): Promise<void>;
  /** Closes the server and removes the database; call it in `afterAll`. */
  close(): Promise<void>;
}

interface TestApiOptions {
  /** Reaches the database of the test through another URL, such as a proxy's. */
  readonly databaseOf?: (url: string) => Promise<Database>;
  readonly settings?: Partial<ApiSettings>;
  readonly probeTemporal?: () => Promise<void>;
  /** Unless given, the API finds no Temporal. */
  readonly workflows?: WorkflowServer;
  /** Without one there are no workflows. */
  readonly readCycle?: ApiDeps['readCycle'];
  readonly logger?: Logger;
}

const SETTINGS: ApiSettings = {
  temporalUiUrl: 'http://temporal.test:8233',
  temporalNamespaces: { test: 'durabill-test', live: 'durabill-live' },
  trustProxy: false,
  rateLimits: { ingestionPerSecond: null, otherPerSecond: null },
};

const unreachable = () => Promise.reject(new Error('there is no Temporal in this test'));
const NO_TEMPORAL: WorkflowServer = { countPollers: unreachable, findRun: unreachable, terminate: unreachable };

/** The API on a database of its own. Every answer is checked against its documented schema. */
export async function startTestApi(options: TestApiOptions = {}): Promise<TestApi> {
  const { db, url: databaseUrl, drop } = await createTestDatabase();
  const keys = await bootstrapAccount(db);
  const used = (await options.databaseOf?.(databaseUrl)) ?? db;
  const app = createApp({
    db: used,
    logger: options.logger ?? createLogger('api', 'silent'),
    metrics: createMetrics({ ofProcess: false }),
    settings: { ...SETTINGS, ...options.settings },
    probeTemporal: options.probeTemporal ?? (async () => {}),
    workflows: options.workflows ?? NO_TEMPORAL,
    readCycle: options.readCycle ?? (async (_, { subscriptionId }) => noWorkflow(subscriptionId)),
    checkAnswers: true,
  });
  const server = await listen(app, { host: '127.0.0.1', port: 0, tls: null });
  const url = `http://127.0.0.1:${server.port}`;
  const testKey = keys.testKey ?? '';
  const send: TestApi['send'] = (method, path, body, call = {}) =>
    request(`${url}${path}`, { method, body, testKey, call });
  return {
    url,
    db,
    databaseUrl,
    testKey,
    liveKey: keys.liveKey ?? '',
    call: (method, path, body, call) =>
      send(method, `/v1${path}`, body === undefined ? undefined : JSON.stringify(body), call),
    send,
    stop: (graceMs) => server.close(graceMs),
    close: async () => {
      await server.close(1_000);
      if (used !== db) await used.close();
      await drop();
    },
  };
}

function noWorkflow(workflowId: string) {
  return { workflowId, runId: null, state: 'missing' as const, status: null, silence: null };
}

interface Outgoing {
  readonly method: string;
  readonly body: string | Uint8Array | undefined;
  readonly testKey: string;
  readonly call: CallOptions;
}

async function request(url: string, { method, body, testKey, call }: Outgoing): Promise<Reply> {
  const key = call.key === undefined ? testKey : call.key;
  const headers = {
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...(key === null ? {} : { Authorization: `Bearer ${key}` }),
    ...call.headers,
  };
  const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : null };
}

/** A second account with an admin key of one mode, for tests that nothing crosses. */
export async function addAccount(db: Database, tenant: Tenant): Promise<string> {
  const secret = newApiKeySecret(tenant.livemode);
  await db.query(sql`
    insert into accounts (account_id, livemode, public_id, name)
    values (${tenant.accountId}, ${tenant.livemode}, ${`acct_other_${tenant.accountId}`}, 'Other')`);
  await db.query(sql`
    insert into api_keys (account_id, livemode, id, role, key_hash, hint)
    values (${tenant.accountId}, ${tenant.livemode}, ${`key_other_${tenant.accountId}_${tenant.livemode}`}, 'admin',
      ${hashApiKey(secret)}, 'test')`);
  return secret;
}
