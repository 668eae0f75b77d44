import { fragment } from '../sql.ts';
import type { Invariant } from './invariant.ts';

/** Of the lines of invoices (billing rules 1, 6 and 7). */
export const LINE_INVARIANTS: readonly Invariant[] = [
  {
    name: 'subtotal_is_sum_of_lines',
    guarantee: 'A subtotal is the sum of its lines.',
    severity: 'violation',
    breaches: fragment`
      select i.id as invoice_id, i.number, i.subtotal, coalesce(sums.lines, 0) as lines
      from invoices i
      left join (
        select l.invoice_id, sum(l.amount) as lines from invoice_lines l group by l.invoice_id
      ) sums on sums.invoice_id = i.id
      where i.subtotal <> coalesce(sums.lines, 0)`,
  },
  {
    name: 'line_is_rounded_once',
    guarantee: 'A line is its amount rounded once to the decimals of its currency, less what was billed of it before.',
    severity: 'violation',
    breaches: fragment`
      select l.invoice_id, l.id as line_id, l.amount_unrounded, l.previously_billed, l.amount
      from invoice_lines l
      join invoices i on (i.account_id, i.livemode, i.id) = (l.account_id, l.livemode, l.invoice_id)
      left join currency_digits d on d.currency = i.currency
      where l.amount + l.previously_billed is distinct from round(l.amount_unrounded, d.digits)`,
  },
  {
    name: 'usage_line_bills_what_credits_leave',
    guarantee: 'A line of usage bills what credits leave of its quantity.',
    severity: 'violation',
    breaches: fragment`
      select l.invoice_id, l.id as line_id, l.quantity, l.credited_quantity, l.billable_quantity
      from invoice_lines l
      where l.kind = 'usage' and (
        l.billable_quantity <> l.quantity - l.credited_quantity or l.credited_quantity < 0 or l.billable_quantity < 0)`,
  },
  {
    name: 'flat_is_billed_by_time',
    guarantee: 'A flat is billed in full, or by the part of its period that ran; in advance by all that lay ahead.',
    severity: 'violation',
    breaches: fragment`
      select l.invoice_id, l.id as line_id, l.amount_unrounded
      from invoice_lines l
      join invoices i on (i.account_id, i.livemode, i.id) = (l.account_id, l.livemode, l.invoice_id)
      join periods p on (p.account_id, p.livemode, p.subscription_id, p.number)
        = (i.account_id, i.livemode, i.subscription_id, l.period_number)
      join plan_versions v on (v.account_id, v.livemode, v.plan_id, v.version)
        = (p.account_id, p.livemode, p.plan_id, p.plan_version)
      cross join lateral jsonb_array_elements(v.charges) as charge
      where l.kind = 'flat' and charge ->> 'id' = l.charge_id and p.proration = 'by_time' and abs(l.amount_unrounded
        - (charge ->> 'amount')::numeric
          * extract(epoch from case when charge ->> 'bill_in' = 'advance' then p.full_end_at else p.end_at end - p.start_at)
          / extract(epoch from p.full_end_at - p.full_start_at)) > 0.0000000001`,
  },
];
