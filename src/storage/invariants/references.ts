import { fragment } from '../sql.ts';
import type { Invariant } from './invariant.ts';

/** Of references between rows: a key that names something of another account or mode finds nothing. */
export const REFERENCE_INVARIANTS: readonly Invariant[] = [
  {
    name: 'customers_and_currencies_agree',
    guarantee: 'Customer and currency agree along every reference.',
    severity: 'violation',
    breaches: fragment`
      select i.id, i.customer_id, i.currency
      from invoices i
      join subscriptions s on (s.account_id, s.livemode, s.id) = (i.account_id, i.livemode, i.subscription_id)
      join customers c on (c.account_id, c.livemode, c.id) = (i.account_id, i.livemode, i.customer_id)
      join plans p on (p.account_id, p.livemode, p.id) = (i.account_id, i.livemode, i.plan_id)
      where s.customer_id <> i.customer_id or c.currency <> i.currency or p.currency <> i.currency
      union all
      select s.id, s.customer_id, p.currency
      from subscriptions s
      join customers c on (c.account_id, c.livemode, c.id) = (s.account_id, s.livemode, s.customer_id)
      join plans p on (p.account_id, p.livemode, p.id) = (s.account_id, s.livemode, s.plan_id)
      where c.currency <> p.currency
      union all
      select g.id, g.customer_id, null
      from credit_grants g
      join subscriptions s on (s.account_id, s.livemode, s.id) = (g.account_id, g.livemode, g.subscription_id)
      where s.customer_id <> g.customer_id
      union all
      select e.id, g.customer_id, null
      from credit_entries e
      join credit_grants g on (g.account_id, g.livemode, g.id) = (e.account_id, e.livemode, e.grant_id)
      join invoices i on (i.account_id, i.livemode, i.id) = (e.account_id, e.livemode, e.invoice_id)
      where i.customer_id <> g.customer_id or i.subscription_id <> e.subscription_id`,
  },
  {
    name: 'references_find_their_rows',
    guarantee: 'What a row names exists in the same account and mode.',
    severity: 'violation',
    breaches: fragment`
      select i.id, 'plan version' as names, i.plan_id || ' version ' || i.plan_version as missing
      from invoices i
      where not exists (
        select from plan_versions v
        where (v.account_id, v.livemode, v.plan_id, v.version)
          = (i.account_id, i.livemode, i.plan_id, i.plan_version))
      union all
      select l.id, 'period', i.subscription_id || ' period ' || l.period_number
      from invoice_lines l
      join invoices i on (i.account_id, i.livemode, i.id) = (l.account_id, l.livemode, l.invoice_id)
      where i.status <> 'draft' and not exists (
        select from periods p
        where (p.account_id, p.livemode, p.subscription_id, p.number)
          = (i.account_id, i.livemode, i.subscription_id, l.period_number))
      union all
      select e.id, 'line', e.line_id
      from credit_entries e
      where e.line_id is not null and not exists (
        select from invoice_lines l
        where (l.account_id, l.livemode, l.invoice_id, l.id) = (e.account_id, e.livemode, e.invoice_id, e.line_id))
      union all
      select e.id, 'period', e.subscription_id || ' period ' || e.period_number
      from credit_entries e
      where e.period_number is not null and not exists (
        select from periods p
        where (p.account_id, p.livemode, p.subscription_id, p.number)
          = (e.account_id, e.livemode, e.subscription_id, e.period_number))`,
  },
];
