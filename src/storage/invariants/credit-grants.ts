import { fragment } from '../sql.ts';
import type { Invariant } from './invariant.ts';

/** Of credit grants and their ledger (billing rules 5). */
export const GRANT_INVARIANTS: readonly Invariant[] = [
  {
    name: 'grant_balance_is_sum_of_entries',
    guarantee:
      "A grant's balance is the sum of its entries, what was granted is its amount, and it never was below zero.",
    severity: 'violation',
    breaches: fragment`
      select g.id as grant_id, g.amount, g.balance, sum(e.amount) as entries
      from credit_grants g
      left join credit_entries e on (e.account_id, e.livemode, e.grant_id) = (g.account_id, g.livemode, g.id)
      group by g.account_id, g.livemode, g.id, g.amount, g.balance
      having g.balance is distinct from sum(e.amount) or g.balance < 0 or min(e.balance_after) < 0
        or sum(e.amount) filter (where e.kind = 'granted') is distinct from g.amount`,
  },
  {
    name: 'period_gives_back_what_it_drew',
    guarantee: 'No period gives back to a grant more than it drew from it.',
    severity: 'violation',
    breaches: fragment`
      select e.grant_id, e.subscription_id, e.period_number, e.charge_id, sum(e.amount) as given_back
      from credit_entries e
      where e.kind in ('consumed', 'restored')
      group by e.grant_id, e.subscription_id, e.period_number, e.charge_id
      having sum(e.amount) > 0`,
  },
  {
    name: 'void_invoices_draw_nothing',
    guarantee: 'What void invoices alone drew for a period went back to its grants.',
    severity: 'violation',
    breaches: fragment`
      select e.grant_id, e.subscription_id, e.period_number, e.charge_id, -sum(e.amount) as drawn
      from credit_entries e
      join invoices i on (i.account_id, i.livemode, i.id) = (e.account_id, e.livemode, e.invoice_id)
      where e.kind in ('consumed', 'restored')
      group by e.grant_id, e.subscription_id, e.period_number, e.charge_id
      having bool_and(i.status = 'void') and sum(e.amount) <> 0`,
  },
  {
    name: 'line_is_credited_with_its_draws',
    guarantee: 'Where nothing was voided, a closing line is credited with what its period had drawn for its charge.',
    severity: 'violation',
    breaches: fragment`
      select l.invoice_id, l.id as line_id, l.credited_quantity, drawn.units as drawn
      from invoice_lines l
      join invoices i on (i.account_id, i.livemode, i.id) = (l.account_id, l.livemode, l.invoice_id)
      cross join lateral (
        select coalesce(-sum(e.amount), 0) as units from credit_entries e
        join invoices by on (by.account_id, by.livemode, by.id) = (e.account_id, e.livemode, e.invoice_id)
        where (e.account_id, e.livemode, e.subscription_id, e.period_number, e.charge_id)
          = (i.account_id, i.livemode, i.subscription_id, i.period_number, l.charge_id)
          and e.kind in ('consumed', 'restored') and by.number_seq <= i.number_seq
      ) drawn
      where i.kind = 'closing' and i.status in ('open', 'paid') and l.kind = 'usage' and l.credited_quantity <> drawn.units
        and not exists (
          select from invoices v
          where (v.account_id, v.livemode, v.subscription_id, v.period_number)
            = (i.account_id, i.livemode, i.subscription_id, i.period_number) and v.status = 'void')`,
  },
  {
    name: 'grant_covers_its_time_only',
    guarantee: 'A grant is drawn for periods of its time and of its subscription only.',
    severity: 'violation',
    breaches: fragment`
      select e.grant_id, e.id as entry_id, e.subscription_id, e.period_number
      from credit_entries e
      join credit_grants g on (g.account_id, g.livemode, g.id) = (e.account_id, e.livemode, e.grant_id)
      join periods p on (p.account_id, p.livemode, p.subscription_id, p.number)
        = (e.account_id, e.livemode, e.subscription_id, e.period_number)
      where e.kind = 'consumed'
        and (p.end_at <= g.effective_at or p.start_at >= coalesce(g.ends_at, 'infinity')
          or g.subscription_id <> e.subscription_id)`,
  },
  {
    name: 'ended_grant_holds_nothing',
    guarantee: 'An ended grant holds nothing, unless an open period can still draw it.',
    severity: 'violation',
    breaches: fragment`
      select g.id as grant_id, g.ends_at, g.balance
      from credit_grants g
      where g.status = 'ended' and g.balance > 0 and not exists (
        select from subscriptions s
        join periods p on (p.account_id, p.livemode, p.subscription_id) = (s.account_id, s.livemode, s.id)
        where (s.account_id, s.livemode, s.customer_id) = (g.account_id, g.livemode, g.customer_id)
          and p.status = 'open' and p.start_at < g.ends_at
          and s.id = coalesce(g.subscription_id, s.id))`,
  },
];
