import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ProcessIdentity } from '../../src/platform/embedded/process-identity.ts';
import { signalProcess } from '../../src/platform/embedded/program.ts';
import { familyOf, identifyAll, listProcesses, type ProcessRow, waitUntilGone } from './processes.ts';

export const PROJECT_ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** How a person starts the product. */
export const NPM_START = ['npm', 'start'];

export type Part = 'npm' | 'run' | 'launcher' | 'guardian' | 'api' | 'worker' | 'postgres' | 'temporal';

const PART_COMMANDS: Readonly<Record<Part, RegExp>> = {
  npm: /^npm start/,
  run: /scripts\/run\.mjs src\/main\/start\.ts/,
  launcher: /\/src\/main\/start\.ts$/,
  guardian: /\/src\/main\/guardian\.ts /,
  api: /\/src\/main\/api\.ts$/,
  worker: /\/src\/main\/worker\.ts$/,
  postgres: /\/bin\/postgres -D /,
  temporal: /temporal server start-dev /,
};

const launched: Installation[] = [];

interface StartOptions {
  readonly home: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly command?: readonly string[];
}

/** One run of the product in processes of its own, as a person would start it. */
export class Installation {
  readonly #child: ChildProcess;
  readonly exited: Promise<number>;
  output = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    launched.push(this);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.exited = new Promise((resolve, reject) => {
      child.once('error', reject);
      // Parts that outlived a killed launcher may hold its output open, so this does not wait for 'close'.
      child.once('exit', (code, signal) => resolve(code ?? (signal === null ? -1 : -2)));
    });
  }

  /** Starts it on a free port, without waiting for anything. */
  static launch({ home, env = {}, command = NPM_START }: StartOptions): Installation {
    const [program = '', ...args] = command;
    const settings = { ...process.env, PORT: '0', DURABILL_HOME: home, ...env };
    const child = spawn(program, args, { cwd: PROJECT_ROOT, env: settings, stdio: ['ignore', 'pipe', 'pipe'] });
    return new Installation(child);
  }

  static async start(options: StartOptions): Promise<Installation> {
    const installation = Installation.launch(options);
    await installation.waitFor(/^ready http/m);
    return installation;
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** The URL of its `ready` line. */
  get apiUrl(): string {
    return /^ready (http\S+)/m.exec(this.output)?.[1] ?? '';
  }

  /** Waits until the output matches. Throws with the whole output when it ends before that. */
  async waitFor(pattern: RegExp): Promise<void> {
    const gone = this.exited.then(() => true);
    while (!pattern.test(this.output)) {
      if (await Promise.race([gone, delay(30, false)])) {
        // What it wrote last may still be on its way.
        await delay(100);
        if (pattern.test(this.output)) return;
        throw new Error(`it ended before ${pattern}:\n${this.output}`);
      }
    }
  }

  async family(): Promise<ProcessRow[]> {
    return familyOf(this.pid);
  }

  /** Everything that this run started and that lives now. */
  async identities(): Promise<ProcessIdentity[]> {
    return identifyAll(await this.family());
  }

  async pidOf(part: Part): Promise<number> {
    const family = await this.family();
    const found = family.find((row) => PART_COMMANDS[part].test(row.command));
    if (found === undefined) throw new Error(`no ${part} in:\n${family.map((row) => row.command).join('\n')}`);
    return found.pid;
  }

  /** Kills everything that this run started, for the clean-up after a failed test. */
  async kill(): Promise<void> {
    // The launcher comes first, or it would start the others anew.
    for (const { pid } of await this.family()) signalProcess(pid, 'SIGKILL');
  }

  async stop(): Promise<number> {
    this.#child.kill('SIGTERM');
    return this.exited;
  }
}

const homes: string[] = [];

/** An empty folder for one home, in a folder of its own. Call `removeHomes` after the tests that use it. */
export async function temporaryHome(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'durabill-home-'));
  homes.push(folder);
  return path.join(folder, 'home');
}

/** Ends whatever failed tests left running, and removes all homes made so far. */
export async function removeHomes(): Promise<void> {
  for (const run of launched.splice(0)) await run.kill();
  for (const folder of homes.splice(0)) {
    const strays = (await listProcesses()).filter((row) => row.command.includes(folder));
    for (const { pid } of strays) signalProcess(pid, 'SIGKILL');
    await waitUntilGone(await identifyAll(strays), 5_000);
    await rm(folder, { recursive: true, force: true });
  }
}
