import { Failure } from '../domain/errors/failure.ts';
import { type BalanceEntryRow, selectBalance, selectBalanceEntries } from '../storage/customer-balance.ts';
import { findCustomer } from '../storage/customers.ts';
import type { Database, Tenant } from '../storage/database.ts';

/** What a customer has to its credit, and a page of how it came to it, newest first, as of one instant. */
export interface CustomerBalance {
  readonly customerExternalId: string;
  readonly currency: string;
  /** Exact decimal text. */
  readonly balance: string;
  readonly entries: readonly BalanceEntryRow[];
}

/**
 * @param query `customerRef` is an external id or `cus_…`; entries come below `before`.
 * @throws Failure `not_found`
 */
export async function getCustomerBalance(
  db: Database,
  tenant: Tenant,
  query: { readonly customerRef: string; readonly before: bigint | null; readonly limit: number },
): Promise<CustomerBalance> {
  const { customerRef, ...page } = query;
  return db.snapshot(async (snapshot) => {
    const customer = await findCustomer(snapshot, tenant, customerRef);
    const balance = customer === null ? null : await selectBalance(snapshot, tenant, customer.id);
    if (customer === null || balance === null) throw new Failure('not_found', `No customer ${customerRef}.`);
    const entries = await selectBalanceEntries(snapshot, tenant, { ...page, customerId: customer.id });
    return { customerExternalId: customer.externalId, currency: customer.currency, balance, entries };
  });
}
