import { fragment } from './sql.ts';

/** What became of an event: the first that holds, in this order (billing rules 2). */
export const EVENT_STATUSES = [
  'pending',
  'late',
  'billed',
  'waived',
  'free',
  'excluded',
  'unpriced',
  'unmatched',
] as const;
export type EventStatus = (typeof EVENT_STATUSES)[number];

/**
 * Joins to each event `e` the columns `standing.status` and `standing.billed_by` (a JSON list of invoice_id, line_id,
 * charge_id).
 *
 * A span is a stretch of a subscription that covers the event's timestamp: a period, the trial, a pause, or the time ahead of
 * the last opened period (periods do not overlap, so only the last one that started before can cover it). Each span has
 * a plan version; each of its charges that meters the event (name, filters, and the property that it aggregates is
 * there) is a claim on the event with one rank, the position in EVENT_STATUSES:
 *
 * - the trial, or a pause: free (5);
 * - a number is needed, as for all aggregations but count and unique_count, and the value is none: excluded (6);
 * - time ahead: pending (1);
 * - the first live invoice that counts it: billed (3). The period's own closing invoice counts up to its cut-off, an
 *   interim also only up to its trigger instant, which is its period_end, and no flats; a later invoice of the
 *   subscription those that it names as late, where it has a line for them;
 * - otherwise an open period: pending (1);
 * - a closed one: late (2) after the last cut-off of the subscription's closing and late invoices; before it the
 *   invoice that counted it is void: waived (4), as all events are of a period whose draft was voided.
 *
 * The least rank of all claims is the status. Without a claim: unpriced, or unmatched where there is no customer.
 *
 * A planned cancellation cuts what is not closed yet. The periods that a deleted test clock left open bill nothing.
 * Indexes: customers by external_id, subscriptions_customer, the keys of periods, plan_versions, invoices, lines.
 */
export const EVENT_STANDING = fragment`
  left join customers c
    on c.account_id = e.account_id and c.livemode = e.livemode and c.external_id = e.customer_ref
  left join test_clocks k
    on k.account_id = c.account_id and k.livemode = c.livemode and k.id = c.test_clock_id
  left join lateral (
    select
      min(claim.rank) as rank,
      jsonb_agg(distinct jsonb_build_object(
        'invoice_id', claim.invoice_id, 'line_id', claim.line_id, 'charge_id', claim.charge_id
      )) filter (where claim.rank = 3) as billed_by
    from subscriptions s
    cross join lateral (
      select 'period' as kind, p.status, p.number, p.plan_id, p.plan_version
      from (
        select * from periods p
        where p.account_id = s.account_id and p.livemode = s.livemode and p.subscription_id = s.id
          and p.start_at <= e.event_at
        order by p.start_at desc, p.number desc limit 1
      ) p
      where e.event_at < p.end_at
        and (p.status = 'closed' or (k.deleted_at is null
          and e.event_at < coalesce(least(s.cancel_at, case when s.status = 'active' then s.pause_at end), 'infinity')))
      union all
      select 'pause', null, null, p.plan_id, p.plan_version
      from (
        select * from periods p
        where p.account_id = s.account_id and p.livemode = s.livemode and p.subscription_id = s.id
          and p.start_at <= e.event_at
        order by p.start_at desc, p.number desc limit 1
      ) p
      where (e.event_at >= p.end_at and p.number < s.current_period_number)
        or (e.event_at >= p.end_at and s.status = 'canceled' and e.event_at < s.ended_at)
        or (s.status in ('active', 'paused') and e.event_at >= s.pause_at and e.event_at < coalesce(s.resume_at, 'infinity')
          and e.event_at < coalesce(s.cancel_at, 'infinity'))
      union all
      select 'trial', null, null, s.plan_id, s.plan_version
      where s.start_at <= e.event_at and e.event_at < s.trial_end_at
        and e.event_at < coalesce(least(s.cancel_at, s.ended_at), 'infinity')
      union all
      select 'ahead', null, null, s.plan_id, s.plan_version
      where s.status <> 'canceled' and e.event_at < coalesce(s.cancel_at, 'infinity')
        and (s.pause_at is null or e.event_at < s.pause_at or e.event_at >= s.resume_at)
        and e.event_at >= coalesce((
          select p.end_at from periods p
          where p.account_id = s.account_id and p.livemode = s.livemode and p.subscription_id = s.id
          order by p.number desc limit 1
        ), s.anchor_at)
    ) span
    join plan_versions v
      on v.account_id = s.account_id and v.livemode = s.livemode and v.plan_id = span.plan_id
        and v.version = span.plan_version
    cross join lateral (
      select charge ->> 'id' as id, charge ->> 'pricing_model' as pricing_model,
        charge #>> '{aggregation,property}' as property,
        charge #>> '{aggregation,type}' in ('sum', 'max', 'latest', 'average') as needs_number
      from jsonb_array_elements(v.charges) as t (charge)
      where charge ->> 'event_name' = e.event_name
        and (charge ->> 'pricing_model' <> 'flat' or charge ->> 'charge_when' = 'used')
        and not exists (
          select from jsonb_each(charge -> 'filters') as f (property, accepted)
          where not coalesce(f.accepted ? canonical_text(e.properties -> f.property), false)
        )
    ) charge
    left join lateral (
      select i.id as invoice_id, l.id as line_id
      from invoices i
      left join invoice_lines l
        on l.account_id = i.account_id and l.livemode = i.livemode and l.invoice_id = i.id and l.charge_id = charge.id
          and l.period_number = span.number
      where i.account_id = s.account_id and i.livemode = s.livemode and i.subscription_id = s.id
        and i.period_number >= span.number and i.status in ('open', 'paid') and (
          (i.period_number = span.number and e.seq <= i.usage_cutoff_seq and (i.kind = 'closing'
            or (i.kind = 'interim' and charge.pricing_model <> 'flat' and e.event_at < i.period_end)))
          or (e.seq <@ i.late_seqs and l.id is not null))
      order by i.number_seq limit 1
    ) billed on true
    cross join lateral (
      select billed.invoice_id, billed.line_id, charge.id as charge_id,
        case
          when span.kind in ('trial', 'pause') then 5
          when charge.needs_number and metered_number(e.properties -> charge.property) is null then 6
          when span.kind = 'ahead' then 1
          when billed.invoice_id is not null then 3
          when span.status = 'open' then 1
          when not exists (
            select from invoices i
            where i.account_id = s.account_id and i.livemode = s.livemode and i.subscription_id = s.id
              and i.period_number = span.number and i.kind = 'closing' and i.finalized_at is not null
          ) then 4
          when e.seq > (
            select max(i.usage_cutoff_seq) from invoices i
            where i.account_id = s.account_id and i.livemode = s.livemode and i.subscription_id = s.id
              and i.kind in ('closing', 'late')
          ) then 2
          else 4
        end as rank
    ) claim
    where s.account_id = c.account_id and s.livemode = c.livemode and s.customer_id = c.id
      and (charge.property is null or e.properties -> charge.property is not null)
  ) claims on true
  cross join lateral (
    select
      case
        when c.id is null then 'unmatched'
        when claims.rank is null then 'unpriced'
        else (array['pending', 'late', 'billed', 'waived', 'free', 'excluded'])[claims.rank]
      end as status,
      coalesce(claims.billed_by, '[]') as billed_by
  ) standing`;
