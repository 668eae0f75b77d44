import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Database } from '../../src/storage/database.ts';

const ORACLE = fileURLToPath(new URL('./rating', import.meta.url));

/** One customer's rows, as they are stored. A row that is never changed tells by `xmin` which transaction wrote it. */
const ROWS = `
  with c as (select * from customers where id = $1),
    s as (select s.* from subscriptions s join c on s.customer_id = c.id),
    p as (select p.* from periods p join s on p.subscription_id = s.id),
    g as (select g.* from credit_grants g join c on g.customer_id = c.id)
  select jsonb_build_object(
    'events', (
      select coalesce(jsonb_agg(to_jsonb(e) order by e.seq), '[]') from events e join c on e.customer_ref = c.external_id),
    'plan_versions', (
      select coalesce(jsonb_agg(to_jsonb(v)), '[]') from plan_versions v
      where (v.plan_id, v.version) in (select plan_id, plan_version from p)),
    'periods', (select coalesce(jsonb_agg(to_jsonb(p)), '[]') from p),
    'grants', (select coalesce(jsonb_agg(to_jsonb(g)), '[]') from g),
    'entries', (
      select coalesce(jsonb_agg(to_jsonb(e) || jsonb_build_object('transaction', e.xmin::text::bigint) order by e.id), '[]')
      from credit_entries e join g on e.grant_id = g.id),
    'balance_entries', (
      select coalesce(jsonb_agg(to_jsonb(e) || jsonb_build_object('transaction', e.xmin::text::bigint)), '[]')
      from customer_balance_entries e join c on e.customer_id = c.id),
    'tax_rates', (
      select coalesce(jsonb_agg(to_jsonb(r) order by h.position), '[]')
      from customer_tax_rates h join c on h.customer_id = c.id join tax_rates r on r.id = h.tax_rate_id),
    'invoices', (
      select coalesce(jsonb_agg(to_jsonb(i) - 'basis' || jsonb_build_object(
        'lines', (
          select coalesce(jsonb_agg(to_jsonb(l) order by l.position), '[]') from invoice_lines l where l.invoice_id = i.id),
        'taxes', (
          select coalesce(jsonb_agg(to_jsonb(t) order by t.position), '[]') from invoice_taxes t where t.invoice_id = i.id),
        'transaction', (select max(l.xmin::text::bigint) from invoice_lines l where l.invoice_id = i.id)
      )), '[]')
      from invoices i join c on i.customer_id = c.id)
  )::text as rows`;

/**
 * Has every finalized invoice of a customer rated again by an implementation in Python that shares no code with the
 * product; returns where the two differ, each difference as a text.
 */
export async function rateAgain(db: Database, customerId: string): Promise<string[]> {
  const { rows } = await db.pool.query<{ rows: string }>(ROWS, [customerId]);
  const output = await new Promise<string>((resolve, reject) => {
    const options = { maxBuffer: 100_000_000 };
    const child = execFile('python3', ['-B', ORACLE], options, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
    child.stdin?.end(rows[0]?.rows ?? '');
  });
  return JSON.parse(output);
}
