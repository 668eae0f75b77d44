import { afterEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const LOCK_MODULE = new URL('../../scripts/install-lock.mjs', import.meta.url).href;

let folder: string;
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A process that, under the lock, reads a counter, waits, and writes it back one higher. */
async function countUnderLock(lock: string, counter: string): Promise<void> {
  const program = `
    import { readFileSync, writeFileSync } from 'node:fs';
    const { withInstallLock } = await import(${JSON.stringify(LOCK_MODULE)});
    await withInstallLock(${JSON.stringify(lock)}, async () => {
      const count = Number(readFileSync(${JSON.stringify(counter)}, 'utf8'));
      await new Promise((resolve) => setTimeout(resolve, 50));
      writeFileSync(${JSON.stringify(counter)}, String(count + 1));
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'ignore' });
  await once(child, 'exit');
}

test('of many processes one at a time installs, also when they find the lock of a killed one', async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'durabill-lock-'));
  const lock = path.join(folder, 'install.lock');
  const counter = path.join(folder, 'counter');
  await writeFile(counter, '0');
  // What a process that was killed a while ago leaves behind.
  await mkdir(lock);
  await writeFile(path.join(lock, '1-1'), '');
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(path.join(lock, '1-1'), longAgo, longAgo);
  await utimes(lock, longAgo, longAgo);

  await Promise.all(Array.from({ length: 4 }, () => countUnderLock(lock, counter)));
  expect(await readFile(counter, 'utf8')).toBe('4');
});
