import type { DecimalText } from '../domain/decimal.ts';
import { Failure } from '../domain/errors/failure.ts';
import type { Id } from '../domain/ids.ts';
import type { BillingPeriod, Charge } from '../domain/plan.ts';
import { selectAccount } from '../storage/accounts.ts';
import type { Database, Queryable, Tenant } from '../storage/database.ts';
import { insertPlan, insertPlanVersion, type PlanRow, selectPlan } from '../storage/plans.ts';
import { identifyCharges } from './identify-charges.ts';

export interface NewPlan {
  readonly id: Id<'plan'>;
  readonly name: string;
  /** null: the account's. */
  readonly currency: string | null;
  readonly billingPeriod: BillingPeriod;
  readonly intervalCount: number;
  /** Sound by themselves; without ids. */
  readonly charges: readonly Charge[];
  readonly minimumAmount: DecimalText | null;
  readonly newChargeId: () => Id<'charge'>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Makes a plan with version 1. Repeated with the same id it returns the plan that exists.
 *
 * @throws Failure `invalid_body` for charges that name an id
 */
export async function createPlan(db: Database, tenant: Tenant, input: NewPlan): Promise<PlanRow> {
  const charges = identifyCharges(input.charges, { known: new Set(), newId: input.newChargeId });
  return db.transaction(async (tx) => {
    const currency = input.currency ?? (await selectAccount(tx, tenant)).currency;
    const row = { ...input, currency, metadata: JSON.stringify(input.metadata) };
    if (await insertPlan(tx, tenant, row))
      await insertPlanVersion(tx, tenant, { ...input, planId: input.id, version: 1, charges });
    return getPlan(tx, tenant, { id: input.id, version: 1 });
  });
}

/** A plan with the charges of one version (null: the newest). Throws Failure `not_found`. */
export async function getPlan(
  db: Queryable,
  tenant: Tenant,
  key: { readonly id: string; readonly version: number | null },
): Promise<PlanRow> {
  const row = await selectPlan(db, tenant, key);
  if (row === null) throw new Failure('not_found', 'No plan with this id and version exists.');
  return row;
}
