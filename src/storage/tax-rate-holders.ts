import type { Tenant, Transaction } from './database.ts';
import { sql } from './sql.ts';

/** Gives a customer these rates, in this order, instead of those it had. The caller holds the customer's row lock. */
export async function replaceCustomerTaxRates(
  tx: Transaction,
  key: { readonly tenant: Tenant; readonly id: string },
  taxRateIds: readonly string[],
): Promise<void> {
  const { tenant, id } = key;
  await tx.query(sql`
    delete from customer_tax_rates
    where account_id = ${tenant.accountId} and livemode = ${tenant.livemode} and customer_id = ${id}`);
  if (taxRateIds.length === 0) return;
  await tx.query(sql`
    insert into customer_tax_rates (account_id, livemode, customer_id, position, tax_rate_id)
    select ${tenant.accountId}, ${tenant.livemode}, ${id}, given.ordinal - 1, given.id
    from unnest(${[...taxRateIds]}::text[]) with ordinality as given (id, ordinal)`);
}

/** Gives the account these rates instead of those it had. The caller holds the account's row lock. */
export async function replaceAccountTaxRates(
  tx: Transaction,
  tenant: Tenant,
  taxRateIds: readonly string[],
): Promise<void> {
  await tx.query(sql`
    delete from account_tax_rates where account_id = ${tenant.accountId} and livemode = ${tenant.livemode}`);
  if (taxRateIds.length === 0) return;
  await tx.query(sql`
    insert into account_tax_rates (account_id, livemode, position, tax_rate_id)
    select ${tenant.accountId}, ${tenant.livemode}, given.ordinal - 1, given.id
    from unnest(${[...taxRateIds]}::text[]) with ordinality as given (id, ordinal)`);
}

/**
 * Puts one rate in the place of another at every customer and at the account. The caller holds the lock of the old
 * rate's row, so that nobody is given it meanwhile. Index customer_tax_rates_rate.
 */
export async function moveTaxRateHolders(
  tx: Transaction,
  tenant: Tenant,
  ids: { readonly from: string; readonly to: string },
): Promise<void> {
  await tx.query(sql`
    update customer_tax_rates set tax_rate_id = ${ids.to}
    where account_id = ${tenant.accountId} and livemode = ${tenant.livemode} and tax_rate_id = ${ids.from}`);
  await tx.query(sql`
    update account_tax_rates set tax_rate_id = ${ids.to}
    where account_id = ${tenant.accountId} and livemode = ${tenant.livemode} and tax_rate_id = ${ids.from}`);
}

/**
 * Who holds the rate beside one that is not of the given kind: `{ customer: null }` is the account, null nobody. The
 * caller holds the lock of the rate's row.
 */
export async function selectHolderOfOtherKind(
  tx: Transaction,
  tenant: Tenant,
  rate: { readonly id: string; readonly inclusive: boolean },
): Promise<{ readonly customer: string | null } | null> {
  const [holder] = await tx.query<{ customer: string | null }>(sql`
    select null as customer
    from account_tax_rates mine
    join account_tax_rates other on other.account_id = mine.account_id and other.livemode = mine.livemode
      and other.tax_rate_id <> mine.tax_rate_id
    join tax_rates r on r.account_id = other.account_id and r.livemode = other.livemode and r.id = other.tax_rate_id
    where mine.account_id = ${tenant.accountId} and mine.livemode = ${tenant.livemode}
      and mine.tax_rate_id = ${rate.id} and r.inclusive <> ${rate.inclusive}
    union all
    select c.external_id as customer
    from customer_tax_rates mine
    join customer_tax_rates other on other.account_id = mine.account_id and other.livemode = mine.livemode
      and other.customer_id = mine.customer_id and other.tax_rate_id <> mine.tax_rate_id
    join tax_rates r on r.account_id = other.account_id and r.livemode = other.livemode and r.id = other.tax_rate_id
    join customers c on c.account_id = mine.account_id and c.livemode = mine.livemode and c.id = mine.customer_id
    where mine.account_id = ${tenant.accountId} and mine.livemode = ${tenant.livemode}
      and mine.tax_rate_id = ${rate.id} and r.inclusive <> ${rate.inclusive}
    limit 1`);
  return holder ?? null;
}
