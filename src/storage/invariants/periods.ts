import { fragment } from '../sql.ts';
import type { Invariant } from './invariant.ts';

/** Of subscriptions and their periods (billing rules 6 and 7). What a deleted test clock left behind stays as it was. */
export const PERIOD_INVARIANTS: readonly Invariant[] = [
  {
    name: 'closed_period_has_closing_invoice',
    guarantee: 'A period is closed exactly when its closing invoice is final or void.',
    severity: 'violation',
    breaches: fragment`
      select p.subscription_id, p.number as period_number, p.status
      from periods p
      join subscriptions s on (s.account_id, s.livemode, s.id) = (p.account_id, p.livemode, p.subscription_id)
      join customers c on (c.account_id, c.livemode, c.id) = (s.account_id, s.livemode, s.customer_id)
      left join test_clocks k on (k.account_id, k.livemode, k.id) = (c.account_id, c.livemode, c.test_clock_id)
      where k.deleted_at is null and (p.status = 'closed') <> exists (
        select from invoices i
        where (i.account_id, i.livemode, i.subscription_id, i.period_number)
          = (p.account_id, p.livemode, p.subscription_id, p.number)
          and i.kind = 'closing' and i.status <> 'draft')`,
  },
  {
    name: 'ended_period_has_closing_invoice',
    guarantee: 'Every period that has ended has a closing invoice, and one that runs has none.',
    severity: 'violation',
    breaches: fragment`
      select p.subscription_id, p.number as period_number, p.status
      from periods p
      join subscriptions s on (s.account_id, s.livemode, s.id) = (p.account_id, p.livemode, p.subscription_id)
      join customers c on (c.account_id, c.livemode, c.id) = (s.account_id, s.livemode, s.customer_id)
      left join test_clocks k on (k.account_id, k.livemode, k.id) = (c.account_id, c.livemode, c.test_clock_id)
      where k.deleted_at is null and (s.status = 'active' and p.number = s.current_period_number) = exists (
        select from invoices i
        where (i.account_id, i.livemode, i.subscription_id, i.period_number)
          = (p.account_id, p.livemode, p.subscription_id, p.number) and i.kind = 'closing')`,
  },
  {
    name: 'periods_are_contiguous',
    guarantee: 'Periods are numbered from 0, and each starts where the one before it ends, but for pauses.',
    severity: 'violation',
    breaches: fragment`
      select p.subscription_id, p.number as period_number, p.start_at, p.before as previous_end
      from (
        select p.*, coalesce(s.trial_end_at, s.start_at) as first_at, lag(p.end_at) over w as before,
          row_number() over w - 1 as ordinal
        from periods p
        join subscriptions s on (s.account_id, s.livemode, s.id) = (p.account_id, p.livemode, p.subscription_id)
        window w as (partition by p.subscription_id order by p.number)
      ) p
      where p.number <> p.ordinal or p.start_at < coalesce(p.before, p.first_at) or p.end_at > p.full_end_at
        or ((p.continues or p.before is null) and p.start_at <> coalesce(p.before, p.first_at))`,
  },
  {
    name: 'current_period_is_the_newest',
    guarantee: 'An active subscription has its newest period as the current one; exactly a canceled one has ended.',
    severity: 'violation',
    breaches: fragment`
      select s.id as subscription_id, s.status, s.current_period_number
      from subscriptions s
      where (s.status = 'active' and s.current_period_number is distinct from (
          select max(p.number) from periods p
          where (p.account_id, p.livemode, p.subscription_id) = (s.account_id, s.livemode, s.id)))
        or (s.status in ('scheduled', 'trialing') and s.current_period_number is not null)
        or ((s.status = 'canceled') <> (s.ended_at is not null))`,
  },
];
