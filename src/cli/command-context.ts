import type { Command } from 'commander';
import { ApiClient } from './api-client.ts';
import { type Connection, type ConnectionOptions, connectionOf } from './connection.ts';
import { type Host, printNote } from './host.ts';
import { QUICK_RETRIES, type RetryPolicy } from './retry.ts';

/** What a command works with, made of the options that all commands share. */
export interface CommandContext {
  readonly host: Host;
  readonly connection: Connection;
  readonly client: ApiClient;
  /** Print the API's answer instead of text for people. */
  readonly json: boolean;
}

interface SharedOptions extends ConnectionOptions {
  readonly json?: boolean;
}

interface ContextOptions {
  readonly retries?: RetryPolicy;
  readonly onWait?: (why: string) => void;
}

/** @throws CliError when there is no address or key */
export async function contextOf(host: Host, command: Command, options: ContextOptions = {}): Promise<CommandContext> {
  const shared = command.optsWithGlobals<SharedOptions>();
  const connection = await connectionOf(host, shared);
  const { retries = QUICK_RETRIES, onWait = (why: string) => printNote(host, why) } = options;
  const client = new ApiClient({ ...connection, signal: host.signal, retries, onWait });
  return { host, connection, client, json: shared.json === true };
}
