import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../support/api.ts';
import { runCommand } from './support/run-command.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const run = (...args: string[]) => runCommand([...args, '--url', api.url, '--key', api.testKey]);

describe('durabill keys', () => {
  test('create prints the secret alone on standard output, so that a script can take it', async () => {
    const made = await run('keys', 'create', '--name', 'meter', '--role', 'ingest');
    expect(made.status).toBe(0);
    expect(made.stdout).toMatch(/^fp_test_[0-9a-f]{48}\n$/);
    expect(made.stderr).toMatch(/key_[0-9a-z]{26}, role ingest/);
  });

  test('list shows keys without secrets, revoke ends one', async () => {
    const made = JSON.parse((await run('keys', 'create', '--name', 'short-lived', '--json')).stdout);
    expect((await run('keys', 'list')).stdout).toMatch(new RegExp(`^${made.id} .* short-lived `, 'm'));
    expect(await run('keys', 'revoke', made.id)).toMatchObject({ status: 0, stdout: `${made.id} is revoked.\n` });
    const listed = await run('keys', 'list', '--json');
    expect(JSON.parse(listed.stdout).data[0]).toMatchObject({
      id: made.id,
      secret: null,
      revoked_at: expect.any(String),
    });
    const refused = await runCommand(['keys', 'list', '--url', api.url, '--key', made.secret]);
    expect(refused.status).toBe(3);
  });

  test('an error tells message, field, fix, code and request', async () => {
    const refused = await run('keys', 'create', '--role', 'root');
    expect(refused.status).toBe(3);
    expect(refused.stdout).toBe('');
    expect(refused.stderr).toMatch(/^Has to be one of .* \(role\)\nFix: .*\n400 invalid_body · request req_/);
  });
});

describe('exit status', () => {
  test('2 for a command line that cannot be meant, with the nearest command', async () => {
    expect(await run('keys', 'craete')).toMatchObject({ status: 2, stderr: expect.stringContaining('create') });
    expect(await run('clock', 'create')).toMatchObject({ status: 2, stderr: expect.stringContaining('--at') });
  });

  test('0 for help, which lists every status', async () => {
    const help = await run('--help');
    expect(help).toMatchObject({ status: 0, stderr: '' });
    expect(help.stdout).toContain('130  interrupted');
  });

  test('4 when nothing answers, soon, with the address', async () => {
    const lost = await runCommand(['keys', 'list', '--url', 'http://127.0.0.1:1', '--key', 'fp_test_x']);
    expect(lost.status).toBe(4);
    expect(lost.stderr).toContain('http://127.0.0.1:1 cannot be reached');
  });
});
