import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomLives } from '../oracle/random-lives.ts';
import { BillingLife } from '../support/billing-life.ts';
import { BillingWorld, charge } from '../support/billing-world.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterAll(() => world.drop());

/** Of each grant of a customer what was granted, and where it is now, from the ledger and from the grant itself. */
const GRANTS = `
  select g.id, g.amount::float8, g.balance::float8 as left,
    coalesce(-sum(e.amount) filter (where e.kind in ('consumed', 'restored')), 0)::float8 as used,
    coalesce(-sum(e.amount) filter (where e.kind = 'expired'), 0)::float8 as expired,
    coalesce(-sum(e.amount) filter (where e.kind = 'revoked'), 0)::float8 as revoked,
    g.amount = g.balance - coalesce(sum(e.amount) filter (where e.kind <> 'granted'), 0) as conserved
  from credit_grants g
  left join credit_entries e on (e.account_id, e.livemode, e.grant_id) = (g.account_id, g.livemode, g.id)
  where g.customer_id = $1
  group by g.account_id, g.livemode, g.id`;

/**
 * Charges of periods for which grants gave other than what the newest live invoice that bills the period's usage, late
 * or not, says that they cover. Voids are left out: they give back what others may have drawn meanwhile.
 */
const OTHERWISE_COVERED = `
  select l.subscription_id, l.period_number, l.charge_id, l.credited_quantity,
    coalesce(-sum(e.amount), 0) as drawn
  from (
    select distinct on (i.subscription_id, l.period_number, l.charge_id)
      i.subscription_id, l.period_number, l.charge_id, l.credited_quantity
    from invoices i
    join invoice_lines l on (l.account_id, l.livemode, l.invoice_id) = (i.account_id, i.livemode, i.id)
    where i.customer_id = $1 and i.status in ('open', 'paid')
      and l.kind in ('usage', 'late_usage') and l.charge_id is not null
    order by i.subscription_id, l.period_number, l.charge_id, i.number_seq desc
  ) l
  left join credit_entries e
    on (e.subscription_id, e.period_number, e.charge_id) = (l.subscription_id, l.period_number, l.charge_id)
    and e.kind in ('consumed', 'restored')
  where not exists (
    select from invoices v
    left join invoice_lines o on (o.account_id, o.livemode, o.invoice_id) = (v.account_id, v.livemode, v.id)
    where v.subscription_id = l.subscription_id and v.status = 'void'
      and l.period_number in (v.period_number, o.period_number))
  group by l.subscription_id, l.period_number, l.charge_id, l.credited_quantity
  having l.credited_quantity <> coalesce(-sum(e.amount), 0)`;

async function expectConserved(customerId: string): Promise<void> {
  const { rows } = await world.db.pool.query(GRANTS, [customerId]);
  const broken = rows.filter((row) => {
    const parts = [row.left, row.used, row.expired, row.revoked];
    return row.conserved !== true || parts.some((part) => part < 0) || parts.some((part) => part > row.amount);
  });
  expect(broken).toEqual([]);
  expect((await world.db.pool.query(OTHERWISE_COVERED, [customerId])).rows).toEqual([]);
}

test('at every moment of a life what was granted is used, left, expired or revoked, and used is what invoices say', async () => {
  const until = performance.now() + 15_000;
  let done = 0;
  await fc.assert(
    fc.asyncProperty(randomLives, async ({ timezone, currency, delaySeconds, plans, commands }) => {
      // A slow machine lives fewer lives, and each of them whole.
      if (performance.now() > until) return;
      await world.db.pool.query('update accounts set finalization_delay_seconds = $1', [delaySeconds]);
      const made: string[] = [];
      for (const { charges, ...facts } of plans)
        made.push(await world.plan(charges.map(charge), { ...facts, currency }));
      const life = new BillingLife(world, made, 'step by step');
      await life.live(commands, { timezone, currency, afterEach: () => expectConserved(life.customerId) });
      done += 1;
    }),
    { numRuns: 100 },
  );
  expect(done).toBeGreaterThan(0);
}, 180_000);
