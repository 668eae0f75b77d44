import { Database } from '../../src/storage/database.ts';
import { askBroker } from './broker-client.ts';

export interface TestDatabase {
  readonly url: string;
  readonly db: Database;
  /** Closes the pool and removes the database; call it in `afterAll`. */
  readonly drop: () => Promise<void>;
}

/** A migrated, empty database of its own on a real PostgreSQL, cloned from a template in some 50 ms. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { name, url } = await askBroker<{ name: string; url: string }>('POST', '/databases');
  const db = new Database({ url, maxConnections: 10, applicationName: 'test', statementTimeoutMs: 20_000 });
  const drop = async () => {
    await db.close();
    await askBroker('DELETE', `/databases/${name}`);
  };
  return { url, db, drop };
}

/** An empty database without any migration, for tests of the migrations themselves. */
export async function createEmptyDatabase(): Promise<{ url: string; drop: () => Promise<void> }> {
  const { name, url } = await askBroker<{ name: string; url: string }>('POST', '/databases?empty=1');
  return {
    url,
    drop: async () => {
      await askBroker('DELETE', `/databases/${name}`);
    },
  };
}
