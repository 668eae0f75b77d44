import { describe, expect, test } from '@jest/globals';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError, readConfig, readServiceConfig } from '../../src/platform/config.ts';

const THIS_FILE = fileURLToPath(import.meta.url);
const EXTERNAL = { DATABASE_URL: 'postgres://u:p@db/durabill', TEMPORAL_ADDRESS: 'temporal:7233' };
const KEY = 'a'.repeat(24);

function faultsOf(env: NodeJS.ProcessEnv, read: (env: NodeJS.ProcessEnv) => unknown = readConfig): string[] {
  try {
    read(env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map(({ variable }) => variable);
  }
}

test('an empty environment is the embedded installation on port 3000 of this machine, without rate limits', () => {
  expect(readConfig({})).toEqual({
    host: '127.0.0.1',
    port: 3000,
    apiUrl: null,
    home: path.resolve('.durabill'),
    logLevel: 'info',
    databaseUrl: null,
    temporal: {
      address: null,
      uiUrl: null,
      namespaceTest: 'durabill-test',
      namespaceLive: 'durabill-live',
      apiKey: null,
      tls: null,
    },
    workerVersion: null,
    firstKeys: { test: null, live: null },
    tls: null,
    trustProxy: false,
    rateLimits: { ingestionPerSecond: null, otherPerSecond: null },
  });
});

test('an empty value counts as not set', () => {
  expect(readConfig({ PORT: '', DATABASE_URL: ' ', LOG_LEVEL: '' })).toEqual(readConfig({}));
});

test('with a database of its own an installation has rate limits, until they are changed or put off', () => {
  expect(readConfig(EXTERNAL).rateLimits).toEqual({ ingestionPerSecond: 1000, otherPerSecond: 100 });
  const env = { ...EXTERNAL, RATE_LIMIT: '7', RATE_LIMIT_INGESTION: 'off' };
  expect(readConfig(env).rateLimits).toEqual({ ingestionPerSecond: null, otherPerSecond: 7 });
});

describe('one wrong value is one fault of that variable', () => {
  const wrong: [variable: string, value: string][] = [
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '3000.5'],
    ['PORT', '0x10'],
    ['HOST', 'http://localhost'],
    ['LOG_LEVEL', 'verbose'],
    ['DATABASE_URL', 'mysql://localhost/x'],
    ['DATABASE_URL', 'localhost:5432'],
    ['TEMPORAL_ADDRESS', 'http://localhost:7233'],
    ['TEMPORAL_ADDRESS', 'localhost'],
    ['TEMPORAL_ADDRESS', 'localhost:0'],
    ['TEMPORAL_UI_URL', 'localhost:8233'],
    ['API_URL', 'billing.example'],
    ['TEMPORAL_NAMESPACE_TEST', 'has space'],
    ['TEMPORAL_NAMESPACE_LIVE', 'durabill-test'],
    ['TEMPORAL_TLS', 'yes'],
    ['TEMPORAL_TLS_CA', '/nowhere.pem'],
    ['DURABILL_TEST_KEY', `fp_live_${KEY}`],
    ['DURABILL_TEST_KEY', 'fp_test_short'],
    ['DURABILL_LIVE_KEY', `fp_test_${KEY}`],
    ['TRUST_PROXY', 'true'],
    ['TRUST_PROXY', 'a b'],
    ['RATE_LIMIT', '0'],
    ['RATE_LIMIT_INGESTION', 'ten'],
  ];
  test.each(wrong)('%s=%s', (variable, value) => {
    expect(faultsOf({ [variable]: value })).toEqual([variable]);
  });
});

test('every fault is reported at once, each with what is wrong and what to do', () => {
  expect(() => readConfig({ PORT: 'x', LOG_LEVEL: 'loud', TRUST_PROXY: 'true' })).toThrow(
    [
      'The settings cannot be used:',
      '  PORT: "x" is not a whole number; use 0 to 65535.',
      '  LOG_LEVEL: "loud" is not known; use one of fatal, error, warn, info, debug, trace, silent.',
      '  TRUST_PROXY: true would believe anybody; use false, a number of proxies, or their addresses such as 10.0.0.0/8,loopback.',
    ].join('\n'),
  );
});

test('a fault never repeats a password or a key', () => {
  const env = { DATABASE_URL: 'mysql://me:hunter2@db/x', DURABILL_TEST_KEY: 'fp_test_hunter2' };
  expect(() => readConfig(env)).toThrow(ConfigError);
  expect(() => readConfig(env)).not.toThrow(/hunter2/);
});

test('what only makes sense together is refused alone', () => {
  expect(faultsOf({ TLS_CERT: THIS_FILE })).toEqual(['TLS_KEY']);
  expect(faultsOf({ TLS_KEY: THIS_FILE })).toEqual(['TLS_CERT']);
  expect(faultsOf({ TLS_CERT: THIS_FILE, TLS_KEY: THIS_FILE })).toEqual([]);
  expect(faultsOf({ TEMPORAL_TLS_KEY: THIS_FILE })).toEqual(['TEMPORAL_TLS_CERT']);
});

test('a worker is of a version when both its deployment and its build are named, beside a server of its own', () => {
  const version = { TEMPORAL_DEPLOYMENT_NAME: 'shop/durabill', TEMPORAL_WORKER_BUILD_ID: 'v1.2.3-4f5e' };
  const given = { ...version, TEMPORAL_ADDRESS: 'localhost:7233' };
  expect(readConfig(given).workerVersion).toEqual({ deploymentName: 'shop/durabill', buildId: 'v1.2.3-4f5e' });
  expect(faultsOf(version)).toEqual(['TEMPORAL_DEPLOYMENT_NAME']);
  expect(faultsOf({ ...given, TEMPORAL_WORKER_BUILD_ID: '' })).toEqual(['TEMPORAL_WORKER_BUILD_ID']);
  expect(faultsOf({ ...given, TEMPORAL_DEPLOYMENT_NAME: '' })).toEqual(['TEMPORAL_DEPLOYMENT_NAME']);
  expect(faultsOf({ ...given, TEMPORAL_DEPLOYMENT_NAME: 'a.b' })).toEqual(['TEMPORAL_DEPLOYMENT_NAME']);
  expect(faultsOf({ ...given, TEMPORAL_WORKER_BUILD_ID: 'a:b' })).toEqual(['TEMPORAL_WORKER_BUILD_ID']);
});

test('the first keys can be fixed for an embedded database only', () => {
  const env = { DURABILL_TEST_KEY: `fp_test_${KEY}`, DURABILL_LIVE_KEY: `fp_live_${KEY}` };
  expect(readConfig(env).firstKeys).toEqual({ test: env.DURABILL_TEST_KEY, live: env.DURABILL_LIVE_KEY });
  expect(faultsOf({ ...env, ...EXTERNAL })).toEqual(['DURABILL_TEST_KEY', 'DURABILL_LIVE_KEY']);
});

test('Temporal is spoken to over TLS when it is asked for, when a certificate is given, and with an API key', () => {
  const tlsOf = (env: NodeJS.ProcessEnv) => readConfig(env).temporal.tls;
  const bare = { caFile: null, certFile: null, keyFile: null, serverName: null };
  expect(tlsOf({ TEMPORAL_TLS: 'true' })).toEqual(bare);
  expect(tlsOf({ TEMPORAL_API_KEY: 'x' })).toEqual(bare);
  expect(tlsOf({ TEMPORAL_TLS_CA: THIS_FILE })).toEqual({ ...bare, caFile: THIS_FILE });
  expect(tlsOf({ TEMPORAL_TLS_SERVER_NAME: 'x' })).toEqual({ ...bare, serverName: 'x' });
  expect(tlsOf({ TEMPORAL_TLS: 'false' })).toBeNull();
});

test('a trusted proxy is a number of hops or a list of addresses', () => {
  const of = (value: string) => readConfig({ TRUST_PROXY: value }).trustProxy;
  expect(of('false')).toBe(false);
  expect(of('0')).toBe(false);
  expect(of('2')).toBe(2);
  expect(of('10.0.0.0/8, loopback')).toEqual(['10.0.0.0/8', 'loopback']);
});

test('a part that runs by itself needs both servers', () => {
  expect(faultsOf({}, readServiceConfig)).toEqual(['DATABASE_URL', 'TEMPORAL_ADDRESS']);
  expect(readServiceConfig(EXTERNAL).temporal.address).toBe('temporal:7233');
});
