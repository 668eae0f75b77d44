import { setTimeout as delay } from 'node:timers/promises';
import { readLine } from '../embedded/json-line.ts';
import { logTail, rotateLog } from '../embedded/log-tail.ts';
import type { ProgramEnd } from '../embedded/program.ts';
import { NodeChild } from './node-child.ts';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;
const LATE_GRACE_MS = 1_000;
/** A part that ran this long is taken to be well, and the next pause is short again. */
const WELL_AFTER_MS = 30_000;

export interface PartSpec {
  readonly name: string;
  readonly main: string;
  readonly args?: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Null shows its standard error at the terminal. */
  readonly logFile: string | null;
  /** Called for each line of its standard output; a JSON object with `ready: true` says that it serves. */
  readonly onLine?: (line: string) => void;
  /** True for a part that would leave others behind. */
  readonly mustNotBeKilled?: boolean;
  /** A sentence for the person at the terminal. */
  readonly onNews: (sentence: string) => void;
}

/** A part that is started anew, with growing pauses, whenever it ends by itself. */
export class KeptPart {
  readonly #spec: PartSpec;
  readonly #stopping = new AbortController();
  #child: NodeChild | null = null;

  constructor(spec: PartSpec) {
    this.#spec = spec;
  }

  /** Resolves when the part says that it is ready. Throws with the end of its log when it ends before that. */
  async start(): Promise<void> {
    if (this.#spec.logFile !== null) await rotateLog(this.#spec.logFile);
    const ready = Promise.withResolvers<void>();
    const child = await this.#spawn(ready.resolve);
    const failed = child.ended.then((end) => Promise.reject(new Error(`the ${this.#spec.name} ${describe(end)}`)));
    try {
      await Promise.race([ready.promise, failed]);
    } catch (cause) {
      if (this.#stopping.signal.aborted) return;
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${message} before it was ready${await this.#lastWords()}`, { cause });
    }
    this.#keepRunning(child).catch((error: unknown) => this.#spec.onNews(`The ${this.#spec.name}: ${String(error)}`));
  }

  /** Ends the part. One that takes longer is killed, or left to end by itself when it `mustNotBeKilled`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    if (this.#child === null || (await this.#child.askToEnd(graceMs))) return;
    if (this.#spec.mustNotBeKilled !== true) await this.#child.kill();
  }

  async #lastWords(): Promise<string> {
    return this.#spec.logFile === null ? '' : `\n${await logTail(this.#spec.logFile)}`;
  }

  async #spawn(onReady: () => void): Promise<NodeChild> {
    const { main, args = [], env, logFile, onLine } = this.#spec;
    const child = await NodeChild.start({
      main,
      args,
      env,
      logFile,
      onLine: (line) => {
        onLine?.(line);
        if (readLine(line)?.['ready'] === true) onReady();
      },
    });
    this.#child = child;
    // The stop that came during the start has not seen this child.
    if (this.#stopping.signal.aborted) await this.stop(LATE_GRACE_MS);
    return child;
  }

  async #keepRunning(first: NodeChild): Promise<void> {
    let child = first;
    let pause = FIRST_PAUSE_MS;
    for (;;) {
      const startedAt = performance.now();
      const end = await child.ended;
      if (this.#stopping.signal.aborted) return;
      if (performance.now() - startedAt > WELL_AFTER_MS) pause = FIRST_PAUSE_MS;
      const log = this.#spec.logFile === null ? '' : ` (log: ${this.#spec.logFile})`;
      this.#spec.onNews(`The ${this.#spec.name} ${describe(end)}; starting it again${log}.`);
      await delay(pause, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      if (this.#stopping.signal.aborted) return;
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      child = await this.#spawn(() => this.#spec.onNews(`The ${this.#spec.name} is back.`));
    }
  }
}

function describe(end: ProgramEnd): string {
  return end.signal === null ? `ended with status ${end.code}` : `was ended by ${end.signal}`;
}
