import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** A server to run: its output goes to a log file. */
export interface ProgramSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
}

export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that this process started; whoever starts one awaits `ended` before it ends itself. */
export interface RunningProgram {
  readonly pid: number;
  readonly ended: Promise<ProgramEnd>;
  readonly hasEnded: () => boolean;
}

/** A polite signal, the time it gets, and then the next one; the last step is waited for without limit. */
export interface StopStep {
  readonly signal: NodeJS.Signals;
  readonly waitMs: number;
}

/**
 * Starts a server in a session of its own: a Ctrl-C in the terminal reaches only the launcher, which ends the parts
 * in their order. Throws when the program cannot be executed.
 */
export async function startProgram(spec: ProgramSpec): Promise<RunningProgram> {
  const log = await open(spec.logFile, 'a', 0o600);
  try {
    const child = spawn(spec.command, [...spec.args], {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: { ...spec.env },
    });
    const ended = endOf(child);
    await once(child, 'spawn');
    const { pid } = child;
    if (pid === undefined) throw new Error(`${spec.command} started without a process id`);
    return { pid, ended, hasEnded: () => child.exitCode !== null || child.signalCode !== null };
  } finally {
    await log.close();
  }
}

function endOf(child: ChildProcess): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

/** Ends a program by the given signals in turn and waits until it is gone. */
export async function stopProgram(program: RunningProgram, steps: readonly StopStep[]): Promise<ProgramEnd> {
  for (const step of steps) {
    if (program.hasEnded()) break;
    signalProcess(program.pid, step.signal);
    const timer = new AbortController();
    await Promise.race([program.ended, delay(step.waitMs, undefined, { signal: timer.signal }).catch(() => undefined)]);
    timer.abort();
  }
  return program.ended;
}

/** False when no such process exists any more. */
export function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}
