import { afterEach, expect, jest, test } from '@jest/globals';
import { prepareNamespaces } from '../../src/orchestration/prepare-namespaces.ts';
import { createEmptyDatabase } from '../support/database.ts';
import { Installation, removeHomes, temporaryHome } from '../support/installation.ts';
import { testTemporal } from '../support/temporal.ts';

jest.setTimeout(240_000);
afterEach(removeHomes);

/** A part by itself, as on a machine of its own. */
const run = (name: string) => ['npm', 'run', name];

test('migrate, API and worker run as separate processes against servers that already run', async () => {
  const home = await temporaryHome();
  const database = await createEmptyDatabase();
  const { address } = await testTemporal();
  const namespaces = { namespaceTest: 'separate-test', namespaceLive: 'separate-live' };
  await prepareNamespaces({ address, apiKey: null, tls: null, uiUrl: null, ...namespaces, embedded: true });
  const env = {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE_TEST: namespaces.namespaceTest,
    TEMPORAL_NAMESPACE_LIVE: namespaces.namespaceLive,
  };

  const migrate = Installation.launch({ home, env, command: run('migrate') });
  expect(await migrate.exited).toBe(0);
  const key = /^Test key {5}(fp_test_\w+)$/m.exec(migrate.output)?.[1];
  expect(key).toBeDefined();

  const again = Installation.launch({ home, env, command: run('migrate') });
  expect(await again.exited).toBe(0);
  expect(again.output).toContain('The database is up to date.');
  expect(again.output).not.toContain('fp_test_');

  const api = Installation.launch({ home, env, command: run('api') });
  const worker = Installation.launch({ home, env, command: run('worker') });
  await api.waitFor(/^API ready: http/m);
  await worker.waitFor(/"msg":"worker runs"/);
  const url = /^API ready: (http\S+)$/m.exec(api.output)?.[1];
  const account = await fetch(`${url}/v1/account`, {
    headers: { authorization: `Bearer ${key}` },
  });
  expect(account.status).toBe(200);
  expect(await api.stop()).toBe(0);
  expect(await worker.stop()).toBe(0);
  await database.drop();
});

test('API and worker refuse a database that lacks migrations, naming the command that runs them', async () => {
  const home = await temporaryHome();
  const database = await createEmptyDatabase();
  const { address } = await testTemporal();
  const env = { DATABASE_URL: database.url, TEMPORAL_ADDRESS: address };
  for (const name of ['api', 'worker']) {
    const part = Installation.launch({ home, env, command: run(name) });
    expect(await part.exited).toBe(1);
    expect(part.output).toContain('run `npm run migrate` first');
  }
  await database.drop();
});

test('a Temporal server that lacks what is needed is described with the commands that mend it', async () => {
  const home = await temporaryHome();
  const database = await createEmptyDatabase();
  const { address } = await testTemporal();
  const env = { DATABASE_URL: database.url, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE_TEST: 'not-made-yet' };
  const migrate = Installation.launch({ home, env, command: run('migrate') });
  await migrate.waitFor(/temporal operator namespace create .*-n not-made-yet/);
  await migrate.kill();
  await database.drop();
});

test('the API and the worker say which settings they lack', async () => {
  const home = await temporaryHome();
  for (const name of ['api', 'worker']) {
    const part = Installation.launch({ home, command: run(name) });
    expect(await part.exited).not.toBe(0);
    expect(part.output).toContain('DATABASE_URL: it is not set');
    expect(part.output).toContain('TEMPORAL_ADDRESS: it is not set');
  }
});
