import type { Database } from '../../../src/storage/database.ts';

interface Lived {
  readonly customerId: string;
  /** In the order in which they were made. */
  readonly subscriptions: readonly string[];
  readonly grants: readonly string[];
}

/** Each row as it is stored: `$1` the customer, `$2` its subscriptions, `$3` its grants. */
const TABLES: Readonly<Record<string, string>> = {
  subscriptions: 'select t.* from subscriptions t where t.id = any ($2) order by array_position($2, t.id)',
  periods: `
    select t.* from periods t where t.subscription_id = any ($2) order by array_position($2, t.subscription_id), t.number`,
  invoices: `
    select t.* from invoices t where t.customer_id = $1
    order by array_position($2, t.subscription_id), t.period_number, t.kind, t.sequence`,
  invoice_lines: `
    select t.* from invoice_lines t join invoices i on i.id = t.invoice_id where i.customer_id = $1
    order by array_position($2, i.subscription_id), i.period_number, i.kind, i.sequence, t.position`,
  invoice_taxes: `
    select t.* from invoice_taxes t join invoices i on i.id = t.invoice_id where i.customer_id = $1
    order by array_position($2, i.subscription_id), i.period_number, i.kind, i.sequence, t.position`,
  credit_grants: 'select t.* from credit_grants t where t.id = any ($3) order by array_position($3, t.id)',
  credit_entries: 'select t.* from credit_entries t where t.grant_id = any ($3) order by t.id',
  customer_balance_entries: 'select t.* from customer_balance_entries t where t.customer_id = $1 order by t.seq',
  payments: 'select t.* from payments t join invoices i on i.id = t.invoice_id where i.customer_id = $1 order by t.id',
  credit_notes: 'select t.* from credit_notes t where t.customer_id = $1 order by t.number_seq',
};

/** What another life of the same world cannot have: its own place in the order of writing. */
const OWN_PLACE = /^(?:id|seq|number|voided_after|basis|account_id|livemode)$|_seqs?$/;
/** What the database's clock says, also for who lives by a test clock. */
const BY_THE_WALL = /^(?:usage_cutoff_at|recorded_at)$/;

/**
 * All rows of one customer's life, as texts that another life has too: an id is told as the place where it first comes up.
 */
export async function tellRows(
  { db }: { readonly db: Database },
  { customerId, subscriptions, grants }: Lived,
): Promise<string[]> {
  const places = new Map<string, string>();
  const told: string[] = [];
  for (const [table, select] of Object.entries(TABLES)) {
    const { rows } = await db.pool.query<{ row: string }>(
      `with used as (select $1::text, $2::text[], $3::text[])
      select (select jsonb_object_agg(key, value #>> '{}') from jsonb_each(to_jsonb(t)))::text as row from (${select}) t`,
      [customerId, subscriptions, grants],
    );
    for (const { row: text } of rows) {
      // Texts all of them, so that no digit is lost.
      const row: Readonly<Record<string, string | null>> = JSON.parse(text);
      if (typeof row.id === 'string') places.set(row.id, `${table} ${places.size}`);
      const entries = Object.entries(row).filter(([name]) => isCommon(table, name));
      told.push(`${table} ${JSON.stringify(Object.fromEntries(entries))}`);
    }
  }
  return told.map((text) =>
    text.replaceAll(/[a-z]+_[0-9a-z]{20,}/g, (id) => {
      const place = places.get(id) ?? `other ${places.size}`;
      places.set(id, place);
      return place;
    }),
  );
}

function isCommon(table: string, column: string): boolean {
  if (table === 'periods' && column === 'number') return true;
  return !OWN_PLACE.test(column) && !BY_THE_WALL.test(column);
}
