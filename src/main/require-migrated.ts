import type { Queryable } from '../storage/database.ts';
import { isDatabaseOutage } from '../storage/database-outage.ts';
import { pendingMigrations } from '../storage/migrate.ts';

/**
 * Refuses to serve on a database that lacks migrations of this code, which would answer with failures of its own. One
 * that can't be reached now is another matter: a part starts all the same, and says so where it is asked.
 */
export async function requireMigrated(db: Queryable): Promise<void> {
  const pending = await pendingMigrations(db).catch((error: unknown) => {
    if (isDatabaseOutage(error)) return [];
    throw error;
  });
  if (pending.length === 0) return;
  throw new Error(
    `DATABASE_URL: the database lacks the migrations ${pending.join(', ')}; run \`npm run migrate\` first.`,
  );
}
