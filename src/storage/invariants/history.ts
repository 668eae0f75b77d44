import { fragment } from '../sql.ts';
import type { Invariant } from './invariant.ts';

/** Of the histories of subscriptions; those that were made before histories were kept have no row `created`. */
export const HISTORY_INVARIANTS: readonly Invariant[] = [
  {
    name: 'history_has_no_gap',
    guarantee: 'The rows of a history are numbered from 1 without a gap.',
    severity: 'violation',
    breaches: fragment`
      select h.subscription_id, count(*) as rows, min(h.seq) as first, max(h.seq) as last
      from subscription_history h
      group by h.subscription_id having min(h.seq) <> 1 or max(h.seq) <> count(*)`,
  },
  {
    name: 'history_tells_of_each_period',
    guarantee: 'The history of a subscription tells once of each period that opened, and once of each that closed.',
    severity: 'violation',
    breaches: fragment`
      select p.subscription_id, p.number as period_number, p.status, t.opened, t.closed
      from periods p
      join subscription_history c on (c.account_id, c.livemode, c.subscription_id)
        = (p.account_id, p.livemode, p.subscription_id) and c.kind = 'created'
      cross join lateral (
        select count(*) filter (where h.kind = 'period_opened') as opened,
          count(*) filter (where h.kind = 'period_closed') as closed
        from subscription_history h
        where (h.account_id, h.livemode, h.subscription_id, h.period_number)
          = (p.account_id, p.livemode, p.subscription_id, p.number)
          and h.kind in ('period_opened', 'period_closed', 'waived')
      ) t
      where t.opened <> 1 or t.closed <> (p.status = 'closed')::int`,
  },
  {
    name: 'history_tells_of_each_invoice',
    guarantee:
      'The history of a subscription tells once, with its number, of each invoice that became final, and once of each that was voided.',
    severity: 'violation',
    breaches: fragment`
      select i.subscription_id, i.id as invoice_id, i.number, i.status, t.finalized, t.voided
      from invoices i
      join subscription_history c on (c.account_id, c.livemode, c.subscription_id)
        = (i.account_id, i.livemode, i.subscription_id) and c.kind = 'created'
      cross join lateral (
        select count(*) filter (where h.kind = 'invoice_finalized' and h.invoice_number = i.number) as finalized,
          count(*) filter (where h.kind = 'invoice_voided') as voided
        from subscription_history h
        where (h.account_id, h.livemode, h.invoice_id) = (i.account_id, i.livemode, i.id)
          and h.kind in ('invoice_drafted', 'invoice_finalized', 'invoice_voided', 'invoice_reissued')
      ) t
      where t.finalized <> (i.number is not null)::int or t.voided <> (i.status = 'void')::int`,
  },
];
