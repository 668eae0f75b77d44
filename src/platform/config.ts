import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { EnvironmentReader, type SettingFault } from './environment-reader.ts';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** How to reach a Temporal server; `address` is null when the embedded one is to be used. */
export interface TemporalConfig {
  readonly address: string | null;
  /** The base of links into the web UI; null when it is unknown. */
  readonly uiUrl: string | null;
  readonly namespaceTest: string;
  readonly namespaceLive: string;
  readonly apiKey: string | null;
  readonly tls: TemporalTls | null;
}

/** Paths of PEM files; a null leaves the system's own certificates, or no client certificate. */
export interface TemporalTls {
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
  readonly serverName: string | null;
}

/** A version of the worker's code as Temporal knows it: versions of one deployment take over from each other. */
export interface WorkerVersion {
  readonly deploymentName: string;
  readonly buildId: string;
}

/** Requests per second and key; null means no limit. */
export interface RateLimits {
  readonly ingestionPerSecond: number | null;
  readonly otherPerSecond: number | null;
}

/** Everything that the environment decides. */
export interface Config {
  readonly host: string;
  /** 0 lets the system pick one. */
  readonly port: number;
  /** Base of the links to the API in the Temporal UI, without a slash at its end; null when it is unknown. */
  readonly apiUrl: string | null;
  /** Absolute path of the folder of the embedded servers, the first keys and the logs. */
  readonly home: string;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** Null when the embedded PostgreSQL is to be used. */
  readonly databaseUrl: string | null;
  readonly temporal: TemporalConfig;
  /** Which version of a worker deployment a worker is; null: it is of none. */
  readonly workerVersion: WorkerVersion | null;
  readonly firstKeys: { readonly test: string | null; readonly live: string | null };
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null;
  /** Express's `trust proxy`: a number of hops, or the proxies' addresses. */
  readonly trustProxy: number | readonly string[] | false;
  readonly rateLimits: RateLimits;
}

/** A part that runs by itself (API, worker) has both servers given. */
export interface ServiceConfig extends Config {
  readonly databaseUrl: string;
  readonly temporal: TemporalConfig & { readonly address: string };
}

/** The environment cannot be used; the message lists every fault with its fix. */
export class ConfigError extends Error {
  readonly faults: readonly SettingFault[];

  constructor(faults: readonly SettingFault[]) {
    const lines = faults.map(({ variable, fault, fix }) => `  ${variable}: ${fault}; ${fix}.`);
    super(`The settings cannot be used:\n${lines.join('\n')}`);
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

const PROJECT_ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DEPLOYMENT = /^[A-Za-z0-9][A-Za-z0-9_/-]{0,199}$/;
const BUILD_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;
const NAMESPACE = /^[A-Za-z0-9][A-Za-z0-9._-]{1,199}$/;

const NOT_SET = {
  fault: 'it is not set',
  fix: 'give the running server, or use `npm start`, which brings its own',
};

/** Reads all settings. Throws ConfigError with every fault. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const reader = new EnvironmentReader(env);
  const config = readAll(reader);
  if (reader.faults.length > 0) throw new ConfigError(reader.faults);
  return config;
}

/** The settings of `npm run api` and `npm run worker`, which use servers that already run. Throws ConfigError. */
export function readServiceConfig(env: NodeJS.ProcessEnv): ServiceConfig {
  const reader = new EnvironmentReader(env);
  const config = readAll(reader);
  for (const variable of ['DATABASE_URL', 'TEMPORAL_ADDRESS']) {
    if (reader.text(variable) !== null) continue;
    reader.refuse(variable, NOT_SET.fault, NOT_SET.fix);
  }
  const { databaseUrl, temporal } = config;
  const { address } = temporal;
  if (reader.faults.length > 0 || databaseUrl === null || address === null) throw new ConfigError(reader.faults);
  return { ...config, databaseUrl, temporal: { ...temporal, address } };
}

/** The database of a part that never uses the embedded one. Throws ConfigError when it is not set. */
export function requireDatabaseUrl(config: Config): string {
  if (config.databaseUrl !== null) return config.databaseUrl;
  throw new ConfigError([{ variable: 'DATABASE_URL', ...NOT_SET }]);
}

/** The folder of this installation's data: DURABILL_HOME, by default `.durabill` beside package.json. */
export function homeFolder(env: NodeJS.ProcessEnv): string {
  return path.resolve(new EnvironmentReader(env).text('DURABILL_HOME') ?? path.join(PROJECT_ROOT, '.durabill'));
}

function readAll(reader: EnvironmentReader): Config {
  const databaseUrl = reader.url('DATABASE_URL', ['postgres', 'postgresql']);
  return {
    host: readHost(reader),
    port: reader.integer('PORT', { min: 0, max: 65_535, fallback: 3_000 }),
    apiUrl: readBase(reader, 'API_URL'),
    home: homeFolder({ DURABILL_HOME: reader.text('DURABILL_HOME') ?? '' }),
    logLevel: reader.choice('LOG_LEVEL', LOG_LEVELS, 'info'),
    databaseUrl,
    temporal: readTemporal(reader),
    workerVersion: readWorkerVersion(reader),
    firstKeys: readFirstKeys(reader),
    tls: readServerTls(reader),
    trustProxy: readTrustProxy(reader),
    // An embedded installation serves one developer; a shared one protects its tenants from each other.
    rateLimits: {
      ingestionPerSecond: readRate(reader, 'RATE_LIMIT_INGESTION', reader.text('DATABASE_URL') === null ? null : 1_000),
      otherPerSecond: readRate(reader, 'RATE_LIMIT', reader.text('DATABASE_URL') === null ? null : 100),
    },
  };
}

function readHost(reader: EnvironmentReader): string {
  const fix = 'use a name or address of this machine, such as 127.0.0.1 or 0.0.0.0, without scheme or port';
  return reader.matching('HOST', /^[A-Za-z0-9.:%-]+$/, fix) ?? '127.0.0.1';
}

/** The base of links: without the slashes at its end. */
function readBase(reader: EnvironmentReader, variable: string): string | null {
  return reader.url(variable, ['http', 'https'])?.replace(/\/+$/, '') ?? null;
}

function readTemporal(reader: EnvironmentReader): TemporalConfig {
  const fix = 'use letters, digits, dots, dashes and underscores, 2 to 200 of them';
  const namespaceTest = reader.matching('TEMPORAL_NAMESPACE_TEST', NAMESPACE, fix) ?? 'durabill-test';
  const namespaceLive = reader.matching('TEMPORAL_NAMESPACE_LIVE', NAMESPACE, fix) ?? 'durabill-live';
  if (namespaceTest === namespaceLive) {
    const fault = `it is ${namespaceLive}, the same as TEMPORAL_NAMESPACE_TEST`;
    reader.refuse('TEMPORAL_NAMESPACE_LIVE', fault, 'name two namespaces: test and live never mix');
  }
  const apiKey = reader.text('TEMPORAL_API_KEY');
  return {
    address: reader.address('TEMPORAL_ADDRESS'),
    uiUrl: readBase(reader, 'TEMPORAL_UI_URL'),
    namespaceTest,
    namespaceLive,
    apiKey,
    tls: readTemporalTls(reader, apiKey !== null),
  };
}

function readTemporalTls(reader: EnvironmentReader, isNeeded: boolean): TemporalTls | null {
  const tls = {
    caFile: reader.file('TEMPORAL_TLS_CA'),
    certFile: reader.file('TEMPORAL_TLS_CERT'),
    keyFile: reader.file('TEMPORAL_TLS_KEY'),
    serverName: reader.text('TEMPORAL_TLS_SERVER_NAME'),
  };
  reader.together('TEMPORAL_TLS_CERT', 'TEMPORAL_TLS_KEY');
  const isAsked = reader.flag('TEMPORAL_TLS');
  const isGiven = Object.values(tls).some((value) => value !== null);
  return isNeeded || isAsked || isGiven ? tls : null;
}

/** Under the names that Temporal's Worker Controller for Kubernetes gives to the pods that it makes. */
function readWorkerVersion(reader: EnvironmentReader): WorkerVersion | null {
  const deploymentName = reader.matching('TEMPORAL_DEPLOYMENT_NAME', DEPLOYMENT, 'use letters, digits, -, _ and /');
  const buildId = reader.matching('TEMPORAL_WORKER_BUILD_ID', BUILD_ID, 'use letters, digits, dots, - and _');
  reader.together('TEMPORAL_DEPLOYMENT_NAME', 'TEMPORAL_WORKER_BUILD_ID');
  if (deploymentName === null || buildId === null) return null;
  if (reader.text('TEMPORAL_ADDRESS') === null) {
    const fault = 'it is set, and the embedded server always runs the code that it comes with';
    reader.refuse('TEMPORAL_DEPLOYMENT_NAME', fault, 'unset it, or give a running server with TEMPORAL_ADDRESS');
  }
  return { deploymentName, buildId };
}

function readFirstKeys(reader: EnvironmentReader): Config['firstKeys'] {
  const keys = { test: 'DURABILL_TEST_KEY', live: 'DURABILL_LIVE_KEY' } as const;
  for (const variable of Object.values(keys)) {
    if (reader.text(variable) === null || reader.text('DATABASE_URL') === null) continue;
    const fault = 'it fixes the first key of an embedded database, and DATABASE_URL is set';
    reader.refuse(variable, fault, 'unset it and make keys with `npx durabill keys create`');
  }
  const fix = (mode: string) => `use fp_${mode}_ and at least 24 letters and digits`;
  return {
    test: reader.matching(keys.test, /^fp_test_[A-Za-z0-9]{24,200}$/, fix('test')),
    live: reader.matching(keys.live, /^fp_live_[A-Za-z0-9]{24,200}$/, fix('live')),
  };
}

function readServerTls(reader: EnvironmentReader): Config['tls'] {
  const certFile = reader.file('TLS_CERT');
  const keyFile = reader.file('TLS_KEY');
  reader.together('TLS_CERT', 'TLS_KEY');
  return certFile === null || keyFile === null ? null : { certFile, keyFile };
}

function readTrustProxy(reader: EnvironmentReader): Config['trustProxy'] {
  const fix = 'use false, a number of proxies, or their addresses such as 10.0.0.0/8,loopback';
  const value = reader.matching('TRUST_PROXY', /^(?:false|\d{1,2}|[0-9a-zA-Z.:/]+(?:,\s*[0-9a-zA-Z.:/]+)*)$/, fix);
  if (value === null || value === 'false' || value === '0') return false;
  if (value === 'true') {
    reader.refuse('TRUST_PROXY', 'true would believe anybody', fix);
    return false;
  }
  return /^\d+$/.test(value) ? Number(value) : value.split(',').map((part) => part.trim());
}

function readRate(reader: EnvironmentReader, variable: string, fallback: number | null): number | null {
  const value = reader.text(variable);
  if (value === null) return fallback;
  if (value === 'off') return null;
  if (/^\d{1,6}$/.test(value) && Number(value) >= 1) return Number(value);
  reader.refuse(variable, `"${value}" is no rate`, 'use a number of requests per second and key, 1 to 999999, or off');
  return fallback;
}
