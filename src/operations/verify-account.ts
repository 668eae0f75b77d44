import { LIMITS } from '../domain/limits.ts';
import type { Database, Tenant } from '../storage/database.ts';
import { sqlState } from '../storage/database-outage.ts';
import { INVARIANTS } from '../storage/invariants/all-invariants.ts';
import type { Invariant } from '../storage/invariants/invariant.ts';
import { type Breaches, selectBreaches } from '../storage/invariants/select-breaches.ts';
import { setStatementTimeout } from '../storage/statement-timeout.ts';

/** An invariant with what breaks it; null: the database was too slow to tell. */
export interface CheckedInvariant extends Pick<Invariant, 'name' | 'guarantee' | 'severity'> {
  readonly breaches: Breaches | null;
}

export interface AccountVerification {
  readonly invariants: readonly CheckedInvariant[];
  /** Each was checked, and none but warnings is broken. */
  readonly ok: boolean;
  readonly hasMore: boolean;
}

/**
 * Checks the invariants of an account and mode, in their order, those behind the one named `after` (null: all). Each looks
 * at all rows that it is about, so a large account takes several calls: what is left when the time is over is for the next
 * one.
 */
export async function verifyAccount(
  db: Database,
  tenant: Tenant,
  { after }: { readonly after: string | null },
): Promise<AccountVerification> {
  const left = INVARIANTS.slice(INVARIANTS.findIndex(({ name }) => name === after) + 1);
  const until = performance.now() + LIMITS.accountCheckMs;
  const invariants: CheckedInvariant[] = [];
  for (const invariant of left) {
    if (invariants.length > 0 && performance.now() > until) break;
    const { name, guarantee, severity } = invariant;
    invariants.push({ name, guarantee, severity, breaches: await check(db, tenant, invariant) });
  }
  return {
    invariants,
    ok: invariants.every(({ severity, breaches }) => severity === 'warning' || breaches?.count === 0n),
    hasMore: invariants.length < left.length,
  };
}

const QUERY_CANCELED = '57014';

async function check(db: Database, tenant: Tenant, { breaches }: Invariant): Promise<Breaches | null> {
  try {
    return await db.snapshot(async (snapshot) => {
      await setStatementTimeout(snapshot, LIMITS.invariantMs);
      return selectBreaches(snapshot, tenant, { breaches, limit: LIMITS.breachExamples });
    });
  } catch (error) {
    if (sqlState(error) === QUERY_CANCELED) return null;
    throw error;
  }
}
