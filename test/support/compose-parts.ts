import path from 'node:path';
import pg from 'pg';
import { readFile } from 'node:fs/promises';
import { findTemporalCli } from '../../src/platform/embedded/temporal-binaries.ts';
import { readCompose } from './compose-file.ts';
import { createEmptyDatabase } from './database.ts';
import { Installation, PROJECT_ROOT } from './installation.ts';
import { testTemporal } from './temporal.ts';

/**
 * What docker-compose.yml runs, as processes of this machine: the same commands with the same settings, but for the
 * addresses of PostgreSQL and Temporal, which stand in for the containers of those names.
 */
export class ComposeParts {
  readonly #env: NodeJS.ProcessEnv;
  readonly #home: string;
  readonly #path: string;
  readonly #databases: RoleDatabases;
  readonly #addresses: NodeJS.ProcessEnv;

  private constructor(made: {
    env: NodeJS.ProcessEnv;
    home: string;
    path: string;
    databases: RoleDatabases;
    temporalAddress: string;
  }) {
    this.#env = made.env;
    this.#home = made.home;
    this.#path = made.path;
    this.#databases = made.databases;
    this.#addresses = { DATABASE_URL: made.databases.url, TEMPORAL_ADDRESS: made.temporalAddress };
  }

  /** @param env what a person would have in .env */
  static async prepare({ env, home }: { env: NodeJS.ProcessEnv; home: string }): Promise<ComposeParts> {
    const databases = await makeRoleDatabases(env);
    const cli = await findTemporalCli(() => undefined);
    const { address } = await testTemporal();
    return new ComposeParts({
      env,
      home,
      path: `${path.dirname(path.resolve(cli))}${path.delimiter}${process.env['PATH'] ?? ''}`,
      databases,
      temporalAddress: address,
    });
  }

  /** Starts the command of a service; on a port of its own, so that one service can run several times. */
  async launch(service: string, more: readonly string[] = []): Promise<Installation> {
    const { command, settings } = await this.#read(service);
    return this.#run([...command, ...more], settings);
  }

  /** Runs the health check of a service beside a process of it, and returns its exit status. */
  async checkHealth(service: string, port: string): Promise<number> {
    const { healthCheck, settings } = await this.#read(service);
    return this.#run(healthCheck, { ...settings, PORT: port }).exited;
  }

  async #read(service: string) {
    const found = (await readCompose(this.#env)).services[service];
    if (found === undefined) throw new Error(`docker-compose.yml has no service ${service}`);
    const mounted = (word: string) => word.replace(/^\/deploy\//, path.join(PROJECT_ROOT, 'deploy/temporal/'));
    const { environment: own = {} } = found;
    const addresses = Object.entries(this.#addresses).filter(([name]) => Object.hasOwn(own, name));
    return {
      command: (found.command ?? []).map(mounted),
      healthCheck: (found.healthcheck?.test ?? []).slice(1),
      settings: { ...own, ...Object.fromEntries(addresses), HOST: '127.0.0.1', PORT: '0', PATH: this.#path },
    };
  }

  #run([program = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): Installation {
    // The image has one Node, the pinned one.
    const command = [program === 'node' ? process.execPath : program, ...args];
    return Installation.launch({ home: this.#home, env, command });
  }

  async removeDatabases(): Promise<void> {
    await this.#databases.drop();
  }
}

interface RoleDatabases {
  /** Of the product's database, as its own role. */
  readonly url: string;
  readonly drop: () => Promise<void>;
}

/** Runs deploy/postgres/roles.sql as the image of PostgreSQL does, with names that nothing else in the test server has. */
async function makeRoleDatabases(env: NodeJS.ProcessEnv): Promise<RoleDatabases> {
  const scratch = await createEmptyDatabase();
  const admin = new pg.Client({ connectionString: scratch.url });
  await admin.connect();
  const text = await readFile(path.join(PROJECT_ROOT, 'deploy/postgres/roles.sql'), 'utf8');
  const passwords = new Map(
    [...text.matchAll(/^\\getenv (\w+) (\w+)$/gm)].map(([, name = '', variable = '']) => [name, env[variable] ?? '']),
  );
  const statements = text
    .replace(/^(?:--|\\).*$/gm, '')
    .replace(/:'(\w+)'/g, (_, name: string) => pg.escapeLiteral(passwords.get(name) ?? ''))
    .replace(/\b(durabill|temporal|temporal_visibility)\b/g, 'compose_$1')
    .split(';')
    .filter((statement) => statement.trim() !== '');
  for (const statement of statements) await admin.query(statement);
  const url = new URL(scratch.url);
  url.username = 'compose_durabill';
  url.password = env['DURABILL_DB_PASSWORD'] ?? '';
  url.pathname = '/compose_durabill';
  const drop = async () => {
    for (const name of ['durabill', 'temporal', 'temporal_visibility']) {
      await admin.query(`drop database compose_${name} with (force)`);
    }
    await admin.query('drop role compose_durabill, compose_temporal');
    await admin.end();
    await scratch.drop();
  };
  return { url: url.href, drop };
}
