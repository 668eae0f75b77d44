import { fragment } from '../sql.ts';
import type { Invariant } from './invariant.ts';

/** Of payments and credit notes (billing rules 7). */
export const PAYMENT_INVARIANTS: readonly Invariant[] = [
  {
    name: 'amount_paid_is_sum_of_payments',
    guarantee: 'What was paid of an invoice is the sum of its payments.',
    severity: 'violation',
    breaches: fragment`
      select i.id as invoice_id, i.number, i.amount_paid, coalesce(p.paid, 0) as payments
      from invoices i
      left join (
        select p.invoice_id, sum(p.amount) as paid from payments p group by p.invoice_id
      ) p on p.invoice_id = i.id
      where i.amount_paid <> coalesce(p.paid, 0)`,
  },
  {
    name: 'no_money_on_drafts_and_void_invoices',
    guarantee: 'No draft and no void invoice has a payment or a credit note.',
    severity: 'violation',
    breaches: fragment`
      select i.id as invoice_id, i.number, i.status
      from invoices i
      where i.status in ('draft', 'void') and (
        exists (
          select from payments p where (p.account_id, p.livemode, p.invoice_id) = (i.account_id, i.livemode, i.id))
        or exists (
          select from credit_notes n where (n.account_id, n.livemode, n.invoice_id) = (i.account_id, i.livemode, i.id)))`,
  },
  {
    name: 'amount_credited_is_sum_of_notes',
    guarantee: 'What was credited of an invoice is what its credit notes applied to it.',
    severity: 'violation',
    breaches: fragment`
      select i.id as invoice_id, i.number, i.amount_credited, coalesce(n.applied, 0) as credit_notes
      from invoices i
      left join (
        select n.invoice_id, sum(n.amount_applied) as applied from credit_notes n group by n.invoice_id
      ) n on n.invoice_id = i.id
      where i.amount_credited <> coalesce(n.applied, 0)`,
  },
  {
    name: 'note_gives_the_rest_to_the_balance',
    guarantee: 'What a credit note did not apply to its invoice is an entry of the balance.',
    severity: 'violation',
    breaches: fragment`
      select n.id as credit_note_id, n.number, n.amount_to_balance, coalesce(e.amount, 0) as entries
      from credit_notes n
      left join (
        select e.credit_note_id, sum(e.amount) as amount, bool_or(e.kind <> 'credit_note') as is_other
        from customer_balance_entries e where e.credit_note_id is not null group by e.credit_note_id
      ) e on e.credit_note_id = n.id
      where n.amount_applied + n.amount_to_balance <> n.total or n.amount_to_balance <> coalesce(e.amount, 0)
        or e.is_other`,
  },
  {
    name: 'notes_take_no_more_than_the_invoice',
    guarantee: 'The credit notes of an invoice take back no more than the invoice, nor than any line of it.',
    severity: 'violation',
    breaches: fragment`
      select i.id as invoice_id, null as line_id, sum(n.total) as credited
      from invoices i
      join credit_notes n on (n.account_id, n.livemode, n.invoice_id) = (i.account_id, i.livemode, i.id)
      group by i.id, i.total, i.subtotal, i.tax_total
      having sum(n.total) > i.total or sum(n.subtotal) > i.subtotal or sum(n.tax_total) > i.tax_total
      union all
      select l.invoice_id, l.id, sum(c.amount)
      from invoice_lines l
      join credit_note_lines c on (c.account_id, c.livemode, c.invoice_line_id) = (l.account_id, l.livemode, l.id)
      group by l.invoice_id, l.id, l.amount
      having abs(sum(c.amount)) > abs(l.amount) or sign(sum(c.amount)) <> sign(l.amount)`,
  },
  {
    name: 'note_adds_up',
    guarantee:
      'A credit note adds up: lines to its subtotal, taxes to its tax, and the net amount with tax to its total.',
    severity: 'violation',
    breaches: fragment`
      select n.id as credit_note_id, n.number, n.subtotal, n.tax_total, n.total
      from credit_notes n
      cross join lateral (
        select coalesce(sum(t.amount), 0) as tax, coalesce(bool_or(t.inclusive), false) as inclusive,
          min(t.taxable) as taxable
        from credit_note_taxes t
        where (t.account_id, t.livemode, t.credit_note_id) = (n.account_id, n.livemode, n.id)
      ) t
      where n.tax_total <> t.tax or n.total <> n.subtotal + case when t.inclusive then 0 else t.tax end
        or t.taxable <> n.total - t.tax
        or n.subtotal <> (
          select coalesce(sum(l.amount), 0) from credit_note_lines l
          where (l.account_id, l.livemode, l.credit_note_id) = (n.account_id, n.livemode, n.id))`,
  },
  {
    name: 'note_numbers_have_no_gap',
    guarantee: 'The numbers of credit notes have no gap, in a series of their own.',
    severity: 'violation',
    breaches: fragment`
      select n.id as credit_note_id, n.number, n.number_seq from (
        select n.id, n.number, n.number_seq, row_number() over (order by n.number_seq) as ordinal from credit_notes n
      ) n
      where n.number_seq <> n.ordinal
        or n.number not like '%-' || lpad(n.number_seq::text, greatest(6, length(n.number_seq::text)), '0')
      union all
      select null, 'the counter', c.last_number from credit_note_counters c
      where c.last_number <> (select count(*) from credit_notes n)`,
  },
  {
    name: 'money_is_of_its_invoice',
    guarantee:
      'Payments, credit notes and entries of the balance are of the customer and the currency of their invoice.',
    severity: 'violation',
    breaches: fragment`
      select p.id, i.id as invoice_id
      from payments p
      join invoices i on (i.account_id, i.livemode, i.id) = (p.account_id, p.livemode, p.invoice_id)
      where p.currency <> i.currency
      union all
      select n.id, i.id
      from credit_notes n
      join invoices i on (i.account_id, i.livemode, i.id) = (n.account_id, n.livemode, n.invoice_id)
      where n.currency <> i.currency or n.customer_id <> i.customer_id
      union all
      select e.id, i.id
      from customer_balance_entries e
      join invoices i on (i.account_id, i.livemode, i.id) = (e.account_id, e.livemode, e.invoice_id)
      where e.currency <> i.currency or e.customer_id <> i.customer_id
      union all
      select n.id, n.invoice_id
      from credit_note_lines l
      join credit_notes n on (n.account_id, n.livemode, n.id) = (l.account_id, l.livemode, l.credit_note_id)
      join invoice_lines il on (il.account_id, il.livemode, il.id) = (l.account_id, l.livemode, l.invoice_line_id)
      where il.invoice_id <> n.invoice_id`,
  },
];
