import { fragment } from '../sql.ts';
import type { Invariant } from './invariant.ts';

/** Of what is due of invoices, and of the customers' balances (billing rules 7). */
export const BALANCE_INVARIANTS: readonly Invariant[] = [
  {
    name: 'customer_balance_is_sum_of_entries',
    guarantee: "A customer's balance is the sum of its entries, and never was below zero.",
    severity: 'violation',
    breaches: fragment`
      select c.id as customer_id, c.balance, coalesce(sum(e.amount), 0) as entries
      from customers c
      left join customer_balance_entries e
        on (e.account_id, e.livemode, e.customer_id) = (c.account_id, c.livemode, c.id)
      group by c.account_id, c.livemode, c.id, c.balance
      having c.balance <> coalesce(sum(e.amount), 0) or c.balance < 0 or min(e.balance_after) < 0`,
  },
  {
    name: 'balance_entries_follow_each_other',
    guarantee: 'Each entry of a balance starts where the one before it ended.',
    severity: 'violation',
    breaches: fragment`
      select e.id as entry_id, e.customer_id, e.balance_after, e.running
      from (
        select e.*, sum(e.amount) over (partition by e.customer_id order by e.seq) as running
        from customer_balance_entries e
      ) e
      where e.balance_after <> e.running`,
  },
  {
    name: 'amount_due_adds_up',
    guarantee: 'What is due of an invoice is its total less balance, credit notes and payments, and never below zero.',
    severity: 'violation',
    breaches: fragment`
      select i.id as invoice_id, i.number, i.amount_due
      from invoices i
      where i.amount_due < 0
        or i.amount_due <> greatest(i.total, 0) - i.balance_applied - i.amount_credited - i.amount_paid`,
  },
  {
    name: 'paid_when_nothing_is_due',
    guarantee: 'An invoice is paid exactly when nothing is due of it, and tells whether a payment was needed.',
    severity: 'violation',
    breaches: fragment`
      select i.id as invoice_id, i.number, i.status, i.payment_status, i.amount_due
      from invoices i
      where i.status in ('open', 'paid') and (
        (i.status = 'paid') <> (i.amount_due = 0) or (i.status = 'paid') <> (i.paid_at is not null)
        or i.payment_status <> case
          when i.amount_due > 0 then case when i.amount_paid > 0 then 'partially_paid' else 'unpaid' end
          else case when i.amount_paid > 0 then 'paid' else 'not_required' end end)`,
  },
  {
    name: 'balance_and_invoice_agree',
    guarantee: 'An invoice took from the balance what it applied, or gave what it was below zero; its void undid that.',
    severity: 'violation',
    breaches: fragment`
      select i.id as invoice_id, i.number, i.balance_applied, e.applied, e.given, e.undone
      from invoices i
      left join (
        select e.invoice_id,
          sum(e.amount) filter (where e.kind = 'applied') as applied,
          sum(e.amount) filter (where e.kind = 'negative_invoice') as given,
          sum(e.amount) filter (where e.kind in ('returned', 'taken_back')) as undone
        from customer_balance_entries e
        group by e.invoice_id
      ) sums on sums.invoice_id = i.id
      cross join lateral (
        select coalesce(sums.applied, 0) as applied, coalesce(sums.given, 0) as given, coalesce(sums.undone, 0) as undone
      ) e
      where case
        when i.finalized_at is null then e.applied <> 0 or e.given <> 0 or e.undone <> 0
        else -e.applied <> i.balance_applied or e.given <> greatest(-i.total, 0)
          or e.undone <> case when i.status = 'void' then -e.applied - e.given else 0 end end`,
  },
  {
    name: 'balance_pays_what_it_can',
    guarantee: 'No invoice is due for what the balance could have paid when it was finalized.',
    severity: 'violation',
    breaches: fragment`
      select i.id as invoice_id, i.number, i.balance_applied, e.balance_after
      from customer_balance_entries e
      join invoices i on (i.account_id, i.livemode, i.id) = (e.account_id, e.livemode, e.invoice_id)
      where e.kind = 'applied' and e.balance_after > 0 and i.balance_applied < i.total`,
  },
];
