import { Failure } from '../domain/errors/failure.ts';
import { findBillingCustomer } from '../storage/billing-customers.ts';
import { type CreditEntryRow, selectEntryPage } from '../storage/credit-entries.ts';
import { type CreditGrantRow, type GrantPage, selectCreditGrant, selectGrantPage } from '../storage/credit-grants.ts';
import type { Database, Queryable, Tenant } from '../storage/database.ts';

/** Throws Failure `not_found`. */
export async function getCreditGrant(db: Queryable, tenant: Tenant, id: string): Promise<CreditGrantRow> {
  const row = await selectCreditGrant(db, tenant, id);
  if (row === null) throw new Failure('not_found', `No credit grant ${id}.`);
  return row;
}

/** A page, newest first; `customerRef` is an external id or `cus_…`; one that does not exist has no grants. */
export async function listCreditGrants(
  db: Database,
  tenant: Tenant,
  query: Omit<GrantPage, 'customerId'> & { readonly customerRef: string | null },
): Promise<CreditGrantRow[]> {
  const { customerRef, ...page } = query;
  const customer = customerRef === null ? null : await findBillingCustomer(db, tenant, customerRef);
  if (customerRef !== null && customer === null) return [];
  return selectGrantPage(db, tenant, { ...page, customerId: customer?.id ?? null });
}

/** A page of a grant's ledger, newest first. Throws Failure `not_found` for the grant. */
export async function listCreditEntries(
  db: Database,
  tenant: Tenant,
  query: Parameters<typeof selectEntryPage>[2],
): Promise<CreditEntryRow[]> {
  await getCreditGrant(db, tenant, query.grantId);
  return selectEntryPage(db, tenant, query);
}
