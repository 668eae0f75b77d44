import type { PlanVersion } from '../../domain/plan.ts';
import type { Queryable, Tenant } from '../../storage/database.ts';
import { selectPlanVersion } from '../../storage/plan-versions.ts';

const CACHED_VERSIONS_MAX = 1_000;
const cache = new Map<string, PlanVersion>();

/** The immutable plan version that a period or subscription holds; remembered, since it never changes. */
export async function planVersionOf(
  db: Queryable,
  tenant: Tenant,
  held: { readonly planId: string; readonly planVersion: number },
): Promise<PlanVersion> {
  const key = `${tenant.accountId}/${tenant.livemode}/${held.planId}/${held.planVersion}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const version = await selectPlanVersion(db, tenant, { planId: held.planId, version: held.planVersion });
  if (version === null) throw new Error(`plan ${held.planId} has no version ${held.planVersion}`);
  if (cache.size >= CACHED_VERSIONS_MAX) cache.delete(cache.keys().next().value ?? '');
  cache.set(key, version);
  return version;
}
