import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../support/api.ts';
import { type Gateway, openGateway } from './support/gateway.ts';

const BIN = fileURLToPath(new URL('../../scripts/durabill.mjs', import.meta.url));
const ROWS = 5_000;

/** Three starts of a process, on a machine that may have other things to do. */
const TIMEOUT_MS = 120_000;

let api: TestApi;
let way: Gateway;
let folder: string;

beforeAll(async () => {
  api = await startTestApi();
  way = await openGateway(api);
  folder = await mkdtemp(path.join(tmpdir(), 'durabill-bin-'));
});
afterAll(async () => {
  await way.close();
  await api.close();
  await rm(folder, { recursive: true });
});

/** The command as a shell runs it, in a process group of its own, from a folder that is not the project's. */
function start(args: readonly string[]): {
  child: ChildProcess;
  ended: Promise<{ status: number | null; stdout: string }>;
} {
  const env = { ...process.env, DURABILL_URL: way.url, DURABILL_API_KEY: api.testKey };
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: folder,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  return { child, ended: once(child, 'close').then(([status]) => ({ status, stdout })) };
}

const importArgs = (file: string) => ['events', 'import', file, '--event-name', 'call', '--concurrency', '1', '--json'];

async function writeRows(name: string): Promise<void> {
  const rows = Array.from({ length: ROWS }, (_, n) =>
    JSON.stringify({ customer_id: name, timestamp: '2001-01-01T00:00:00Z', n }),
  );
  await writeFile(path.join(folder, name), rows.join('\n'));
}

test(
  'the command forwards arguments, output and exit status, and takes files from where it is called',
  async () => {
    const listed = await start(['keys', 'list', '--json']).ended;
    expect(listed.status).toBe(0);
    expect(JSON.parse(listed.stdout)).toMatchObject({ object: 'list' });
    expect((await start(['keys', 'nonsense']).ended).status).toBe(2);
    expect((await start(['keys', 'revoke', 'key_none']).ended).status).toBe(3);
    await writeFile(path.join(folder, 'bad.jsonl'), '{}\n');
    expect((await start(importArgs('bad.jsonl')).ended).status).toBe(1);
    expect(await readFile(path.join(folder, 'bad.jsonl.rejected.jsonl'), 'utf8')).toContain('"line":1');
  },
  TIMEOUT_MS,
);

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'an import ended by %s goes on where it stopped and counts nothing twice',
  async (signal) => {
    await writeRows(`${signal}.jsonl`);
    const { child, ended } = start(importArgs(`${signal}.jsonl`));
    way.requests.length = 0;
    way.fateOf = (ordinal) => {
      if (ordinal === 3) process.kill(signal === 'SIGKILL' ? -(child.pid ?? 0) : (child.pid ?? 0), signal);
      return 'passes';
    };
    expect((await ended).status).toBe(signal === 'SIGKILL' ? null : 130);
    way.fateOf = () => 'passes';
    const { status, stdout } = await start(importArgs(`${signal}.jsonl`)).ended;
    expect(status).toBe(0);
    const { rows, resumed_rows: resumed, created, duplicates } = JSON.parse(stdout);
    expect({ rows, total: created + duplicates }).toEqual({ rows: ROWS, total: ROWS });
    expect(resumed).toBeGreaterThanOrEqual(1_000);
    const { text } = await api.call('GET', `/events?customer_id=${signal}.jsonl&limit=1`);
    expect(text).toContain('"data":[{');
  },
  TIMEOUT_MS,
);
