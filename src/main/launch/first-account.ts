import { bootstrapAccount } from '../../operations/bootstrap-account.ts';
import type { Config } from '../../platform/config.ts';
import { type HomeKeys, readHomeKeys, writeHomeKeys } from '../../platform/home.ts';
import { Database } from '../../storage/database.ts';

/**
 * Makes the first account with a test and a live key in an empty database, and keeps the keys in the home. Returns them
 * when they were made by this call, else null.
 */
export async function ensureFirstAccount(config: Config, databaseUrl: string): Promise<HomeKeys | null> {
  const db = new Database({
    url: databaseUrl,
    maxConnections: 1,
    applicationName: 'durabill-start',
    statementTimeoutMs: 10_000,
  });
  try {
    // Keys that the home already has serve again when its database was replaced by an empty one.
    const kept = await readHomeKeys(config.home);
    const testKey = config.firstKeys.test ?? kept?.testKey;
    const liveKey = config.firstKeys.live ?? kept?.liveKey;
    const outcome = await bootstrapAccount(db, {
      ...(testKey === undefined ? {} : { testKey }),
      ...(liveKey === undefined ? {} : { liveKey }),
    });
    if (!outcome.created) return null;
    const keys = { testKey: outcome.testKey, liveKey: outcome.liveKey };
    await writeHomeKeys(config.home, keys);
    return keys;
  } finally {
    await db.close();
  }
}
