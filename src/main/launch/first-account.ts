import { bootstrapAccount, type BootstrapResult, type GivenKeys } from '../../operations/bootstrap-account.ts';
import type { Config } from '../../platform/config.ts';
import { type HomeKeys, readHomeKeys, writeHomeKeys } from '../../platform/home.ts';
import { Database } from '../../storage/database.ts';

/**
 * Makes the first account with a test and a live key in an empty database, and keeps the keys in the home. Returns them
 * when they were made by this call, else null.
 */
export async function ensureFirstAccount(config: Config, databaseUrl: string): Promise<HomeKeys | null> {
  // Keys that the home already has serve again when its own database was replaced by an empty one.
  const kept = config.databaseUrl === null ? await readHomeKeys(config.home) : null;
  const outcome = await bootstrapIn(databaseUrl, {
    testKey: config.firstKeys.test ?? kept?.testKey ?? null,
    liveKey: config.firstKeys.live ?? kept?.liveKey ?? null,
  });
  const { testKey, liveKey } = outcome;
  // The command line uses what the home keeps, so keys that the environment fixes anew go there too.
  if (testKey !== null && liveKey !== null) await writeHomeKeys(config.home, { testKey, liveKey });
  return outcome.created ? { testKey: outcome.testKey, liveKey: outcome.liveKey } : null;
}

/** Makes the first account when the database has none; the keys of a new one are in the answer and nowhere else. */
export async function bootstrapIn(databaseUrl: string, given: GivenKeys = {}): Promise<BootstrapResult> {
  const db = new Database({
    url: databaseUrl,
    maxConnections: 1,
    applicationName: 'durabill-start',
    statementTimeoutMs: 10_000,
  });
  try {
    return await bootstrapAccount(db, given);
  } finally {
    await db.close();
  }
}
