import { currencies } from '../../domain/currency.ts';
import type { Queryable, Tenant } from '../database.ts';
import { fragment, sql } from '../sql.ts';
import type { Invariant } from './invariant.ts';

/**
 * Under the name of each table its rows of one account and mode: what an invariant reads cannot be another's. Not
 * materialized, so that the indexes of the tables serve.
 */
const TENANT_TABLES = fragment`
  accounts as not materialized (select t.* from accounts t join tenant using (account_id, livemode)),
  test_clocks as not materialized (select t.* from test_clocks t join tenant using (account_id, livemode)),
  customers as not materialized (select t.* from customers t join tenant using (account_id, livemode)),
  plans as not materialized (select t.* from plans t join tenant using (account_id, livemode)),
  plan_versions as not materialized (select t.* from plan_versions t join tenant using (account_id, livemode)),
  subscriptions as not materialized (select t.* from subscriptions t join tenant using (account_id, livemode)),
  periods as not materialized (select t.* from periods t join tenant using (account_id, livemode)),
  subscription_history as not materialized (
    select t.* from subscription_history t join tenant using (account_id, livemode)),
  invoices as not materialized (select t.* from invoices t join tenant using (account_id, livemode)),
  invoice_lines as not materialized (select t.* from invoice_lines t join tenant using (account_id, livemode)),
  invoice_taxes as not materialized (select t.* from invoice_taxes t join tenant using (account_id, livemode)),
  invoice_counters as not materialized (select t.* from invoice_counters t join tenant using (account_id, livemode)),
  credit_grants as not materialized (select t.* from credit_grants t join tenant using (account_id, livemode)),
  credit_entries as not materialized (select t.* from credit_entries t join tenant using (account_id, livemode)),
  payments as not materialized (select t.* from payments t join tenant using (account_id, livemode)),
  credit_notes as not materialized (select t.* from credit_notes t join tenant using (account_id, livemode)),
  credit_note_lines as not materialized (select t.* from credit_note_lines t join tenant using (account_id, livemode)),
  credit_note_taxes as not materialized (select t.* from credit_note_taxes t join tenant using (account_id, livemode)),
  credit_note_counters as not materialized (
    select t.* from credit_note_counters t join tenant using (account_id, livemode)),
  customer_balance_entries as not materialized (
    select t.* from customer_balance_entries t join tenant using (account_id, livemode)),
  tax_rates as not materialized (select t.* from tax_rates t join tenant using (account_id, livemode)),
  customer_tax_rates as not materialized (select t.* from customer_tax_rates t join tenant using (account_id, livemode)),
  account_tax_rates as not materialized (select t.* from account_tax_rates t join tenant using (account_id, livemode)),
  outbox as not materialized (select t.* from outbox t join tenant using (account_id, livemode))`;

const CURRENCY_DIGITS = JSON.stringify(Object.fromEntries(currencies()));

/** A row that breaks an invariant: what identifies it, and what is wrong with it, as texts by name. */
export type Breach = Readonly<Record<string, string | null>>;

export interface Breaches {
  /** How many rows break the invariant. */
  readonly count: bigint;
  /** Some of them. */
  readonly examples: readonly Breach[];
}

/** What of one account and mode breaks an invariant; looks at every row that the invariant is about. */
export async function selectBreaches(
  db: Queryable,
  tenant: Tenant,
  { breaches, limit }: Pick<Invariant, 'breaches'> & { readonly limit: number },
): Promise<Breaches> {
  const rows = await db.query<{ count: bigint; example: string }>(sql`
    with tenant as not materialized (
      select ${tenant.accountId}::int as account_id, ${tenant.livemode}::boolean as livemode
    ),
    currency_digits as not materialized (
      select key as currency, value::int as digits from jsonb_each_text(${CURRENCY_DIGITS}::jsonb)
    ),
    ${TENANT_TABLES}
    select count(*) over () as count, (
      select jsonb_object_agg(fact.key, fact.value) from jsonb_each_text(to_jsonb(breach)) fact
    ) as example
    from (${breaches}) breach
    limit ${limit}`);
  return { count: rows[0]?.count ?? 0n, examples: rows.map(({ example }): Breach => JSON.parse(example)) };
}
