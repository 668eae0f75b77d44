import pg from 'pg';
import { freePort } from '../../../src/platform/embedded/free-port.ts';
import { startPostgres } from '../../../src/platform/embedded/postgres-server.ts';
import type { RunningProgram } from '../../../src/platform/embedded/program.ts';
import { migrate } from '../../../src/storage/migrate.ts';

const TEMPLATE = 'durabill_template';

/** One PostgreSQL whose databases are copies of a migrated template. */
export interface TestCluster {
  readonly program: RunningProgram;
  readonly create: (options: { migrated: boolean }) => Promise<{ name: string; url: string }>;
  readonly drop: (name: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function startTestCluster(folder: string): Promise<TestCluster> {
  const { program, url } = await startPostgres({
    folder,
    port: await freePort(),
    // Nothing here outlives the test run, so nothing needs to reach the disk.
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '300' },
  });
  const admin = new pg.Pool({ connectionString: url, max: 4 });
  admin.on('error', () => undefined);
  const urlOf = (name: string) => Object.assign(new URL(url), { pathname: `/${name}` }).href;
  let template: Promise<unknown> | undefined;
  const makeTemplate = async () => {
    await admin.query(`create database ${TEMPLATE}`);
    await migrate(urlOf(TEMPLATE));
  };
  let count = 0;
  return {
    program,
    create: async ({ migrated }) => {
      count += 1;
      const name = `test_${count}`;
      if (migrated) await (template ??= makeTemplate());
      await admin.query(`create database ${name} template ${migrated ? TEMPLATE : 'template0'}`);
      return { name, url: urlOf(name) };
    },
    drop: async (name) => {
      if (!/^test_\d+$/.test(name)) throw new Error(`not a test database: ${name}`);
      await admin.query(`drop database if exists ${name} with (force)`);
    },
    close: () => admin.end(),
  };
}
