import { setTimeout as delay } from 'node:timers/promises';
import { migrate } from '../../storage/migrate.ts';

const PAUSE_MS = 1_000;
const REMIND_AFTER_MS = 15_000;
/** Node's codes for a server that cannot be reached, and PostgreSQL's for one that is starting or shutting down. */
const PASSING = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  '57P03',
  '57P01',
  '57P02',
  '53300',
  '08006',
]);

interface MigrationWait {
  readonly url: string;
  readonly say: (sentence: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Migrates the database, waiting as long as it can't be reached. Throws what waiting can't mend, such as a wrong
 * password. Returns the names of the migrations it ran.
 */
export async function migrateWhenReachable({ url, say, signal }: MigrationWait): Promise<string[]> {
  let remindAt = 0;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await migrate(url);
    } catch (error) {
      const reason = passingReason(error);
      if (reason === null) throw explain(url, error);
      if (Date.now() >= remindAt) {
        say(`DATABASE_URL: ${describeServer(url)} can't be reached (${reason}); trying again until it answers.`);
        remindAt = Date.now() + REMIND_AFTER_MS;
      }
    }
    await delay(PAUSE_MS, undefined, { signal }).catch(() => undefined);
  }
}

function passingReason(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  // Both of a name's addresses may refuse: Node then puts one error for each into an AggregateError.
  const first = error instanceof AggregateError ? error.errors[0] : error;
  const code = first instanceof Error && 'code' in first && typeof first.code === 'string' ? first.code : null;
  if (code !== null && PASSING.has(code)) return code;
  return /timeout expired|Connection terminated/.test(error.message) ? error.message : null;
}

function explain(url: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Error(`DATABASE_URL: ${describeServer(url)} can't be used: ${reason}`, { cause });
}

/** Host, port and database, never the password. */
function describeServer(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port === '' ? '5432' : port}${pathname}`;
}
