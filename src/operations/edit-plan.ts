import type { DecimalText } from '../domain/decimal.ts';
import { Failure } from '../domain/errors/failure.ts';
import type { Id } from '../domain/ids.ts';
import type { Charge } from '../domain/plan.ts';
import type { Database, Tenant, Transaction } from '../storage/database.ts';
import {
  insertPlanVersion,
  lockPlan,
  markPlanArchived,
  type PlanRow,
  selectChargeIds,
  updatePlan,
} from '../storage/plans.ts';
import { getPlan } from './create-plan.ts';
import { identifyCharges } from './identify-charges.ts';
import { type Changes, mergeChanges } from './merge-changes.ts';

interface PlanLabels {
  readonly name: string;
  /** JSON text. */
  readonly metadata: string;
}

/** Changes name and metadata, the only things of a plan that change. Throws Failure `not_found`. */
export async function changePlanLabels(
  db: Database,
  tenant: Tenant,
  change: { readonly id: string; readonly changes: Changes<PlanLabels> },
): Promise<PlanRow> {
  return db.transaction(async (tx) => {
    const plan = await lockedPlan(tx, tenant, change.id);
    await updatePlan(tx, { tenant, id: plan.id }, mergeChanges<PlanLabels>(plan, change.changes));
    return getPlan(tx, tenant, { id: plan.id, version: null });
  });
}

export interface NewPlanVersion {
  readonly planId: string;
  /** Sound by themselves; one that continues a charge of the plan has its id. */
  readonly charges: readonly Charge[];
  readonly minimumAmount: DecimalText | null;
  readonly newChargeId: () => Id<'charge'>;
}

/**
 * Adds an immutable version. It reaches no subscription by itself (billing rules 6). A repeat of the newest version by
 * the same request, known by its new charge ids, returns it.
 *
 * @throws Failure `not_found`, `plan_archived`, `invalid_body`
 */
export async function createPlanVersion(db: Database, tenant: Tenant, input: NewPlanVersion): Promise<PlanRow> {
  return db.transaction(async (tx) => {
    const plan = await lockedPlan(tx, tenant, input.planId);
    if (plan.archivedAt !== null) throw new Failure('plan_archived', 'The plan is archived.');
    const known = await selectChargeIds(tx, tenant, plan.id);
    const charges = identifyCharges(input.charges, { known, newId: input.newChargeId });
    const isRepeat = input.charges.some(({ id }, index) => id === '' && known.has(charges[index]?.id ?? ''));
    if (isRepeat) return plan;
    const version = plan.latestVersion + 1;
    await insertPlanVersion(tx, tenant, { ...input, version, charges });
    return getPlan(tx, tenant, { id: plan.id, version });
  });
}

/** Takes no new subscriptions from now on; repeated, it changes nothing. Throws Failure `not_found`. */
export async function archivePlan(db: Database, tenant: Tenant, id: string): Promise<PlanRow> {
  await markPlanArchived(db, tenant, id);
  return getPlan(db, tenant, { id, version: null });
}

async function lockedPlan(tx: Transaction, tenant: Tenant, id: string): Promise<PlanRow> {
  await lockPlan(tx, tenant, id);
  return getPlan(tx, tenant, { id, version: null });
}
