import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { logTail, rotateLog } from './log-tail.ts';
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.ts';
import { type RunningProgram, type StopStep, startProgram, stopProgram } from './program.ts';

const SUPERUSER = 'durabill';
const DATABASE = 'durabill';
const STARTUP_TIMEOUT_MS = 60_000;

/**
 * SIGINT is PostgreSQL's fast shutdown (sessions end, a checkpoint is written), SIGQUIT the immediate one, after which
 * the next start replays the log. The whole fits into the ten seconds that an installation has to end.
 */
export const POSTGRES_STOP: readonly StopStep[] = [
  { signal: 'SIGINT', waitMs: 2_500 },
  { signal: 'SIGQUIT', waitMs: 800 },
  { signal: 'SIGKILL', waitMs: 200 },
];

/** One database cluster of the embedded PostgreSQL: `folder` holds `data/`, the password and the log. */
export interface PostgresCluster {
  readonly folder: string;
  readonly port: number;
  /** Server settings beyond the product's own, such as `fsync: 'off'` for throw-away clusters. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Told the process id before the server answers, so that a killed start can be cleaned up. */
  readonly onSpawn?: (pid: number) => Promise<void>;
  /** Gives the start up and ends the server. */
  readonly signal?: AbortSignal;
}

export interface RunningPostgres {
  readonly program: RunningProgram;
  readonly url: string;
}

/**
 * Makes the cluster when the folder has none, starts it and waits until it answers.
 * Throws with the end of the log when it does not come up.
 */
export async function startPostgres(cluster: PostgresCluster): Promise<RunningPostgres> {
  const binaries = await findPostgresBinaries();
  await mkdir(cluster.folder, { recursive: true, mode: 0o700 });
  await initCluster(binaries, cluster);
  cluster.signal?.throwIfAborted();
  const password = await readFile(path.join(cluster.folder, 'password'), 'utf8');
  const logFile = path.join(cluster.folder, 'postgres.log');
  await rotateLog(logFile);
  const program = await startProgram({
    ...asServerUser(binaries.postgres, serverArguments(cluster)),
    env: serverEnvironment(),
    logFile,
  });
  const address = `postgres://${SUPERUSER}:${password}@127.0.0.1:${cluster.port}`;
  try {
    await cluster.onSpawn?.(program.pid);
    await waitUntilReady(program, `${address}/postgres`, cluster.signal);
    await createDatabase(`${address}/postgres`);
  } catch (cause) {
    await stopProgram(program, POSTGRES_STOP);
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`embedded PostgreSQL did not start: ${message}\n${await logTail(logFile)}`, { cause });
  }
  return { program, url: `${address}/${DATABASE}` };
}

function serverArguments(cluster: PostgresCluster): string[] {
  const settings = {
    timezone: 'UTC',
    listen_addresses: '127.0.0.1',
    max_connections: '200',
    // A new installation grows from nothing within seconds; until there are statistics, plans are guesses.
    autovacuum_naptime: '5s',
    ...cluster.settings,
  };
  return [
    '-D',
    path.join(cluster.folder, 'data'),
    '-p',
    String(cluster.port),
    // No Unix socket: its path may be too long, and another cluster may use the port's name.
    '-k',
    '',
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}

/**
 * PostgreSQL refuses to run as root. Inside a user namespace root's files belong to user 1000, so the server runs
 * as that user even in folders that only root may enter.
 */
function asServerUser(command: string, args: readonly string[]): { command: string; args: readonly string[] } {
  if (process.getuid?.() !== 0) return { command, args };
  return {
    command: 'unshare',
    args: ['--user', '--map-user=1000', '--map-group=1000', '--', command, ...args],
  };
}

function serverEnvironment(): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

/** Makes `data/` beside its final place and renames it, so a killed start leaves no half-made cluster. */
async function initCluster(binaries: PostgresBinaries, { folder, signal }: PostgresCluster): Promise<void> {
  const data = path.join(folder, 'data');
  const isMade = await access(path.join(data, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
  if (isMade) return;
  const fresh = path.join(folder, 'data.new');
  await rm(fresh, { recursive: true, force: true });
  const passwordFile = path.join(folder, 'password');
  await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  const initdb = asServerUser(binaries.initdb, [
    ...['-D', fresh, `--username=${SUPERUSER}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'],
    ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    '--no-instructions',
  ]);
  await runToEnd(initdb, signal).catch((cause: Error) => {
    throw new Error(`initdb failed: ${explainFailure(cause)}`, { cause });
  });
  await rename(fresh, data);
}

/** Resolves or rejects only when the program is gone, also after an abort: nobody waits for a half-dead one later. */
async function runToEnd(program: { command: string; args: readonly string[] }, signal?: AbortSignal): Promise<void> {
  const child = spawn(program.command, [...program.args], {
    env: serverEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(signal && { signal }),
  });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const failures: Error[] = [];
  child.once('error', (error) => failures.push(error));
  const [code] = await new Promise<unknown[]>((resolve) => {
    child.once('close', (...end) => resolve(end));
  });
  const [failure] = failures;
  if (failure !== undefined) throw failure;
  if (code !== 0) throw new Error(output);
}

function explainFailure(error: Error): string {
  if (process.getuid?.() === 0 && /unshare|Operation not permitted|ENOENT/.test(error.message)) {
    return (
      `${error.message.trim()}\nPostgreSQL refuses to run as root, and this machine allows no user namespace. ` +
      'Run as another user, or set DATABASE_URL to a PostgreSQL server.'
    );
  }
  return error.message.trim();
}

async function waitUntilReady(program: RunningProgram, url: string, signal?: AbortSignal): Promise<void> {
  const deadline = Date.now() + STARTUP_TIMEOUT_MS;
  for (;;) {
    signal?.throwIfAborted();
    if (program.hasEnded()) {
      const { code, signal } = await program.ended;
      throw new Error(`it ended at once (${signal ?? `status ${code}`})`);
    }
    const failure = await tryConnect(url);
    if (failure === null) return;
    if (Date.now() > deadline) throw failure;
    await delay(30);
  }
}

async function tryConnect(url: string): Promise<Error | null> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function createDatabase(adminUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (found.rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}
