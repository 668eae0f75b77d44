import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { readJson, writeJson } from '../home.ts';
import { identifyProcess, isAlive, type ProcessIdentity } from './process-identity.ts';

/** A run that is ending needs this long at most; see the launcher's own limit of ten seconds. */
const ENDING_TIMEOUT_MS = 20_000;

/** The home belongs to a run that goes on. */
export class HomeInUse extends Error {
  constructor(home: string, pid: number | null) {
    const holder = pid === null ? 'another process' : `process ${pid}`;
    super(`${home} is in use by ${holder}. Stop it, or set DURABILL_HOME to another folder for a second installation.`);
    this.name = 'HomeInUse';
  }
}

/**
 * An exclusive hold on a home folder, kept until `release` or the end of the process, however it ends. Keep the object:
 * one that is garbage-collected lets the home go.
 */
export interface HomeLock {
  readonly release: () => void;
}

/**
 * Takes the home for this process on behalf of `launcherPid`. A holder whose launcher is gone is on its way out and
 * is waited for. Throws HomeInUse, naming the launcher that holds it.
 */
export async function lockHome(home: string, launcherPid: number): Promise<HomeLock> {
  const deadline = Date.now() + ENDING_TIMEOUT_MS;
  for (;;) {
    const database = tryLock(path.join(home, 'lock.sqlite'));
    if (database !== null) {
      const launcher = await identifyProcess(launcherPid);
      await writeJson(path.join(home, 'holder.json'), { pid: launcherPid, started_at: launcher?.startedAt ?? '' });
      return { release: () => database.close() };
    }
    const launcher = await readHolder(home);
    if (launcher === null || (await isAlive(launcher)) || Date.now() > deadline) {
      throw new HomeInUse(home, launcher?.pid ?? null);
    }
    await delay(100);
  }
}

/** Unlike a file with a process id, the lock of an open SQLite transaction dies with a killed process. */
function tryLock(file: string): DatabaseSync | null {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('begin exclusive');
    return database;
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && (error.errcode === 5 || error.errcode === 6)) return null;
    throw error;
  }
}

async function readHolder(home: string): Promise<ProcessIdentity | null> {
  const holder = await readJson(path.join(home, 'holder.json'));
  const pid = holder?.['pid'];
  const startedAt = holder?.['started_at'];
  return typeof pid === 'number' && typeof startedAt === 'string' ? { pid, startedAt } : null;
}
