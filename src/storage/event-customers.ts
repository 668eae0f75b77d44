import type { Instant } from '../domain/instant.ts';
import type { Queryable, Tenant } from './database.ts';
import { sql } from './sql.ts';

/** A customer as an event names it. */
export interface CustomerReference {
  readonly tenant: Tenant;
  /** An external_id or `cus_…`, as sent. */
  readonly reference: string;
}

export interface ResolvedReference {
  /** Index into the references that were asked for. */
  readonly index: number;
  /** null: there is no such customer. */
  readonly externalId: string | null;
  /** The time of its test clock; null: it lives by the database's clock. */
  readonly frozenAt: Instant | null;
  /** The database's clock, the same on every row. */
  readonly now: Instant;
}

/** One row a reference; the external id wins over `cus_…`. By the two keys of customers. */
export async function selectReferencedCustomers(
  db: Queryable,
  references: readonly CustomerReference[],
): Promise<ResolvedReference[]> {
  return db.query<ResolvedReference>(sql`
    select (r.ordinality - 1)::int as index, c.external_id as "externalId", k.frozen_at as "frozenAt",
      statement_timestamp() as now
    from unnest(${references.map(({ tenant }) => tenant.accountId)}::int[],
      ${references.map(({ tenant }) => tenant.livemode)}::boolean[],
      ${references.map(({ reference }) => reference)}::text[])
      with ordinality as r (account_id, livemode, reference, ordinality)
    left join customers named
      on named.account_id = r.account_id and named.livemode = r.livemode and named.external_id = r.reference
    left join customers c
      on c.account_id = r.account_id and c.livemode = r.livemode and c.id = coalesce(named.id, r.reference)
    left join test_clocks k
      on k.account_id = c.account_id and k.livemode = c.livemode and k.id = c.test_clock_id`);
}
