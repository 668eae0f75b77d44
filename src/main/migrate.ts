/**
 * `npm run migrate`: brings the database of DATABASE_URL up to date and makes its first account; where TEMPORAL_ADDRESS
 * is set, checks that Temporal has what the product needs and makes the reconciler's schedule. Repeatable.
 * `--new-keys` also makes a new admin key of each mode, for an operator who has none left.
 */
import { parseArgs } from 'node:util';
import { newAdminKeys } from '../operations/bootstrap-account.ts';
import { ConfigError, readConfig, requireDatabaseUrl } from '../platform/config.ts';
import { bootstrapIn } from './launch/first-account.ts';
import { migrateWhenReachable } from './launch/migrate-when-reachable.ts';
import { prepareTemporal } from './launch/prepare-temporal.ts';

const TEMPORAL_TIMEOUT_MS = 60_000;

function say(sentence: string): void {
  process.stdout.write(`${sentence}\n`);
}

async function main(): Promise<void> {
  const { values: asked } = parseArgs({ options: { 'new-keys': { type: 'boolean', default: false } } });
  const config = readConfig(process.env);
  const databaseUrl = requireDatabaseUrl(config);
  const ran = await migrateWhenReachable({ url: databaseUrl, say, signal: new AbortController().signal });
  say(ran.length === 0 ? 'The database is up to date.' : `Migrated the database (${ran.join(', ')}).`);
  const { testKey, liveKey } = await bootstrapIn(databaseUrl, asked['new-keys'] ? newAdminKeys() : {});
  if (testKey !== null && liveKey !== null) {
    say(`Test key     ${testKey}`);
    say(`Live key     ${liveKey}`);
    say('They are shown once; the database keeps only their hashes.');
  }
  const { address } = config.temporal;
  if (address === null) return;
  const temporal = { ...config.temporal, address };
  await prepareTemporal({ temporal, isEmbedded: false, say, signal: AbortSignal.timeout(TEMPORAL_TIMEOUT_MS) });
  say('Temporal has what it needs.');
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(error instanceof ConfigError ? 2 : 1);
  },
);
