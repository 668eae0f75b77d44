import { fragment } from '../sql.ts';
import type { Invariant } from './invariant.ts';

/** Of what keeps the database as it is. */
export const SAFEGUARD_INVARIANTS: readonly Invariant[] = [
  {
    name: 'nothing_is_not_a_number',
    guarantee: 'No amount or quantity is NaN or infinite.',
    severity: 'violation',
    breaches: fragment`
      select n.id, n.value::text from (
        select i.id, unnest(array[i.subtotal, i.tax_total, i.total, i.balance_applied, i.amount_credited, i.amount_paid,
          i.amount_due]::numeric[]) as value from invoices i
        union all
        select l.id, unnest(array[l.quantity, l.usage_quantity, l.credited_quantity, l.billable_quantity,
          l.amount_unrounded, l.amount, l.previously_billed]::numeric[]) from invoice_lines l
        union all
        select t.invoice_id, unnest(array[t.percentage, t.taxable, t.amount]::numeric[]) from invoice_taxes t
        union all
        select g.id, unnest(array[g.amount, g.balance]::numeric[]) from credit_grants g
        union all
        select e.id, unnest(array[e.amount, e.balance_after]::numeric[]) from credit_entries e
        union all
        select e.id, unnest(array[e.amount, e.balance_after]::numeric[]) from customer_balance_entries e
        union all
        select n.id, unnest(array[n.subtotal, n.tax_total, n.total]::numeric[]) from credit_notes n
        union all
        select p.id, p.amount::numeric from payments p
        union all
        select c.id, c.balance::numeric from customers c
      ) n
      where n.value in ('NaN', 'Infinity', '-Infinity')`,
  },
  {
    name: 'triggers_keep_what_is_final',
    guarantee:
      'The triggers that keep finalized invoices, ledgers, histories, events and plan versions unchanged are there and on.',
    severity: 'violation',
    breaches: fragment`
      select w.name as trigger
      from unnest(array['invoices_frozen', 'invoices_kept', 'invoice_lines_frozen', 'invoice_lines_complete',
        'invoice_taxes_frozen', 'tax_rates_kept', 'credit_entries_append_only', 'plan_versions_immutable',
        'events_append_only', 'event_keys_append_only', 'payments_append_only', 'credit_notes_append_only',
        'credit_note_lines_append_only', 'credit_note_taxes_append_only', 'customer_balance_entries_append_only',
        'subscription_history_append_only'])
        as w (name)
      where not exists (
        select from pg_trigger t
        join pg_class c on c.oid = t.tgrelid
        where t.tgname = w.name and t.tgenabled <> 'D' and c.relnamespace = current_schema()::regnamespace)`,
  },
  {
    name: 'nudges_are_delivered',
    guarantee: 'What changed is told to the workflows within minutes.',
    severity: 'warning',
    breaches: fragment`
      select o.subscription_id, o.created_at, o.attempts, o.last_error
      from outbox o
      where o.created_at < now() - interval '5 minutes'`,
  },
];
