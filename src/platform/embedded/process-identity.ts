import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { signalProcess } from './program.ts';

const run = promisify(execFile);

/** A process that is told from a later one with the same id by the moment it started. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startedAt: string;
}

/** Null when no such process runs. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | null> {
  const startedAt = process.platform === 'linux' ? await startOnLinux(pid) : await startByPs(pid);
  return startedAt === null ? null : { pid, startedAt };
}

export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await identifyProcess(identity.pid))?.startedAt === identity.startedAt;
}

/** Ends a process that somebody else started, by the given signals in turn; true when there was one. */
export async function endProcess(
  identity: ProcessIdentity,
  steps: readonly { signal: NodeJS.Signals; waitMs: number }[],
): Promise<boolean> {
  if (!(await isAlive(identity))) return false;
  for (const { signal, waitMs } of steps) {
    signalProcess(identity.pid, signal);
    const deadline = Date.now() + waitMs;
    while (Date.now() < deadline) {
      if (!(await isAlive(identity))) return true;
      await delay(25);
    }
  }
  throw new Error(`process ${identity.pid} does not end`);
}

/** Clock ticks from the boot to the start, with the boot's id: both never change while the process runs. */
async function startOnLinux(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => null);
  if (stat === null) return null;
  // The command's name is in parentheses and may hold spaces; state is field 3, the start time field 22.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z') return null;
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'latin1').catch(() => '');
  return `${boot.trim()} ${fields[19]}`;
}

async function startByPs(pid: number): Promise<string | null> {
  const output = await run('ps', ['-o', 'lstart=', '-p', String(pid)]).then(
    ({ stdout }) => stdout.trim(),
    () => '',
  );
  return output === '' ? null : output;
}
