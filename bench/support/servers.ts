import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { freePort } from '../../src/platform/embedded/free-port.ts';
import { POSTGRES_STOP, startPostgres } from '../../src/platform/embedded/postgres-server.ts';
import { type RunningProgram, type StopStep, stopProgram } from '../../src/platform/embedded/program.ts';
import { findTemporalCli } from '../../src/platform/embedded/temporal-binaries.ts';
import { startTemporal, TEMPORAL_STOP } from '../../src/platform/embedded/temporal-server.ts';

/** PostgreSQL and Temporal as `npm start` runs them, everything durable, in a folder that is gone afterwards. */
export interface BenchServers {
  readonly temporalAddress: string;
  /** The SQLite file of Temporal's store. */
  readonly temporalFile: string;
  readonly folder: string;
  /** An empty database of its own; its URL. */
  readonly createDatabase: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

export async function startServers(settings: Readonly<Record<string, string>> = {}): Promise<BenchServers> {
  const folder = await mkdtemp(path.join(tmpdir(), 'durabill-bench-'));
  const running: { readonly program: RunningProgram; readonly steps: readonly StopStep[] }[] = [];
  const stop = async () => {
    await Promise.all(running.map(({ program, steps }) => stopProgram(program, steps)));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const postgres = await startPostgres({ folder: path.join(folder, 'postgres'), port: await freePort(), settings });
    running.push({ program: postgres.program, steps: POSTGRES_STOP });
    const store = path.join(folder, 'temporal');
    const command = await findTemporalCli((message) => console.error(message));
    const temporal = await startTemporal({ command, folder: store, port: await freePort(), keepsData: true });
    running.push({ program: temporal.program, steps: TEMPORAL_STOP });
    return {
      temporalAddress: temporal.address,
      temporalFile: path.join(store, 'temporal.sqlite'),
      folder,
      createDatabase: databaseMaker(postgres.url),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function databaseMaker(url: string): () => Promise<string> {
  let made = 0;
  return async () => {
    made += 1;
    const name = `bench_${made}`;
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    try {
      await admin.query(`create database ${name}`);
    } finally {
      await admin.end();
    }
    return Object.assign(new URL(url), { pathname: `/${name}` }).href;
  };
}
