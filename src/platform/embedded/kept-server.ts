import { setTimeout as delay } from 'node:timers/promises';
import { type RunningProgram, type StopStep, stopProgram } from './program.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

interface KeptServerOptions {
  /** Starts the server and resolves once it answers; gives up, leaving nothing behind, when the signal aborts. */
  readonly start: (signal: AbortSignal) => Promise<RunningProgram>;
  readonly stopSteps: readonly StopStep[];
  readonly onDied: (reason: string) => void;
  readonly onRestarted: () => void;
  readonly onRestartFailed: (error: unknown) => void;
}

/** A server that is started anew, on its port, whenever it dies, until `stop`. */
export class KeptServer {
  readonly #options: KeptServerOptions;
  readonly #stopping = new AbortController();
  #starting: Promise<RunningProgram | null> = Promise.resolve(null);
  #program: RunningProgram | null = null;
  #watch: Promise<void> = Promise.resolve();

  constructor(options: KeptServerOptions) {
    this.#options = options;
  }

  /** Throws when the first start fails, or is overtaken by `stop`. */
  async start(): Promise<void> {
    const starting = this.#options.start(this.#stopping.signal);
    this.#starting = starting.catch(() => null);
    this.#program = await starting;
    this.#watch = this.#keepRunning(this.#program);
  }

  /** Ends the server, also one that is still on its way up, and resolves when nothing of it is left. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const first = await this.#starting;
    const program = this.#program ?? first;
    if (program !== null) await stopProgram(program, this.#options.stopSteps);
    await this.#watch;
  }

  async #keepRunning(first: RunningProgram): Promise<void> {
    let program = first;
    for (;;) {
      const { code, signal } = await program.ended;
      if (this.#stopping.signal.aborted) return;
      this.#options.onDied(signal ?? `status ${code}`);
      const next = await this.#restart();
      if (next === null) return;
      program = next;
      this.#program = next;
      // The stop that came while this start succeeded has seen only the dead program.
      if (this.#stopping.signal.aborted) await stopProgram(next, this.#options.stopSteps);
      else this.#options.onRestarted();
    }
  }

  /** Tries with growing pauses; null when the server is to stop. */
  async #restart(): Promise<RunningProgram | null> {
    for (let pause = FIRST_PAUSE_MS; !this.#stopping.signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        return await this.#options.start(this.#stopping.signal);
      } catch (error) {
        this.#options.onRestartFailed(error);
      }
      await delay(pause, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
    return null;
  }
}
