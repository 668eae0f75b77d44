/** What is true of the money of any database at rest: each statement lists what breaks its sentence, and has no rows. */
export const MONEY_INVARIANTS: Readonly<Record<string, string>> = {
  "a customer's balance is the sum of its entries, and never was below zero": `
    select c.id from customers c
    left join customer_balance_entries e on (e.account_id, e.livemode, e.customer_id) = (c.account_id, c.livemode, c.id)
    group by c.account_id, c.livemode, c.id
    having c.balance <> coalesce(sum(e.amount), 0) or c.balance < 0 or min(e.balance_after) < 0`,
  'each entry of a balance starts where the one before it ended': `
    select id from (
      select e.*, sum(e.amount) over (partition by e.account_id, e.livemode, e.customer_id order by e.seq) as running
      from customer_balance_entries e
    ) e where balance_after <> running`,
  'what is due of an invoice is its total less balance, credit notes and payments, and never below zero': `
    select i.id from invoices i
    where i.amount_due < 0
      or i.amount_due <> greatest(i.total, 0) - i.balance_applied - i.amount_credited - i.amount_paid`,
  'an invoice is paid exactly when nothing is due of it, and tells whether a payment was needed': `
    select i.id from invoices i
    where i.status in ('open', 'paid') and (
      (i.status = 'paid') <> (i.amount_due = 0) or (i.status = 'paid') <> (i.paid_at is not null)
      or i.payment_status <> case
        when i.amount_due > 0 then case when i.amount_paid > 0 then 'partially_paid' else 'unpaid' end
        else case when i.amount_paid > 0 then 'paid' else 'not_required' end end)`,
  'a finalized invoice took from the balance what it applied, or gave what it was below zero; its void undid that': `
    select i.id from invoices i
    cross join lateral (
      select coalesce(sum(e.amount) filter (where e.kind = 'applied'), 0) as applied,
        coalesce(sum(e.amount) filter (where e.kind = 'negative_invoice'), 0) as given,
        coalesce(sum(e.amount) filter (where e.kind in ('returned', 'taken_back')), 0) as undone
      from customer_balance_entries e
      where (e.account_id, e.livemode, e.invoice_id) = (i.account_id, i.livemode, i.id)
    ) e
    where case
      when i.finalized_at is null then e.applied <> 0 or e.given <> 0 or e.undone <> 0
      else -e.applied <> i.balance_applied or e.given <> greatest(-i.total, 0)
        or e.undone <> case when i.status = 'void' then -e.applied - e.given else 0 end end`,
  'no invoice is due for what the balance could have paid when it was finalized': `
    select e.id from customer_balance_entries e
    join invoices i on (i.account_id, i.livemode, i.id) = (e.account_id, e.livemode, e.invoice_id)
    where e.kind = 'applied' and e.balance_after > 0 and i.balance_applied < i.total`,
  'what was paid of an invoice is the sum of its payments': `
    select i.id from invoices i
    where i.amount_paid <> (
      select coalesce(sum(p.amount), 0) from payments p
      where (p.account_id, p.livemode, p.invoice_id) = (i.account_id, i.livemode, i.id))`,
  'no draft and no void invoice has a payment or a credit note': `
    select i.id from invoices i
    where i.status in ('draft', 'void') and (
      exists (select from payments p where (p.account_id, p.livemode, p.invoice_id) = (i.account_id, i.livemode, i.id))
      or exists (
        select from credit_notes n where (n.account_id, n.livemode, n.invoice_id) = (i.account_id, i.livemode, i.id)))`,
  'what was credited of an invoice is what its notes applied to it': `
    select i.id from invoices i
    where i.amount_credited <> (
      select coalesce(sum(n.amount_applied), 0) from credit_notes n
      where (n.account_id, n.livemode, n.invoice_id) = (i.account_id, i.livemode, i.id))`,
  'what a credit note did not apply to its invoice is an entry of the balance': `
    select n.id from credit_notes n
    left join customer_balance_entries e on (e.account_id, e.livemode, e.credit_note_id) = (n.account_id, n.livemode, n.id)
    group by n.account_id, n.livemode, n.id
    having n.amount_applied + n.amount_to_balance <> n.total or n.amount_to_balance <> coalesce(sum(e.amount), 0)
      or count(e.id) filter (where e.kind <> 'credit_note') > 0`,
  'the credit notes of an invoice take back no more than the invoice, nor than any line of it': `
    select i.id from invoices i
    join credit_notes n on (n.account_id, n.livemode, n.invoice_id) = (i.account_id, i.livemode, i.id)
    group by i.account_id, i.livemode, i.id
    having sum(n.total) > i.total or sum(n.subtotal) > i.subtotal or sum(n.tax_total) > i.tax_total
    union all
    select min(l.id) from invoice_lines l
    join credit_note_lines c on (c.account_id, c.livemode, c.invoice_line_id) = (l.account_id, l.livemode, l.id)
    group by l.account_id, l.livemode, l.id
    having abs(sum(c.amount)) > abs(min(l.amount)) or sign(sum(c.amount)) <> sign(min(l.amount))`,
  'a credit note adds up: lines to its subtotal, taxes to its tax, and the net amount with tax to its total': `
    select n.id from credit_notes n
    cross join lateral (
      select coalesce(sum(t.amount), 0) as tax, coalesce(bool_or(t.inclusive), false) as inclusive, min(t.taxable) as taxable
      from credit_note_taxes t
      where (t.account_id, t.livemode, t.credit_note_id) = (n.account_id, n.livemode, n.id)
    ) t
    where n.tax_total <> t.tax or n.total <> n.subtotal + case when t.inclusive then 0 else t.tax end
      or t.taxable <> n.total - t.tax
      or n.subtotal <> (
        select coalesce(sum(l.amount), 0) from credit_note_lines l
        where (l.account_id, l.livemode, l.credit_note_id) = (n.account_id, n.livemode, n.id))`,
  'the numbers of credit notes are gapless, in a series of their own': `
    select number from (
      select n.number, n.number_seq, row_number() over (partition by account_id, livemode order by number_seq) as ordinal
      from credit_notes n
    ) n where number_seq <> ordinal or number not like '%-' || lpad(number_seq::text, greatest(6, length(number_seq::text)), '0')
    union all
    select 'counter ' || c.last_number from credit_note_counters c
    where c.last_number <> (
      select count(*) from credit_notes n where (n.account_id, n.livemode) = (c.account_id, c.livemode))`,
  'payments, notes and entries are of the customer and the currency of their invoice': `
    select p.id from payments p
    join invoices i on (i.account_id, i.livemode, i.id) = (p.account_id, p.livemode, p.invoice_id)
    where p.currency <> i.currency
    union all
    select n.id from credit_notes n
    join invoices i on (i.account_id, i.livemode, i.id) = (n.account_id, n.livemode, n.invoice_id)
    where n.currency <> i.currency or n.customer_id <> i.customer_id
    union all
    select e.id from customer_balance_entries e
    join invoices i on (i.account_id, i.livemode, i.id) = (e.account_id, e.livemode, e.invoice_id)
    where e.currency <> i.currency or e.customer_id <> i.customer_id
    union all
    select l.credit_note_id from credit_note_lines l
    join credit_notes n on (n.account_id, n.livemode, n.id) = (l.account_id, l.livemode, l.credit_note_id)
    join invoice_lines il on (il.account_id, il.livemode, il.id) = (l.account_id, l.livemode, l.invoice_line_id)
    where il.invoice_id <> n.invoice_id`,
};
