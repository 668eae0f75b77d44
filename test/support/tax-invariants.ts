/** What is true of the taxes of any database at rest: each statement lists what breaks its sentence, and has no rows. */
export const TAX_INVARIANTS: Readonly<Record<string, string>> = {
  'a total is its subtotal and the exclusive taxes, a tax total the sum of all taxes': `
    select i.id from invoices i
    cross join lateral (
      select coalesce(sum(t.amount), 0) as all_taxes, coalesce(sum(t.amount) filter (where not t.inclusive), 0) as on_top
      from invoice_taxes t
      where (t.account_id, t.livemode, t.invoice_id) = (i.account_id, i.livemode, i.id)
    ) t
    where i.tax_total <> t.all_taxes or i.total <> i.subtotal + t.on_top`,
  'a tax is its rate of the subtotal, in whole minor units, the half away from zero': `
    select t.invoice_id, t.position, t.amount from invoice_taxes t
    join invoices i on (i.account_id, i.livemode, i.id) = (t.account_id, t.livemode, t.invoice_id)
    cross join lateral (
      select 100 + coalesce(sum(o.percentage) filter (where o.inclusive), 0) as base,
        case i.currency when 'JPY' then 0 when 'KWD' then 3 else 2 end as digits
      from invoice_taxes o
      where (o.account_id, o.livemode, o.invoice_id) = (t.account_id, t.livemode, t.invoice_id)
    ) o
    cross join lateral (
      select t.amount * o.base - i.subtotal * t.percentage as off, o.base * 0.5 * 10.0 ^ -o.digits as half
    ) e
    where t.amount <> round(t.amount, o.digits) or abs(e.off) > e.half
      or abs(e.off) = e.half and abs(t.amount * o.base) < abs(i.subtotal * t.percentage)`,
  'what is taxed is the subtotal without the taxes that it contains': `
    select t.invoice_id, t.position from invoice_taxes t
    join invoices i on (i.account_id, i.livemode, i.id) = (t.account_id, t.livemode, t.invoice_id)
    where t.taxable <> i.subtotal - (
      select coalesce(sum(o.amount) filter (where o.inclusive), 0) from invoice_taxes o
      where (o.account_id, o.livemode, o.invoice_id) = (t.account_id, t.livemode, t.invoice_id))`,
  'no document, customer or account has inclusive rates beside exclusive ones': `
    select invoice_id from invoice_taxes
    group by account_id, livemode, invoice_id having count(distinct inclusive) > 1
    union all
    select h.customer_id from (
      select account_id, livemode, customer_id, tax_rate_id from customer_tax_rates
      union all select account_id, livemode, 'the account', tax_rate_id from account_tax_rates
    ) h
    join tax_rates r on (r.account_id, r.livemode, r.id) = (h.account_id, h.livemode, h.tax_rate_id)
    group by h.account_id, h.livemode, h.customer_id having count(distinct r.inclusive) > 1`,
  'a final invoice says of a rate what the rate says': `
    select t.invoice_id, t.tax_rate_id from invoice_taxes t
    join tax_rates r on (r.account_id, r.livemode, r.id) = (t.account_id, t.livemode, t.tax_rate_id)
    join invoices i on (i.account_id, i.livemode, i.id) = (t.account_id, t.livemode, t.invoice_id)
    where i.finalized_at is not null and (t.name, t.percentage, t.inclusive) is distinct from (r.name, r.percentage, r.inclusive)`,
  'nobody holds a rate that was replaced, and rates stand in an order without gaps': `
    select h.customer_id, h.tax_rate_id from (
      select account_id, livemode, customer_id, tax_rate_id, position from customer_tax_rates
      union all select account_id, livemode, 'the account', tax_rate_id, position from account_tax_rates
    ) h
    join tax_rates r on (r.account_id, r.livemode, r.id) = (h.account_id, h.livemode, h.tax_rate_id)
    where r.archived_at is not null
    union all
    select h.customer_id, null from (
      select account_id, livemode, customer_id, position from customer_tax_rates
      union all select account_id, livemode, 'the account', position from account_tax_rates
      union all select account_id, livemode, invoice_id, position from invoice_taxes
    ) h
    group by h.account_id, h.livemode, h.customer_id having max(h.position) <> count(*) - 1`,
};
