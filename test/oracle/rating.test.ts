import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DecimalText } from '../../src/domain/decimal.ts';
import { changeCustomer } from '../../src/operations/change-customer.ts';
import { createTaxRate } from '../../src/operations/create-tax-rate.ts';
import { newId } from '../../src/platform/new-id.ts';
import { BillingLife } from '../support/billing-life.ts';
import { BillingWorld, charge, TEST_TENANT } from '../support/billing-world.ts';
import { type LifePlan, type RandomLife, randomLives } from './random-lives.ts';
import { rateAgain } from './rate-again.ts';
import { TOLD_LIFE } from './told-life.ts';

/** For a look that takes longer: seconds, instead of those of every run of the tests. */
const SECONDS = Number(process.env.BILLING_LIVES_SECONDS ?? 30);

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterAll(() => world.drop());

/** What the lives must have come to, so that agreement means something; a row for each that never came. */
const COVERED = `
  select wanted from (values
    ('flat'), ('usage'), ('minimum'), ('proration'), ('late_usage'), ('opening'), ('interim'), ('closing'), ('late'), ('void'),
    ('graduated'), ('volume'), ('package'), ('credit'), ('per_unit'), ('covered'), ('negative'), ('cut')
  ) as wanted (wanted)
  where wanted not in (
    select unnest(array[l.kind, i.kind, i.status, l.pricing_model, case when l.credited_quantity > 0 then 'covered' end,
      case when l.amount < 0 then 'negative' end, case when p.end_at < p.full_end_at then 'cut' end])
    from invoice_lines l
    join invoices i on i.id = l.invoice_id
    join periods p on (p.subscription_id, p.number) = (i.subscription_id, i.period_number)
    where i.number is not null)`;

async function giveRates(customerId: string, taxes: RandomLife['taxes']): Promise<void> {
  const taxRateIds: string[] = [];
  for (const { percentage, inclusive } of taxes) {
    const terms = { id: newId('taxRate'), name: percentage, percentage: percentage as DecimalText, inclusive };
    taxRateIds.push((await createTaxRate(world.db, TEST_TENANT, { ...terms, metadata: '{}' })).id);
  }
  await changeCustomer(world.db, TEST_TENANT, { reference: customerId, changes: { taxRateIds } });
}

async function madePlan({ charges, second, ...facts }: LifePlan, currency: string): Promise<string> {
  const first = charges.map(charge);
  const id = await world.plan(first, { ...facts, currency });
  if (second === undefined) return id;
  // A charge of the same model goes on under its id.
  const next = second.charges.map((each, index) => {
    const before = first[index];
    return charge(before?.pricing_model === each.pricing_model ? { ...each, id: before.id } : each);
  });
  await world.version(id, { charges: next, minimumAmount: second.minimumAmount });
  return id;
}

async function lived({ timezone, currency, delaySeconds, taxes, plans, commands }: RandomLife): Promise<BillingLife> {
  await world.db.pool.query('update accounts set finalization_delay_seconds = $1', [delaySeconds]);
  const made: string[] = [];
  for (const each of plans) made.push(await madePlan(each, currency));
  const life = new BillingLife(world, made, 'step by step');
  await life.live(commands, { timezone, currency, begin: (customerId) => giveRates(customerId, taxes) });
  return life;
}

test(
  'every line, draw and total of every invoice is what an independent implementation makes of the same events',
  async () => {
    const until = performance.now() + SECONDS * 1_000;
    let done = 0;
    await fc.assert(
      fc.asyncProperty(randomLives, async (random) => {
        // A slow machine lives fewer lives, and each of them whole.
        if (performance.now() > until) return;
        const life = await lived(random);
        expect({ outcomes: life.outcomes, differences: await rateAgain(world.db, life.customerId) }).toEqual({
          outcomes: life.outcomes,
          differences: [],
        });
        done += 1;
      }),
      { numRuns: SECONDS > 30 ? 10_000 : 1_000, examples: [[TOLD_LIFE]] },
    );
    expect(done).toBeGreaterThan(0);
    expect((await world.db.pool.query(COVERED)).rows).toEqual([]);
  },
  195_000 + SECONDS * 2_000,
);
