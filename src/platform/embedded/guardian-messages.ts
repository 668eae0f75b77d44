import { readLine } from './json-line.ts';

/** What the guardian is to run, given as its only argument. */
export interface GuardianOrder {
  readonly home: string;
  /** The process on whose behalf the home is held; it is named to whoever finds the home in use. */
  readonly launcherPid: number;
  readonly runsPostgres: boolean;
  readonly runsTemporal: boolean;
}

/** Where the guardian's servers answer; null for one that it does not run. */
export interface ServerAddresses {
  readonly databaseUrl: string | null;
  readonly temporalAddress: string | null;
  readonly temporalUiUrl: string | null;
}

export type EmbeddedServer = 'postgres' | 'temporal';

/** The guardian's lines on standard output, one JSON object each. */
export type GuardianMessage =
  | { readonly event: 'progress'; readonly message: string }
  | ({ readonly event: 'ready'; readonly ready: true } & ServerAddresses)
  | { readonly event: 'died'; readonly server: EmbeddedServer; readonly reason: string }
  | { readonly event: 'restarted'; readonly server: EmbeddedServer }
  | { readonly event: 'failed'; readonly message: string };

export function writeGuardianMessage(message: GuardianMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** Null for a line that is no message of the guardian, such as a warning of Node. */
export function readGuardianMessage(line: string): GuardianMessage | null {
  const value = readLine(line);
  return typeof value?.['event'] === 'string' ? (value as unknown as GuardianMessage) : null;
}
