import type { Queryable } from './database.ts';
import { sql } from './sql.ts';

/** The installation's value of that name; the first process that asks stores its proposal, all others read it. */
export async function insertInstallationValueOnce(db: Queryable, name: string, proposal: string): Promise<string> {
  // The second statement sees what a concurrent insert committed, which `on conflict do nothing` does not return.
  await db.query(
    sql`insert into installation (name, value) values (${name}, ${proposal}) on conflict (name) do nothing`,
  );
  const [row] = await db.query<{ value: string }>(sql`select value from installation where name = ${name}`);
  if (row === undefined) throw new Error(`installation value ${name} vanished`);
  return row.value;
}
