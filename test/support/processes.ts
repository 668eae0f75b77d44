import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { identifyProcess, isAlive, type ProcessIdentity } from '../../src/platform/embedded/process-identity.ts';

const run = promisify(execFile);

export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

export async function listProcesses(): Promise<ProcessRow[]> {
  const { stdout } = await run('ps', ['-A', '-ww', '-o', 'pid=,ppid=,args='], { maxBuffer: 20_000_000 });
  return stdout.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line);
    return match === null ? [] : [{ pid: Number(match[1]), parent: Number(match[2]), command: match[3] ?? '' }];
  });
}

/** A process and everything below it. */
export async function familyOf(pid: number): Promise<ProcessRow[]> {
  const all = await listProcesses();
  const family = all.filter((row) => row.pid === pid);
  for (const member of family) family.push(...all.filter((row) => row.parent === member.pid));
  return family;
}

export async function identifyAll(rows: readonly ProcessRow[]): Promise<ProcessIdentity[]> {
  const found = await Promise.all(rows.map((row) => identifyProcess(row.pid)));
  return found.filter((identity) => identity !== null);
}

/** Resolves with those that still live when the time is over; empty as soon as none does. */
export async function waitUntilGone(
  identities: readonly ProcessIdentity[],
  timeoutMs: number,
): Promise<ProcessIdentity[]> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const alive = await Promise.all(identities.map(isAlive));
    const left = identities.filter((_, index) => alive[index]);
    if (left.length === 0 || Date.now() > deadline) return left;
    await delay(50);
  }
}
