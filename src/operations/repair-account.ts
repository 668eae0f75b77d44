import { LIMITS } from '../domain/limits.ts';
import type { Database, Tenant } from '../storage/database.ts';
import { countSubscriptions } from '../storage/expected-workflows.ts';
import { insertRevivalPage } from '../storage/outbox.ts';

export interface Repair {
  /** Subscriptions whose workflows are being started, or nudged where they run. */
  readonly queued: number;
  /** Subscriptions that were looked at; ended ones have no workflow. */
  readonly looked: number;
  /** All of the account. */
  readonly total: number;
  /** Where the next call goes on. */
  readonly lastId: string | null;
  readonly hasMore: boolean;
}

/**
 * Leaves rows by which the relay starts the workflow of every subscription behind the one with the id `after` (null: all),
 * a page a call. It needs no Temporal and bills nothing: a workflow that starts reads here what is due, and one that runs
 * takes the row for a nudge. Repeatable.
 */
export async function repairAccount(
  db: Database,
  tenant: Tenant,
  { after }: { readonly after: string | null },
): Promise<Repair> {
  const total = await countSubscriptions(db, tenant);
  const limit = LIMITS.repairPage;
  const page = await insertRevivalPage(db, tenant, { after, limit });
  return { ...page, total, hasMore: page.looked === limit };
}
