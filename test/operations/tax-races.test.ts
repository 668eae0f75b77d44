import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DecimalText } from '../../src/domain/decimal.ts';
import { Failure } from '../../src/domain/errors/failure.ts';
import { changeAccount } from '../../src/operations/change-account.ts';
import { changeCustomer } from '../../src/operations/change-customer.ts';
import { changeTaxRate } from '../../src/operations/change-tax-rate.ts';
import { createTaxRate } from '../../src/operations/create-tax-rate.ts';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { newId } from '../../src/platform/new-id.ts';
import { sql } from '../../src/storage/sql.ts';
import { BillingWorld, CALLS, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterAll(() => world.drop());

const CUSTOMERS = 3;
const who = fc.nat({ max: CUSTOMERS - 1 });
const percentage = fc.integer({ min: 0, max: 100 }).map((value) => String(value) as DecimalText);
/** Which of the rates that there are: by their number from the newest on. */
const some = fc.oneof(fc.constant([]), {
  weight: 4,
  arbitrary: fc.uniqueArray(fc.nat({ max: 4 }), { minLength: 1, maxLength: 2 }),
});

const command = fc.oneof(
  fc.record({
    kind: fc.constant('give customer' as const),
    who,
    rates: some,
    taxExempt: fc.constantFrom(false, false, false, true),
  }),
  fc.record({ kind: fc.constant('give account' as const), rates: some }),
  fc.record({ kind: fc.constant('change' as const), rate: fc.nat({ max: 4 }), percentage, inclusive: fc.boolean() }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('bill' as const), who }) },
);
type Command = typeof command extends fc.Arbitrary<infer Value> ? Value : never;

async function subscribed() {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan([CALLS]));
  await world.setClock(clockId, '2027-01-11');
  return { ...customer, subscriptionId: subscription.id };
}
type Subscribed = Awaited<ReturnType<typeof subscribed>>;

async function carryOut(given: Command, customers: readonly Subscribed[]): Promise<unknown> {
  const customer = 'who' in given ? customers[given.who] : customers[0];
  if (customer === undefined) throw new Error('no such customer');
  const known = await world.db.query<{ id: string }>(sql`
    select id from tax_rates where archived_at is null order by created_at desc limit 5`);
  const pick = (numbers: readonly number[]) => numbers.flatMap((number) => known[number]?.id ?? []);
  switch (given.kind) {
    case 'give customer': {
      const changes = { taxRateIds: pick(given.rates), taxExempt: given.taxExempt };
      return changeCustomer(world.db, TEST_TENANT, { reference: customer.id, changes });
    }
    case 'give account':
      return changeAccount(world.db, TEST_TENANT, { taxRateIds: pick(given.rates) });
    case 'change': {
      const [id = 'none'] = pick([given.rate]);
      const changes = { percentage: given.percentage, inclusive: given.inclusive };
      return changeTaxRate(world.db, TEST_TENANT, { id, changes, replacementId: newId('taxRate') });
    }
    case 'bill':
      await world.events(customer, { time: '2027-01-05', count: 7 });
      return triggerInvoice(world.db, TEST_TENANT, { subscriptionId: customer.subscriptionId, triggerId: null });
  }
}

test('changes of rates, of who holds them, and invoices, all at once: none is stuck, and what is true of taxes stays so', async () => {
  const customers = await Promise.all(Array.from({ length: CUSTOMERS }, subscribed));
  for (const percent of ['5', '10', '19', '20', '25']) {
    const terms = { name: 'VAT', percentage: percent as DecimalText, inclusive: false, metadata: '{}' };
    await createTaxRate(world.db, TEST_TENANT, { id: newId('taxRate'), ...terms });
  }
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 6, maxLength: 12 }), async (commands) => {
      const outcomes = await Promise.allSettled(commands.map((each) => carryOut(each, customers)));
      const defects = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' && !(outcome.reason instanceof Failure) ? [outcome.reason] : [],
      );
      expect(defects).toEqual([]);
      await expectInvariants(world.db);
    }),
    { numRuns: 20, endOnFailure: true },
  );
  const [counts] = await world.db.query<Record<'replaced' | 'taxes', bigint>>(sql`
    select (select count(*) from tax_rates where replaced_by is not null) as replaced,
      (select count(*) from invoice_taxes) as taxes`);
  // The races that this is about were there.
  expect(counts?.replaced).toBeGreaterThan(0n);
  expect(counts?.taxes).toBeGreaterThan(0n);
}, 120_000);
