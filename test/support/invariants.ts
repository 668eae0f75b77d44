import { expect } from '@jest/globals';
import { nextDueAt } from '../../src/domain/subscription/steps.ts';
import { factsOf, loadCustomerBilling } from '../../src/operations/billing/customer-billing.ts';
import { selectBillingCustomer } from '../../src/storage/billing-customers.ts';
import type { Database } from '../../src/storage/database.ts';
import { sql } from '../../src/storage/sql.ts';
import { LATE_INVARIANTS } from './late-invariants.ts';
import { MONEY_INVARIANTS } from './money-invariants.ts';
import { TAX_INVARIANTS } from './tax-invariants.ts';

/**
 * What is true of any database at rest, whatever happened to it: each statement lists what breaks its sentence, and
 * has no rows. Written from the contract, in SQL of its own; nothing here is shared with the code under test.
 */
export const INVARIANTS: Readonly<Record<string, string>> = {
  ...MONEY_INVARIANTS,
  ...LATE_INVARIANTS,
  ...TAX_INVARIANTS,
  'a subtotal is the sum of its lines': `
    select i.id from invoices i
    where i.subtotal <> (
        select coalesce(sum(l.amount), 0) from invoice_lines l
        where (l.account_id, l.livemode, l.invoice_id) = (i.account_id, i.livemode, i.id))`,
  'a line is its rounded amount less what earlier invoices billed': `
    select l.id from invoice_lines l
    join invoices i on (i.account_id, i.livemode, i.id) = (l.account_id, l.livemode, l.invoice_id)
    where l.amount + l.previously_billed <> round(l.amount_unrounded,
      case i.currency when 'JPY' then 0 when 'KWD' then 3 else 2 end)`,
  'a usage line bills what its credits leave of its quantity': `
    select l.id from invoice_lines l where l.kind = 'usage'
      and (l.billable_quantity <> l.quantity - l.credited_quantity or l.credited_quantity < 0 or l.billable_quantity < 0)`,
  'a period has at most one live closing invoice': `
    select subscription_id, period_number from invoices where kind = 'closing' and status <> 'void'
    group by account_id, livemode, subscription_id, period_number having count(*) > 1`,
  'a period is closed exactly when its closing invoice is final or void': `
    select p.subscription_id, p.number from periods p
    join subscriptions s on (s.account_id, s.livemode, s.id) = (p.account_id, p.livemode, p.subscription_id)
    join customers c on (c.account_id, c.livemode, c.id) = (s.account_id, s.livemode, s.customer_id)
    left join test_clocks k on (k.account_id, k.livemode, k.id) = (c.account_id, c.livemode, c.test_clock_id)
    where k.deleted_at is null and (p.status = 'closed') <> exists (
      select from invoices i
      where (i.account_id, i.livemode, i.subscription_id, i.period_number)
        = (p.account_id, p.livemode, p.subscription_id, p.number)
        and i.kind = 'closing' and i.status <> 'draft')`,
  'every period that has ended has a closing invoice, and one that runs has none': `
    select p.subscription_id, p.number from periods p
    join subscriptions s on (s.account_id, s.livemode, s.id) = (p.account_id, p.livemode, p.subscription_id)
    join customers c on (c.account_id, c.livemode, c.id) = (s.account_id, s.livemode, s.customer_id)
    left join test_clocks k on (k.account_id, k.livemode, k.id) = (c.account_id, c.livemode, c.test_clock_id)
    where k.deleted_at is null and (s.status = 'active' and p.number = s.current_period_number) = exists (
      select from invoices i
      where (i.account_id, i.livemode, i.subscription_id, i.period_number)
        = (p.account_id, p.livemode, p.subscription_id, p.number) and i.kind = 'closing')`,
  'periods are numbered from 0 and each starts where the one before it ends, but for pauses': `
    select subscription_id, number from (
      select p.*, coalesce(s.trial_end_at, s.start_at) as first_at, lag(p.end_at) over w as before, row_number() over w - 1 as ordinal
      from periods p
      join subscriptions s on (s.account_id, s.livemode, s.id) = (p.account_id, p.livemode, p.subscription_id)
      window w as (partition by p.account_id, p.livemode, p.subscription_id order by p.number)
    ) p where number <> ordinal or start_at < coalesce(before, first_at)
      or (continues or before is null) and start_at <> coalesce(before, first_at) or end_at > full_end_at`,
  'an active subscription has its newest period as the current one, a canceled one no open end': `
    select s.id from subscriptions s
    where s.status = 'active' and s.current_period_number is distinct from (
        select max(p.number) from periods p
        where (p.account_id, p.livemode, p.subscription_id) = (s.account_id, s.livemode, s.id))
      or (s.status in ('scheduled', 'trialing')) and s.current_period_number is not null
      or (s.status = 'canceled') <> (s.ended_at is not null)`,
  'numbers are gapless and no draft has one': `
    select number from (
      select i.number, split_part(i.number, '-', 2)::bigint as value,
        row_number() over (partition by account_id, livemode order by split_part(i.number, '-', 2)::bigint) as ordinal
      from invoices i where i.number is not null
    ) n where value <> ordinal
    union all select id from invoices where (number is null) <> (finalized_at is null) or status = 'draft' and number is not null
    union all select i.id from invoices i where status in ('open', 'paid') and number is null`,
  'numbers ascend with the time of finalization where no test clock tells it': `
    select number from (
      select i.number, i.finalized_at, lag(i.finalized_at) over (
        partition by i.account_id, i.livemode order by split_part(i.number, '-', 2)::bigint) as before
      from invoices i
      join customers c on (c.account_id, c.livemode, c.id) = (i.account_id, i.livemode, i.customer_id)
      where i.number is not null and c.test_clock_id is null
    ) i where finalized_at < before`,
  'a closing invoice is never final before its period ends, nor before its time unless it was asked for': `
    select i.id from invoices i
    join periods p on (p.account_id, p.livemode, p.subscription_id, p.number)
      = (i.account_id, i.livemode, i.subscription_id, i.period_number)
    where i.kind = 'closing' and (i.finalized_at < p.end_at or i.finalize_at < p.end_at or i.period_end <> p.end_at)`,
  'an invoice lies in its period, an opening one in all that it was when it opened': `
    select i.id from invoices i
    join periods p on (p.account_id, p.livemode, p.subscription_id, p.number)
      = (i.account_id, i.livemode, i.subscription_id, i.period_number)
    where i.period_start <> p.start_at or i.period_end < p.start_at
      or i.period_end > case when i.kind = 'opening' then p.full_end_at else p.end_at end`,
  "a grant's balance is the sum of its entries, its first entry the amount, and never negative": `
    select g.id from credit_grants g
    join credit_entries e on (e.account_id, e.livemode, e.grant_id) = (g.account_id, g.livemode, g.id)
    group by g.account_id, g.livemode, g.id
    having g.balance <> sum(e.amount) or g.balance < 0 or min(e.balance_after) < 0
      or sum(e.amount) filter (where e.kind = 'granted') is distinct from g.amount`,
  'what was granted is used, left, expired or revoked': `
    select g.id from credit_grants g
    where g.amount <> g.balance - (
      select coalesce(sum(e.amount), 0) from credit_entries e
      where (e.account_id, e.livemode, e.grant_id) = (g.account_id, g.livemode, g.id) and e.kind <> 'granted')`,
  'no period gives back to a grant more than it drew from it': `
    select e.grant_id, e.subscription_id, e.period_number, e.charge_id, sum(e.amount) from credit_entries e
    where e.kind in ('consumed', 'restored')
    group by e.account_id, e.livemode, e.grant_id, e.subscription_id, e.period_number, e.charge_id
    having sum(e.amount) > 0`,
  'a period whose invoices are all void draws nothing': `
    select e.grant_id, e.subscription_id, e.period_number from credit_entries e
    where e.kind in ('consumed', 'restored') and not exists (
      select from invoices i
      where (i.account_id, i.livemode, i.subscription_id, i.period_number)
        = (e.account_id, e.livemode, e.subscription_id, e.period_number) and i.status in ('open', 'paid'))
    group by e.account_id, e.livemode, e.grant_id, e.subscription_id, e.period_number, e.charge_id
    having sum(e.amount) <> 0`,
  'a line is credited with what its period has drawn for its charge, where nothing was voided': `
    select l.id from invoice_lines l
    join invoices i on (i.account_id, i.livemode, i.id) = (l.account_id, l.livemode, l.invoice_id)
    where i.kind = 'closing' and i.status in ('open', 'paid') and l.kind = 'usage'
      and not exists (
        select from invoices v
        where (v.account_id, v.livemode, v.subscription_id, v.period_number)
          = (i.account_id, i.livemode, i.subscription_id, i.period_number) and v.status = 'void')
      and l.credited_quantity <> (
        select coalesce(-sum(e.amount), 0) from credit_entries e
        join invoices by on (by.account_id, by.livemode, by.id) = (e.account_id, e.livemode, e.invoice_id)
        where (e.account_id, e.livemode, e.subscription_id, e.period_number, e.charge_id)
          = (i.account_id, i.livemode, i.subscription_id, i.period_number, l.charge_id)
          and e.kind in ('consumed', 'restored') and by.number_seq <= i.number_seq)`,
  'a grant is drawn for periods of its time and its subscription only': `
    select e.id from credit_entries e
    join credit_grants g on (g.account_id, g.livemode, g.id) = (e.account_id, e.livemode, e.grant_id)
    join periods p on (p.account_id, p.livemode, p.subscription_id, p.number)
      = (e.account_id, e.livemode, e.subscription_id, e.period_number)
    where e.kind = 'consumed'
      and (p.end_at <= g.effective_at or p.start_at >= coalesce(g.ends_at, 'infinity')
        or g.subscription_id <> e.subscription_id)`,
  'an ended grant holds nothing unless an open period can still draw it': `
    select g.id from credit_grants g
    where g.status = 'ended' and g.balance > 0 and not exists (
      select from subscriptions s
      join periods p on (p.account_id, p.livemode, p.subscription_id) = (s.account_id, s.livemode, s.id)
      where (s.account_id, s.livemode, s.customer_id) = (g.account_id, g.livemode, g.customer_id)
        and p.status = 'open' and p.start_at < g.ends_at
        and s.id = coalesce(g.subscription_id, s.id))`,
  'currencies and customers agree along every reference': `
    select i.id from invoices i
    join subscriptions s on (s.account_id, s.livemode, s.id) = (i.account_id, i.livemode, i.subscription_id)
    join customers c on (c.account_id, c.livemode, c.id) = (i.account_id, i.livemode, i.customer_id)
    join plans p on (p.account_id, p.livemode, p.id) = (i.account_id, i.livemode, i.plan_id)
    where s.customer_id <> i.customer_id or c.currency <> i.currency or p.currency <> i.currency
    union all
    select g.id from credit_grants g
    join subscriptions s on (s.account_id, s.livemode, s.id) = (g.account_id, g.livemode, g.subscription_id)
    where s.customer_id <> g.customer_id`,
  'a final invoice counts the events of its time up to its cut-off, in lines without filters': `
    select l.id, l.event_count, l.quantity, found.* from invoice_lines l
    join invoices i on (i.account_id, i.livemode, i.id) = (l.account_id, l.livemode, l.invoice_id)
    join customers c on (c.account_id, c.livemode, c.id) = (i.account_id, i.livemode, i.customer_id)
    join periods p on (p.account_id, p.livemode, p.subscription_id, p.number)
      = (i.account_id, i.livemode, i.subscription_id, l.period_number)
    join plan_versions v on (v.account_id, v.livemode, v.plan_id, v.version)
      = (p.account_id, p.livemode, p.plan_id, p.plan_version)
    cross join lateral jsonb_array_elements(v.charges) as charge
    cross join lateral (
      select count(*) filter (where n.value is not null or charge #>> '{aggregation,type}' = 'count') as events,
        coalesce(sum(n.value), 0) as sum, coalesce(max(n.value), 0) as max,
        coalesce(round(sum(n.value) / nullif(count(n.value), 0), 12), 0) as average
      from events e
      cross join lateral (
        select case when t.text ~ '^-?(0|[1-9][0-9]{0,29})([.][0-9]{1,30})?$' then t.text::numeric end as value
        from (select e.properties ->> (charge #>> '{aggregation,property}') as text) t
      ) n
      where (e.account_id, e.livemode, e.customer_ref) = (i.account_id, i.livemode, c.external_id)
        and e.event_name = l.event_name and e.seq <= i.usage_cutoff_seq
        and e.event_at >= l.period_start and e.event_at < l.period_end
    ) found
    where i.finalized_at is not null and l.kind in ('usage', 'late_usage') and charge ->> 'id' = l.charge_id
      and charge ->> 'pricing_model' = 'per_unit' and charge -> 'filters' = '{}'
      and charge #>> '{aggregation,type}' in ('count', 'sum')
      and (l.event_count <> found.events
        or l.quantity <> case charge #>> '{aggregation,type}'
          when 'sum' then greatest(found.sum, 0)
          when 'max' then greatest(found.max, 0)
          when 'average' then greatest(found.average, 0)
          when 'count' then found.events
        end
        or (charge ->> 'minimum_amount' is null and charge ->> 'maximum_amount' is null
          and l.amount_unrounded <> l.billable_quantity * (charge ->> 'unit_amount')::numeric))`,
  'a flat is billed in full, or by the part of its period that ran; in advance by all that lay ahead': `
    select l.id from invoice_lines l
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
};

/** Fails with the sentences that do not hold, each with some of the rows that break it. */
export async function expectInvariants(db: Database): Promise<void> {
  const broken: Record<string, unknown[]> = {};
  await db.pool.query('analyze');
  for (const [sentence, statement] of Object.entries(INVARIANTS)) {
    const { rows } = await db.pool.query(statement);
    if (rows.length > 0) broken[sentence] = rows.slice(0, 5);
  }
  const stale = await staleDeadlines(db);
  if (stale.length > 0) broken['next_due_at is what the domain computes'] = stale;
  expect(broken).toEqual({});
}

async function staleDeadlines(db: Database): Promise<unknown[]> {
  const customers = await db.query<{ accountId: number; livemode: boolean; id: string }>(sql`
    select distinct account_id as "accountId", livemode, customer_id as id from subscriptions`);
  const stale: unknown[] = [];
  for (const { accountId, livemode, id } of customers) {
    const tenant = { accountId, livemode };
    const customer = await selectBillingCustomer(db, tenant, id);
    if (customer === null || customer.clockDeleted) continue;
    const billing = await loadCustomerBilling(db, tenant, customer);
    for (const subscription of billing.subscriptions) {
      const computed = nextDueAt(factsOf(billing, subscription), billing.grants);
      if (computed !== subscription.nextDueAt) stale.push([subscription.id, subscription.nextDueAt, computed]);
    }
  }
  return stale;
}
