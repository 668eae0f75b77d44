import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { connectionOf } from '../../src/cli/connection.ts';
import { writeHomeKeys, writeHomeUrl } from '../../src/platform/home.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'durabill-home-'));
});
afterEach(() => rm(home, { recursive: true }));

function connect(options: { url?: string; key?: string; live?: boolean }, env: NodeJS.ProcessEnv = {}) {
  const { stdout, stderr } = process;
  const host = { env: { DURABILL_HOME: home, ...env }, stdout, stderr, signal: new AbortController().signal };
  return connectionOf(host, options);
}

async function startedHome(): Promise<void> {
  await writeHomeUrl(home, 'http://127.0.0.1:3456');
  await writeHomeKeys(home, { testKey: 'fp_test_home', liveKey: 'fp_live_home' });
}

test('options win over the environment, the environment over the home', async () => {
  await startedHome();
  const env = { DURABILL_URL: 'http://env.example:1', DURABILL_API_KEY: 'fp_test_env' };
  expect(await connect({ url: 'http://opt.example:2', key: 'fp_test_opt' }, env)).toEqual({
    url: 'http://opt.example:2',
    key: 'fp_test_opt',
  });
  expect(await connect({}, env)).toEqual({ url: 'http://env.example:1', key: 'fp_test_env' });
  expect(await connect({})).toEqual({ url: 'http://127.0.0.1:3456', key: 'fp_test_home' });
});

test('the test key of the home is the default; live money takes a word', async () => {
  await startedHome();
  expect(await connect({ live: true })).toMatchObject({ key: 'fp_live_home' });
  await expect(connect({ live: true, key: 'fp_test_opt' })).rejects.toThrow(
    '--live chooses among the keys of the home',
  );
});

test('the keys of the home go to this machine only', async () => {
  await startedHome();
  expect(await connect({ url: 'http://localhost:9999' })).toMatchObject({ key: 'fp_test_home' });
  await expect(connect({ url: 'http://billing.example' })).rejects.toThrow('There is no API key');
  await expect(connect({ url: 'http://127.0.0.1.example' })).rejects.toThrow('There is no API key');
});

test('an address may end in /v1 or a slash, and has to be http or https', async () => {
  expect(await connect({ url: 'https://x.example/billing/v1/', key: 'k' })).toMatchObject({
    url: 'https://x.example/billing',
  });
  expect(await connect({ url: 'http://x.example/', key: 'k' })).toMatchObject({ url: 'http://x.example' });
  for (const url of ['x.example:3000', 'ftp://x.example', 'http://x.example?a=b']) {
    await expect(connect({ url, key: 'k' })).rejects.toThrow('is not the URL of an API');
  }
});

test('without any address, and with a key that cannot be one, the fix is named', async () => {
  await expect(connect({})).rejects.toMatchObject({ exitStatus: 'usage', fix: expect.stringContaining('npm start') });
  await expect(connect({ url: 'http://x.example', key: 'fp_test_a\n' })).rejects.toThrow('characters that no key has');
});
