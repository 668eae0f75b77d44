import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';
import type { Queryable } from './database.ts';
import { sql } from './sql.ts';

const FOLDER = new URL('./migrations/', import.meta.url);
/** Any constant: two processes that migrate at once take turns on it. */
const MIGRATION_LOCK = 4_711_020_260;

/**
 * Brings the schema up to date: each `NNN-name.sql` once, in order, one transaction each, under one advisory lock.
 * Safe to run from many processes at once. Returns the names it ran.
 */
export async function migrate(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await client.query(
      'create table if not exists schema_migrations (name text primary key, run_at timestamptz not null default now())',
    );
    const known = await client.query<{ name: string }>('select name from schema_migrations');
    const done = new Set(known.rows.map((row) => row.name));
    const ran: string[] = [];
    for (const name of await migrationNames()) {
      if (done.has(name)) continue;
      await runMigration(client, name);
      ran.push(name);
    }
    return ran;
  } finally {
    await client.end();
  }
}

/** Names of migrations that this code has and the database lacks, in order. */
export async function pendingMigrations(db: Queryable): Promise<string[]> {
  const [table] = await db.query<{ isThere: boolean }>(
    sql`select to_regclass('schema_migrations') is not null as "isThere"`,
  );
  const rows = table?.isThere === true ? await db.query<{ name: string }>(sql`select name from schema_migrations`) : [];
  const done = new Set(rows.map((row) => row.name));
  return (await migrationNames()).filter((name) => !done.has(name));
}

async function migrationNames(): Promise<string[]> {
  return (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).sort();
}

async function runMigration(client: pg.Client, name: string): Promise<void> {
  const text = await readFile(new URL(name, FOLDER), 'utf8');
  try {
    await client.query('begin');
    await client.query(text);
    await client.query('insert into schema_migrations (name) values ($1)', [name]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw new Error(`migration ${name} failed: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
