import { fragment } from '../sql.ts';
import type { Invariant } from './invariant.ts';

/** Of amounts that are repeated, late or returned (billing rules 6 and 7). */
export const LATE_INVARIANTS: readonly Invariant[] = [
  {
    name: 'line_knows_what_was_billed_before',
    guarantee:
      'What a line says was billed before is what the invoices that counted then had billed of its charge and period.',
    severity: 'violation',
    breaches: fragment`
      select l.invoice_id, l.id as line_id, l.previously_billed, earlier.billed
      from invoice_lines l
      join invoices i on (i.account_id, i.livemode, i.id) = (l.account_id, l.livemode, l.invoice_id)
      cross join lateral (
        select coalesce(sum(o.amount), 0) as billed
        from invoices e
        join invoice_lines o on (o.account_id, o.livemode, o.invoice_id) = (e.account_id, e.livemode, e.id)
        where (e.account_id, e.livemode, e.subscription_id) = (i.account_id, i.livemode, i.subscription_id)
          and (o.period_number, o.kind = 'proration') = (l.period_number, l.kind = 'proration')
          and o.charge_id is not distinct from l.charge_id
          and case
            -- A reissue bills its own content again, the waived usage of other periods stays waived.
            when e.voided_after < i.number_seq then e.waived and (i.replaces is null or l.kind = 'late_usage')
            else e.number_seq < i.number_seq
          end
      ) earlier
      where i.number_seq is not null and l.previously_billed <> earlier.billed`,
  },
  {
    name: 'late_usage_bills_what_credits_leave',
    guarantee: 'Late usage is all usage of its period up to the cut-off, less what its credits cover.',
    severity: 'violation',
    breaches: fragment`
      select l.invoice_id, l.id as line_id, l.quantity, l.credited_quantity, l.billable_quantity
      from invoice_lines l
      where l.kind = 'late_usage' and l.quantity is not null
        and l.billable_quantity <> greatest(l.quantity - l.credited_quantity, 0)`,
  },
  {
    name: 'late_events_are_counted_once',
    guarantee:
      'Events that an invoice counts as late came before its cut-off, and no other live invoice counts them so.',
    severity: 'violation',
    breaches: fragment`
      select i.id as invoice_id, j.id as other_invoice_id, i.late_seqs::text as events
      from invoices i
      join invoices j on (j.account_id, j.livemode, j.subscription_id) = (i.account_id, i.livemode, i.subscription_id)
        and j.id < i.id and j.late_seqs && i.late_seqs
      where i.status in ('open', 'paid') and j.status in ('open', 'paid')
      union all
      select i.id, null, i.late_seqs::text from invoices i where upper(i.late_seqs) > i.usage_cutoff_seq + 1`,
  },
  {
    name: 'void_takes_nothing_from_grants',
    guarantee: 'A void invoice draws nothing, but for what others had drawn meanwhile.',
    severity: 'violation',
    breaches: fragment`
      select e.grant_id, e.invoice_id, sum(e.amount) as given_back
      from credit_entries e
      join invoices i on (i.account_id, i.livemode, i.id) = (e.account_id, e.livemode, e.invoice_id)
      where i.status = 'void'
      group by e.grant_id, e.invoice_id
      having sum(e.amount) > 0 and coalesce(sum(e.amount) filter (where e.source not like 'void:%'), 0) <= 0`,
  },
  {
    name: 'advance_flat_is_returned_once',
    guarantee: 'No more is returned of a flat that was billed in advance than was billed for it.',
    severity: 'violation',
    breaches: fragment`
      select i.subscription_id, l.period_number, l.charge_id
      from invoice_lines l
      join invoices i on (i.account_id, i.livemode, i.id) = (l.account_id, l.livemode, l.invoice_id)
      where i.number_seq is not null and l.kind in ('flat', 'proration') and l.charge_id is not null
      group by i.subscription_id, l.period_number, l.charge_id
      having -coalesce(sum(l.amount) filter (where l.kind = 'proration' and i.status <> 'void'), 0)
        > coalesce(sum(l.amount) filter (where l.kind = 'flat'), 0)`,
  },
];
