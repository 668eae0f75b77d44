import { fragment } from '../sql.ts';
import type { Invariant } from './invariant.ts';

/** Of invoices and the periods that they are of (billing rules 7). */
export const INVOICE_INVARIANTS: readonly Invariant[] = [
  {
    name: 'one_live_invoice_of_a_period',
    guarantee:
      'A period has at most one live closing and one live opening invoice, and no two invoices of a kind have one sequence.',
    severity: 'violation',
    breaches: fragment`
      select i.subscription_id, i.period_number, i.kind, count(*) as invoices
      from invoices i where i.kind in ('closing', 'opening') and i.status <> 'void'
      group by i.subscription_id, i.period_number, i.kind having count(*) > 1
      union all
      select i.subscription_id, i.period_number, i.kind, count(*)
      from invoices i
      group by i.subscription_id, i.period_number, i.kind, i.sequence having count(*) > 1`,
  },
  {
    name: 'invoice_lies_in_its_period',
    guarantee: 'An invoice lies in its period, an opening one in all that the period was when it opened.',
    severity: 'violation',
    breaches: fragment`
      select i.id as invoice_id, i.number, i.period_start, i.period_end
      from invoices i
      join periods p on (p.account_id, p.livemode, p.subscription_id, p.number)
        = (i.account_id, i.livemode, i.subscription_id, i.period_number)
      where i.period_start <> p.start_at or i.period_end < p.start_at
        or i.period_end > case when i.kind = 'opening' then p.full_end_at else p.end_at end`,
  },
  {
    name: 'closing_invoice_after_its_period',
    guarantee: 'A closing invoice bills its period to the end, and is never final before it.',
    severity: 'violation',
    breaches: fragment`
      select i.id as invoice_id, i.number, i.period_end, i.finalized_at
      from invoices i
      join periods p on (p.account_id, p.livemode, p.subscription_id, p.number)
        = (i.account_id, i.livemode, i.subscription_id, i.period_number)
      where i.kind = 'closing' and (i.finalized_at < p.end_at or i.finalize_at < p.end_at or i.period_end <> p.end_at)`,
  },
  {
    name: 'reissue_names_what_it_replaces',
    guarantee: 'An invoice that was issued again and its replacement name each other; the first of the two is void.',
    severity: 'violation',
    breaches: fragment`
      select i.id as invoice_id, i.number, i.replaces, i.replaced_by
      from invoices i
      left join invoices v on (v.account_id, v.livemode, v.id) = (i.account_id, i.livemode, i.replaces)
      left join invoices r on (r.account_id, r.livemode, r.id) = (i.account_id, i.livemode, i.replaced_by)
      where (i.replaces is not null and (v.replaced_by, v.status, v.kind, v.period_number)
          is distinct from (i.id, 'void', i.kind, i.period_number))
        or (i.replaced_by is not null and (r.replaces is distinct from i.id or i.status <> 'void'))`,
  },
  {
    name: 'only_void_invoices_are_waived',
    guarantee: 'Only a void invoice is waived, and a void one says after which number it was voided.',
    severity: 'violation',
    breaches: fragment`
      select i.id as invoice_id, i.number, i.status
      from invoices i
      where (i.waived and i.status <> 'void') or ((i.status = 'void') <> (i.voided_after is not null))`,
  },
  {
    name: 'numbers_have_no_gap',
    guarantee: 'The numbers of invoices have no gap, and exactly those that were finalized have one.',
    severity: 'violation',
    breaches: fragment`
      select n.id as invoice_id, n.number, n.number_seq from (
        select i.id, i.number, i.number_seq, row_number() over (order by i.number_seq) as ordinal
        from invoices i where i.number_seq is not null
      ) n
      where n.number_seq <> n.ordinal
        or n.number not like '%-' || lpad(n.number_seq::text, greatest(6, length(n.number_seq::text)), '0')
      union all
      select i.id, i.number, i.number_seq from invoices i
      where (i.number is null) <> (i.finalized_at is null) or (i.number is null) <> (i.number_seq is null)
        or (i.status = 'draft' and i.number is not null) or (i.status in ('open', 'paid') and i.number is null)
      union all
      select null, 'the counter', c.last_number from invoice_counters c
      where c.last_number <> (select count(*) from invoices i where i.number_seq is not null)`,
  },
  {
    name: 'numbers_ascend_in_time',
    guarantee: 'Where no test clock tells the time, a higher number was given later.',
    severity: 'violation',
    breaches: fragment`
      select n.id as invoice_id, n.number, n.finalized_at from (
        select i.id, i.number, i.finalized_at, lag(i.finalized_at) over (order by i.number_seq) as before
        from invoices i
        join customers c on (c.account_id, c.livemode, c.id) = (i.account_id, i.livemode, i.customer_id)
        where i.number_seq is not null and c.test_clock_id is null
      ) n
      where n.finalized_at < n.before`,
  },
];
