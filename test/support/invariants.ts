import { expect } from '@jest/globals';
import { nextDueAt } from '../../src/domain/subscription/steps.ts';
import { factsOf, loadCustomerBilling } from '../../src/operations/billing/customer-billing.ts';
import { selectBillingCustomer } from '../../src/storage/billing-customers.ts';
import type { Database } from '../../src/storage/database.ts';
import { INVARIANTS } from '../../src/storage/invariants/all-invariants.ts';
import { selectBreaches } from '../../src/storage/invariants/select-breaches.ts';
import { sql } from '../../src/storage/sql.ts';

/** Reads every event again, which is too much for the check that operators run: they verify invoice by invoice. */
const COUNTED_EVENTS = `
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
          and l.amount_unrounded <> l.billable_quantity * (charge ->> 'unit_amount')::numeric))`;

/**
 * Fails with the sentences that do not hold of any account and mode, each with some of the rows that break it. What may
 * be broken while work is under way is not looked at.
 */
export async function expectInvariants(db: Database): Promise<void> {
  const broken: Record<string, unknown[]> = {};
  await db.pool.query('analyze');
  const tenants = await db.query<{ accountId: number; livemode: boolean }>(sql`
    select distinct account_id as "accountId", livemode from customers`);
  for (const tenant of tenants) {
    for (const { guarantee, severity, breaches } of INVARIANTS) {
      const { examples } = await selectBreaches(db, tenant, { breaches, limit: 5 });
      if (examples.length > 0 && severity === 'violation') broken[guarantee] = [...examples];
    }
  }
  const { rows } = await db.pool.query(COUNTED_EVENTS);
  if (rows.length > 0) broken['a final invoice counts the events of its time up to its cut-off'] = rows.slice(0, 5);
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
