import type { Writable } from 'node:stream';

/** What a command sees of the process it runs in; tests give their own. */
export interface Host {
  readonly env: NodeJS.ProcessEnv;
  /** Results. */
  readonly stdout: Writable;
  /** Progress, notes and errors. */
  readonly stderr: Writable & { readonly isTTY?: boolean };
  /** Aborts on Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
}

export function printLine(host: Host, text: string): void {
  host.stdout.write(`${text}\n`);
}

/** For people, never part of a result. */
export function printNote(host: Host, text: string): void {
  host.stderr.write(`${text}\n`);
}

export function printJson(host: Host, value: unknown): void {
  printLine(host, JSON.stringify(value, null, 2));
}
