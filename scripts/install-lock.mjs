/** A lock between processes that only needs the file system, and that a killed holder does not keep. */
import { mkdirSync, readdirSync, rmdirSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** The holder touches the lock every second; one untouched for this long belongs to nobody. */
const STALE_MS = 15_000;

/**
 * Runs `work` while no other process does. The lock is a folder with one file named after its holder: removing that
 * very file is how exactly one waiter takes over from a dead holder.
 */
export async function withInstallLock(folder, work) {
  const own = path.join(folder, `${process.pid}-${Date.now()}`);
  let said = false;
  while (!tryTake(folder, own)) {
    if (!said) console.error('Another process is installing dependencies; waiting for it …');
    said = true;
    await delay(300);
  }
  const touch = setInterval(() => utimesSync(own, new Date(), new Date()), 1_000);
  try {
    return await work();
  } finally {
    clearInterval(touch);
    unlinkSync(own);
    rmdirSync(folder);
  }
}

function tryTake(folder, own) {
  mkdirSync(path.dirname(folder), { recursive: true });
  try {
    mkdirSync(folder);
    writeFileSync(own, '');
    return true;
  } catch {
    removeStale(folder);
    return false;
  }
}

function removeStale(folder) {
  try {
    const holders = readdirSync(folder).map((name) => path.join(folder, name));
    if ([folder, ...holders].some((file) => Date.now() - statSync(file).mtimeMs < STALE_MS)) return;
    for (const holder of holders) unlinkSync(holder);
    rmdirSync(folder);
  } catch {
    // Its holder just let it go, or another waiter was quicker: the next try shows.
  }
}
