import { fragment } from '../sql.ts';
import type { Invariant } from './invariant.ts';

/** Of taxes and the rates that customers and the account hold (billing rules 7, "Tax"). */
export const TAX_INVARIANTS: readonly Invariant[] = [
  {
    name: 'total_is_subtotal_and_taxes',
    guarantee: 'A total is its subtotal and the exclusive taxes, a tax total the sum of all taxes.',
    severity: 'violation',
    breaches: fragment`
      select i.id as invoice_id, i.number, i.subtotal, i.tax_total, i.total
      from invoices i
      left join (
        select t.invoice_id, sum(t.amount) as all_taxes, sum(t.amount) filter (where not t.inclusive) as on_top
        from invoice_taxes t group by t.invoice_id
      ) t on t.invoice_id = i.id
      where i.tax_total <> coalesce(t.all_taxes, 0) or i.total <> i.subtotal + coalesce(t.on_top, 0)`,
  },
  {
    name: 'tax_is_its_rate_of_the_subtotal',
    guarantee: 'A tax is its rate of the subtotal, in whole minor units, the half away from zero.',
    severity: 'violation',
    breaches: fragment`
      select t.invoice_id, t.tax_rate_id, t.amount
      from invoice_taxes t
      join invoices i on (i.account_id, i.livemode, i.id) = (t.account_id, t.livemode, t.invoice_id)
      left join currency_digits d on d.currency = i.currency
      join (
        select t.invoice_id, 100 + coalesce(sum(t.percentage) filter (where t.inclusive), 0) as base
        from invoice_taxes t group by t.invoice_id
      ) o on o.invoice_id = t.invoice_id
      cross join lateral (
        select t.amount * o.base - i.subtotal * t.percentage as off, o.base * 0.5 * 10.0 ^ -d.digits as half
      ) e
      where t.amount is distinct from round(t.amount, d.digits) or abs(e.off) > e.half
        or (abs(e.off) = e.half and abs(t.amount * o.base) < abs(i.subtotal * t.percentage))`,
  },
  {
    name: 'taxable_is_subtotal_without_taxes',
    guarantee: 'What is taxed is the subtotal without the taxes that it contains.',
    severity: 'violation',
    breaches: fragment`
      select t.invoice_id, t.tax_rate_id, t.taxable
      from invoice_taxes t
      join invoices i on (i.account_id, i.livemode, i.id) = (t.account_id, t.livemode, t.invoice_id)
      where t.taxable <> i.subtotal - (
        select coalesce(sum(o.amount) filter (where o.inclusive), 0) from invoice_taxes o
        where (o.account_id, o.livemode, o.invoice_id) = (t.account_id, t.livemode, t.invoice_id))`,
  },
  {
    name: 'rates_are_of_one_kind',
    guarantee: 'No document, customer or account has inclusive rates beside exclusive ones.',
    severity: 'violation',
    breaches: fragment`
      select t.invoice_id as holder from invoice_taxes t
      group by t.invoice_id having count(distinct t.inclusive) > 1
      union all
      select h.holder from (
        select c.account_id, c.livemode, c.customer_id as holder, c.tax_rate_id from customer_tax_rates c
        union all select a.account_id, a.livemode, 'the account', a.tax_rate_id from account_tax_rates a
      ) h
      join tax_rates r on (r.account_id, r.livemode, r.id) = (h.account_id, h.livemode, h.tax_rate_id)
      group by h.holder having count(distinct r.inclusive) > 1`,
  },
  {
    name: 'invoice_says_what_its_rate_says',
    guarantee: 'A final invoice says of a tax rate what the rate says.',
    severity: 'violation',
    breaches: fragment`
      select t.invoice_id, t.tax_rate_id, t.percentage, r.percentage as rate_percentage
      from invoice_taxes t
      join tax_rates r on (r.account_id, r.livemode, r.id) = (t.account_id, t.livemode, t.tax_rate_id)
      join invoices i on (i.account_id, i.livemode, i.id) = (t.account_id, t.livemode, t.invoice_id)
      where i.finalized_at is not null
        and (t.name, t.percentage, t.inclusive) is distinct from (r.name, r.percentage, r.inclusive)`,
  },
  {
    name: 'held_rates_are_current',
    guarantee: 'Nobody holds a rate that was replaced, and rates stand in an order without gaps.',
    severity: 'violation',
    breaches: fragment`
      select h.holder, h.tax_rate_id from (
        select c.account_id, c.livemode, c.customer_id as holder, c.tax_rate_id from customer_tax_rates c
        union all select a.account_id, a.livemode, 'the account', a.tax_rate_id from account_tax_rates a
      ) h
      join tax_rates r on (r.account_id, r.livemode, r.id) = (h.account_id, h.livemode, h.tax_rate_id)
      where r.archived_at is not null
      union all
      select h.holder, null from (
        select c.customer_id as holder, c.position from customer_tax_rates c
        union all select 'the account', a.position from account_tax_rates a
        union all select t.invoice_id, t.position from invoice_taxes t
      ) h
      group by h.holder having max(h.position) <> count(*) - 1`,
  },
];
