import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { readJson, writeJson } from '../home.ts';
import { identifyProcess, isAlive, type ProcessIdentity } from './process-identity.ts';

/** A run that is ending needs this long at most; see the launcher's own limit of ten seconds. */
const ENDING_TIMEOUT_MS = 20_000;
/** A run whose npm was killed a moment ago knows that it is ending only after this time. */
const NOTICE_MS = 1_500;

/** SQLITE_BUSY and SQLITE_LOCKED. */
const SQLITE_BUSY = new Set([5, 6]);

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
 * Takes the home for this process on behalf of `launcherPid`. A holder that is on its way out is waited for. Throws
 * HomeInUse, naming the launcher that holds it.
 */
export async function lockHome(home: string, launcherPid: number): Promise<HomeLock> {
  const startedAt = Date.now();
  for (;;) {
    const database = tryLock(path.join(home, 'lock.sqlite'));
    if (database !== null) {
      await writeHolder(home, { ...(await identifyProcess(launcherPid)), pid: launcherPid, isEnding: false });
      return { release: () => database.close() };
    }
    const holder = await readHolder(home);
    const isLeaving = holder !== null && (holder.isEnding || !(await isAlive(holder)));
    const waitedMs = Date.now() - startedAt;
    if (waitedMs > (isLeaving ? ENDING_TIMEOUT_MS : NOTICE_MS)) throw new HomeInUse(home, holder?.pid ?? null);
    await delay(100);
  }
}

/** Tells the next start to wait for the end of this run instead of giving up; nothing when another run holds the home. */
export async function announceEnd(home: string, launcherPid: number): Promise<void> {
  const holder = await readHolder(home);
  if (holder?.pid === launcherPid) await writeHolder(home, { ...holder, isEnding: true });
}

/** Unlike a file with a process id, the lock of an open SQLite transaction dies with a killed process. */
function tryLock(file: string): DatabaseSync | null {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('begin exclusive');
    return database;
  } catch (error) {
    database.close();
    if (isBusy(error)) return null;
    throw error;
  }
}

function isBusy(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'errcode' in error && SQLITE_BUSY.has(Number(error.errcode));
}

interface Holder extends ProcessIdentity {
  readonly isEnding: boolean;
}

async function writeHolder(home: string, holder: Partial<Holder>): Promise<void> {
  const { pid, startedAt = '', isEnding } = holder;
  await writeJson(path.join(home, 'holder.json'), { pid, started_at: startedAt, is_ending: isEnding });
}

async function readHolder(home: string): Promise<Holder | null> {
  const holder = await readJson(path.join(home, 'holder.json'));
  const pid = holder?.['pid'];
  const startedAt = holder?.['started_at'];
  if (typeof pid !== 'number' || typeof startedAt !== 'string') return null;
  return { pid, startedAt, isEnding: holder?.['is_ending'] === true };
}
