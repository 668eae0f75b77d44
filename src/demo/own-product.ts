import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { CliError } from '../cli/cli-error.ts';
import { type Host, printNote } from '../cli/host.ts';

const START = fileURLToPath(new URL('../main/start.ts', import.meta.url));
const READY = /^ready (http\S+)/;

/** The product, started by the demo: the same launcher that `npm start` runs, ended when the demo ends. */
export class OwnProduct {
  readonly #child: ChildProcess;
  /** Resolves when all of it has ended. */
  readonly exited: Promise<void>;
  readonly url: string;

  private constructor(child: ChildProcess, exited: Promise<void>, url: string) {
    this.#child = child;
    this.exited = exited;
    this.url = url;
  }

  /**
   * Starts it as the environment says and tells what it tells; resolves when it serves.
   *
   * @throws CliError when it ends before that
   */
  static async start(host: Host): Promise<OwnProduct> {
    // Its standard input is a pipe from here, whose end tells it that this process is gone, however that ended.
    const child = spawn(process.execPath, [...process.execArgv, START], {
      env: { ...host.env, DURABILL_SUPERVISED: '1' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.on('error', () => undefined);
    const exited = once(child, 'exit').then(() => undefined);
    const stop = () => child.kill('SIGTERM');
    host.signal.addEventListener('abort', stop, { once: true });
    const ready = new Promise<string>((resolve) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const url = READY.exec(line)?.[1];
        if (url === undefined) printNote(host, line);
        else resolve(url);
      });
    });
    const url = await Promise.race([ready, exited]);
    if (url !== undefined) return new OwnProduct(child, exited, url);
    if (host.signal.aborted) throw new CliError('interrupted', 'Interrupted.');
    throw new CliError('unreachable', 'The product did not start; it says above why.');
  }

  /** Ends all of it. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.exited;
  }
}
