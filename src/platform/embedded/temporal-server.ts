import { Connection } from '@temporalio/client';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { logTail, rotateLog } from './log-tail.ts';
import { type RunningProgram, type StopStep, startProgram, stopProgram } from './program.ts';

const STARTUP_TIMEOUT_MS = 60_000;

export const TEMPORAL_STOP: readonly StopStep[] = [
  { signal: 'SIGINT', waitMs: 3_000 },
  { signal: 'SIGKILL', waitMs: 500 },
];

/** One development server: `folder` holds its log and, with `keepsData`, its SQLite store. */
export interface TemporalStore {
  readonly command: string;
  readonly folder: string;
  readonly port: number;
  /** The port of the web UI; without one the server runs without UI. */
  readonly uiPort?: number;
  /** False keeps everything in memory, for tests. */
  readonly keepsData: boolean;
  /** Told the process id before the server answers, so that a killed start can be cleaned up. */
  readonly onSpawn?: (pid: number) => Promise<void>;
  /** Gives the start up and ends the server. */
  readonly signal?: AbortSignal;
}

export interface RunningTemporal {
  readonly program: RunningProgram;
  readonly address: string;
}

/** Starts the development server and waits until it answers. Throws with the end of the log when it does not. */
export async function startTemporal(store: TemporalStore): Promise<RunningTemporal> {
  await mkdir(store.folder, { recursive: true, mode: 0o700 });
  const logFile = path.join(store.folder, 'temporal.log');
  await rotateLog(logFile);
  const address = `127.0.0.1:${store.port}`;
  const program = await startProgram({
    command: store.command,
    args: serverArguments(store),
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: store.folder, TZ: 'UTC' },
    logFile,
  });
  try {
    await store.onSpawn?.(program.pid);
    await waitUntilReady(program, address, store.signal);
  } catch (cause) {
    await stopProgram(program, TEMPORAL_STOP);
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the Temporal server did not start: ${message}\n${await logTail(logFile)}`, { cause });
  }
  return { program, address };
}

function serverArguments(store: TemporalStore): string[] {
  const ui = store.uiPort === undefined ? ['--headless'] : ['--ui-port', String(store.uiPort)];
  // In write-ahead mode a commit costs no wait for the disk: three to four times the throughput of the default.
  const durability = ['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal'];
  const file = store.keepsData ? ['--db-filename', path.join(store.folder, 'temporal.sqlite'), ...durability] : [];
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(store.port), ...ui, ...file],
    ...['--log-level', 'warn', '--log-format', 'json'],
    // A run shorter than a second would delay its successor.
    ...['--dynamic-config-value', 'history.workflowIdReuseMinimalInterval="0s"'],
    // Search attributes are usable at once after they were registered.
    ...['--dynamic-config-value', 'system.forceSearchAttributesCacheRefreshOnRead=true'],
  ];
}

async function waitUntilReady(program: RunningProgram, address: string, signal?: AbortSignal): Promise<void> {
  const deadline = Date.now() + STARTUP_TIMEOUT_MS;
  for (;;) {
    signal?.throwIfAborted();
    if (program.hasEnded()) {
      const { code, signal } = await program.ended;
      throw new Error(`it ended at once (${signal ?? `status ${code}`})`);
    }
    try {
      // The default namespace is made last, and only then clients are served.
      const connection = await Connection.connect({ address, connectTimeout: 2_000 });
      await connection.workflowService.describeNamespace({ namespace: 'default' });
      await connection.close();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(50);
    }
  }
}
