import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProgramEnd } from '../embedded/program.ts';

/** A part of this product that runs as a process of its own. */
export interface NodeChildSpec {
  /** Absolute path of its main file. */
  readonly main: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /**
   * Takes what it writes to standard error; a file and no pipe, so that its last words outlive this process. Null
   * shows it at the terminal.
   */
  readonly logFile: string | null;
  readonly onLine: (line: string) => void;
}

/** A running part; its standard input is a pipe from here, whose end is its sign to end as well. */
export class NodeChild {
  readonly pid: number;
  readonly ended: Promise<ProgramEnd>;
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess, pid: number) {
    this.#process = child;
    this.pid = pid;
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
  }

  static async start(spec: NodeChildSpec): Promise<NodeChild> {
    const log = spec.logFile === null ? null : await open(spec.logFile, 'a', 0o600);
    try {
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', spec.main, ...spec.args], {
        // In a session of its own: a Ctrl-C in the terminal reaches only the launcher, which ends its parts in order.
        detached: true,
        stdio: ['pipe', 'pipe', log?.fd ?? 'inherit'],
        env: { ...spec.env, DURABILL_SUPERVISED: '1' },
      });
      child.stdin?.on('error', () => undefined);
      if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', spec.onLine);
      await once(child, 'spawn');
      if (child.pid === undefined) throw new Error(`${spec.main} started without a process id`);
      return new NodeChild(child, child.pid);
    } finally {
      await log?.close();
    }
  }

  /** Asks it to end, by the end of its input and by SIGTERM; true when it did within the time. */
  async askToEnd(waitMs: number): Promise<boolean> {
    this.#process.stdin?.end();
    this.#process.kill('SIGTERM');
    const timer = new AbortController();
    const isLate = delay(waitMs, false, { signal: timer.signal }).catch(() => false);
    const hasEnded = await Promise.race([this.ended.then(() => true), isLate]);
    timer.abort();
    return hasEnded;
  }

  async kill(): Promise<ProgramEnd> {
    this.#process.kill('SIGKILL');
    return this.ended;
  }
}
