import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, isPortFree } from '../../src/platform/embedded/free-port.ts';
import { announceEnd, HomeInUse, lockHome } from '../../src/platform/embedded/home-lock.ts';
import { endProcess, identifyProcess, isAlive } from '../../src/platform/embedded/process-identity.ts';
import { isVersionAtLeast } from '../../src/platform/embedded/temporal-binaries.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'durabill-embedded-'));
});
afterAll(() => rm(home, { recursive: true }));

test.each([
  ['temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)', true],
  ['temporal version 1.10.0 (Server 1.33.0, UI 2.60.0)', true],
  ['temporal version 2.0.0', true],
  ['temporal version 1.9.0 (Server 1.31.0, UI 2.50.0)', false],
  ['temporal version 0.13.1', false],
  ['no such command', false],
])('a `temporal` that says "%s" is used: %s', (text, expected) => {
  expect(isVersionAtLeast(text, '1.9.1')).toBe(expected);
});

test('a remembered port is kept while it is free, and another one is found when it is not', async () => {
  const port = await freePort();
  expect(await freePort(port)).toBe(port);
  const { createServer } = await import('node:net');
  const taken = createServer().listen(port, '127.0.0.1');
  await once(taken, 'listening');
  expect(await isPortFree('127.0.0.1', port)).toBe(false);
  expect(await freePort(port)).not.toBe(port);
  taken.close();
});

test('a process is known by its id and start, so that a later one with the same id is left alone', async () => {
  const child = spawn('sleep', ['600']);
  const identity = await identifyProcess(child.pid ?? -1);
  expect(identity).not.toBeNull();
  if (identity === null) return;
  const later = { ...identity, startedAt: 'at another time' };
  expect(await isAlive(later)).toBe(false);
  expect(await endProcess(later, [{ signal: 'SIGKILL', waitMs: 5_000 }])).toBe(false);
  expect(await isAlive(identity)).toBe(true);
  expect(await endProcess(identity, [{ signal: 'SIGTERM', waitMs: 5_000 }])).toBe(true);
  expect(await isAlive(identity)).toBe(false);
});

test('a home is held by one at a time; the holder is named, and one that is ending is waited for', async () => {
  const first = await lockHome(home, process.pid);
  await expect(lockHome(home, process.pid)).rejects.toThrow(HomeInUse);
  await expect(lockHome(home, process.pid)).rejects.toThrow(`in use by process ${process.pid}.`);
  await announceEnd(home, process.pid);
  const second = lockHome(home, process.pid);
  first.release();
  (await second).release();
});
