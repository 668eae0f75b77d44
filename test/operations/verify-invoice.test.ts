import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DecimalText } from '../../src/domain/decimal.ts';
import { changeTaxRate } from '../../src/operations/change-tax-rate.ts';
import type { InvoiceWithLines } from '../../src/operations/get-invoice.ts';
import { revokeGrant } from '../../src/operations/revoke-grant.ts';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { verifyInvoice } from '../../src/operations/verify-invoice.ts';
import { voidInvoice } from '../../src/operations/void-invoice.ts';
import { newId } from '../../src/platform/new-id.ts';
import { at, BillingWorld, FEE, TEST_TENANT } from '../support/billing-world.ts';
import { type EventfulCustomer, eventfulCustomer, SEAT, TOKENS } from '../support/eventful-customer.ts';
import { expectVerified } from '../support/expect-verified.ts';
import { expectInvariants } from '../support/invariants.ts';
import { tampered } from '../support/tamper.ts';

let world: BillingWorld;
let life: EventfulCustomer;
beforeAll(async () => {
  world = await BillingWorld.create();
  life = await eventfulCustomer(world);
});
afterAll(() => world.drop());

const verify = (id: string) => verifyInvoice(world.db, TEST_TENANT, id);

type Named = Exclude<keyof EventfulCustomer, 'customer' | 'clockId' | 'subscriptionId'>;

test('every invoice of an eventful life comes out the same, void ones too, and its explanation ends in it', async () => {
  await expectInvariants(world.db);
  expect(await expectVerified(world.db)).toBe(7);
  const { january } = life;
  expect(await verify(january.id)).toEqual({
    invoiceId: january.id,
    number: january.number,
    equal: true,
    differences: [],
    recomputed: { subtotal: '43.24', taxTotal: '8.65', total: '51.89', balanceApplied: '0.00' },
    problem: null,
    verifiedAt: at('2027-04-04'),
  });
});

interface Tampering {
  readonly table: string;
  /** Of the eventful life. */
  readonly of: Named;
  readonly statement: (invoice: InvoiceWithLines) => string;
  /** `path: stored → recomputed`, each. */
  readonly found: readonly string[];
}

const EVENT_OF_JANUARY = `event_name = 'token' and event_at = '2027-01-20Z'`;

const TAMPERINGS: Readonly<Record<string, Tampering>> = {
  'an amount of a line': {
    table: 'invoice_lines',
    of: 'january',
    statement: ({ id }) =>
      `update invoice_lines set amount = amount + 0.001 where invoice_id = '${id}' and position = 0`,
    found: ['lines[0].amount: 2.991 → 2.99'],
  },
  'a quantity of a tier': {
    table: 'invoice_lines',
    of: 'january',
    statement: ({ id }) =>
      `update invoice_lines set tiers = jsonb_set(tiers, '{0,quantity}', '"9"') where invoice_id = '${id}' and position = 0`,
    found: ['lines[0].tiers[0].quantity: 9 → 9.5'],
  },
  'a line that is gone': {
    table: 'invoice_lines',
    of: 'february',
    statement: ({ id }) => `delete from invoice_lines where invoice_id = '${id}' and position = 5`,
    found: ['lines[5]: nothing → Tokens (late usage): 1.52'],
  },
  'a line that nobody computed': {
    table: 'invoice_lines',
    of: 'opening',
    statement: ({ id }) => `
      insert into invoice_lines (account_id, livemode, id, invoice_id, position, charge_id, kind, description,
        period_number, period_start, period_end, amount_unrounded, amount)
      select account_id, livemode, 'il_more', invoice_id, 1, charge_id, kind, 'More', period_number, period_start,
        period_end, 5, 5 from invoice_lines where invoice_id = '${id}'`,
    found: ['lines[1]: More: 5.00 → nothing'],
  },
  'a value of an event': {
    table: 'events',
    of: 'january',
    statement: () => `update events set properties = '{"n": 10}' where ${EVENT_OF_JANUARY}`,
    found: [
      'lines[0].quantity: 24.5 → 25.5',
      'lines[0].usage_quantity: 24.5 → 25.5',
      'lines[0].billable_quantity: 9.5 → 10.5',
    ],
  },
  'an event that is gone': {
    table: 'events',
    of: 'interim',
    statement: () => `delete from events where event_name = 'call' and event_at = '2027-01-06Z'`,
    found: ['lines[1]: Calls in the EU: 1.50 → nothing', 'lines[2].position: 2 → 1', 'total: 2.11 → 0.31'],
  },
  'an event that was smuggled in below the cut-off': {
    table: 'events',
    of: 'january',
    statement: () => `
      insert into events (account_id, livemode, id, seq, customer_ref, event_name, idempotency_key, event_at,
        received_at, properties)
      select account_id, livemode, gen_random_uuid(), seq, customer_ref, event_name, 'smuggled', event_at, received_at,
        properties from events where ${EVENT_OF_JANUARY}`,
    found: ['lines[0].event_count: 3 → 4', 'lines[0].quantity: 24.5 → 33.5'],
  },
  'a late event for which there was no invoice then': {
    table: 'events',
    of: 'march',
    statement: () => `
      insert into events (account_id, livemode, id, seq, customer_ref, event_name, idempotency_key, event_at,
        received_at, properties)
      select e.account_id, e.livemode, gen_random_uuid(), (
        select max(i.usage_cutoff_seq) from invoices i where i.period_number = 2), e.customer_ref, 'token', 'smuggled',
        '2027-01-20Z', e.received_at, '{"n": 1}' from events e where ${EVENT_OF_JANUARY}`,
    found: ['basis.late_periods:  → 0'],
  },
  'an entry of the credit ledger that is gone': {
    table: 'credit_entries',
    of: 'interim',
    statement: ({ id }) => `delete from credit_entries where invoice_id = '${id}' and amount = -10`,
    found: [': nothing → 10'],
  },
  'a tax row': {
    table: 'invoice_taxes',
    of: 'march',
    statement: ({ id }) => `update invoice_taxes set amount = -5 where invoice_id = '${id}'`,
    found: ['taxes[0].amount: -5.00 → -5.42'],
  },
  'a tax row that is gone': {
    table: 'invoice_taxes',
    of: 'march',
    statement: ({ id }) => `delete from invoice_taxes where invoice_id = '${id}'`,
    found: ['taxes[0]: nothing → VAT 20 %: -5.42'],
  },
  'a price of the plan': {
    table: 'plan_versions',
    of: 'interim',
    statement: () => `update plan_versions set charges = replace(charges::text, '"0.01"', '"0.02"')::jsonb`,
    found: ['lines[2].amount_unrounded: 0.085 → 0.17', 'lines[2].amount: 0.09 → 0.17', 'total: 2.11 → 2.21'],
  },
  'the total': {
    table: 'invoices',
    of: 'interim',
    statement: ({ id }) => `update invoices set total = 3, amount_due = 3 where id = '${id}'`,
    found: ['total: 3.00 → 2.11'],
  },
  'what the balance paid': {
    table: 'invoices',
    of: 'other',
    statement: ({ id }) => `update invoices set balance_applied = 30, amount_due = total - 30 where id = '${id}'`,
    found: ['balance_applied: 30.00 → 32.52'],
  },
  'an entry of the balance': {
    table: 'customer_balance_entries',
    of: 'other',
    statement: ({ id }) => `update customer_balance_entries set amount = -30 where invoice_id = '${id}'`,
    found: ['balance_change: -30.00 → -32.52', 'basis.balance: 32.52 → 30'],
  },
  'an issue': {
    table: 'invoices',
    of: 'january',
    statement: ({ id }) => `update invoices set issues = '[]' where id = '${id}'`,
    found: ['issues:  → unusable_value'],
  },
  'when a grant begins': {
    table: 'credit_grants',
    of: 'interim',
    statement: () => `update credit_grants set effective_at = '2027-01-02Z' where name = 'Welcome'`,
    found: ['effective_at: 2027-01-01T00:00:00Z → 2027-01-02T00:00:00Z'],
  },
  'when a grant ends': {
    table: 'credit_grants',
    of: 'interim',
    statement: () =>
      `update credit_grants set ends_at = ends_at + interval '1 day', expires_at = null where name = 'Welcome'`,
    found: ['ends_at: 2027-01-15T00:00:00Z → 2027-01-16T00:00:00Z'],
  },
  'what an earlier invoice billed': {
    table: 'invoice_lines',
    of: 'january',
    statement: () => `update invoice_lines set amount = 2 where invoice_id = '${life.interim.id}' and position = 1`,
    found: ['usage].amount: 1.5 → 2'],
  },
  'what an earlier invoice drew': {
    table: 'credit_entries',
    of: 'january',
    statement: () => `delete from credit_entries where invoice_id = '${life.interim.id}' and amount = -10`,
    found: ['basis.own.draws', 'draws['],
  },
  'where a period ends': {
    table: 'periods',
    of: 'january',
    statement: () => `update periods set end_at = end_at - interval '1 hour' where number = 0`,
    found: ['basis.own.period.end: 2027-02-01T00:00:00Z → 2027-01-31T23:00:00Z'],
  },
  'the cut-off': {
    table: 'invoices',
    of: 'january',
    statement: ({ id }) => `update invoices set usage_cutoff_seq = usage_cutoff_seq + 1 where id = '${id}'`,
    found: ['counted: {(,'],
  },
};

describe('what somebody changed in the database is found, and named', () => {
  test.each(Object.entries(TAMPERINGS))('%s', async (_, { table, of, statement, found }) => {
    const { id } = life[of];
    const made = await tampered(world.db, { table, statement: statement(life[of]) }, () => verify(id));
    const told = made.differences.map(
      ({ path, stored, recomputed }) => `${path}: ${stored ?? 'nothing'} → ${recomputed ?? 'nothing'}`,
    );
    for (const each of found) expect(told).toContainEqual(expect.stringContaining(each));
    expect(made.equal).toBe(false);
    expect((await verify(id)).equal).toBe(true);
  });

  test('one changed amount is one difference', async () => {
    const { table, statement } = TAMPERINGS['an amount of a line'] as Tampering;
    const change = { table, statement: statement(life.january) };
    expect((await tampered(world.db, change, () => verify(life.january.id))).differences).toHaveLength(1);
  });
});

describe('an invoice that cannot be computed again says why', () => {
  test('because what is stored would be too large', async () => {
    const statement = `update events set properties = '{"n": ${'9'.repeat(30)}}' where event_name = 'token'`;
    const charges = `update plan_versions set charges = replace(charges::text, '"0.1"', '"${'9'.repeat(31)}"')::jsonb`;
    const made = await tampered(world.db, { table: 'events', statement }, () =>
      tampered(world.db, { table: 'plan_versions', statement: charges }, () => verify(life.january.id)),
    );
    expect(made).toMatchObject({ equal: false, recomputed: null, problem: expect.stringContaining('integer digits') });
    expect(made.differences).toEqual([{ path: 'total', stored: '51.89', recomputed: null }]);
  });

  test('because the version of its plan is gone', async () => {
    const change = { table: 'plan_versions', statement: 'delete from plan_versions' };
    const made = await tampered(world.db, change, () => verify(life.opening.id));
    expect(made).toMatchObject({ equal: false, problem: expect.stringContaining('has no version 1') });
  });

  test('because what it was computed from was not recorded', async () => {
    const change = { table: 'invoices', statement: 'update invoices set basis = null' };
    await tampered(world.db, change, () =>
      expect(verify(life.january.id)).rejects.toMatchObject({ code: 'invoice_without_basis' }),
    );
  });
});

test('a draft has nothing to verify, nor has one that was voided', async () => {
  const customer = await world.customer({ clockId: await world.clock('2027-01-01') });
  const { id } = await world.subscribe(customer, await world.plan([FEE]));
  await world.turn(customer, '2027-02-01T00:30:00Z');
  const [draft] = await world.invoices(id);
  await expect(verify(draft?.id ?? '')).rejects.toMatchObject({ code: 'invoice_not_final' });
  await voidInvoice(world.db, TEST_TENANT, { invoiceId: draft?.id ?? '', reason: null });
  await expect(verify(draft?.id ?? '')).rejects.toMatchObject({ code: 'invoice_not_final' });
  await expect(verify('inv_none')).rejects.toMatchObject({ code: 'not_found' });
});

test('what happens later leaves an invoice equal: events, a revoked grant, a void, a replaced tax rate', async () => {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const { id: subscriptionId } = await world.subscribe(customer, await world.plan([SEAT, TOKENS]));
  const { id: grantId } = await world.grant(customer, '40', { rollover: false });
  const tokens = (time: string, n: number) => world.events(customer, { time, name: 'token', properties: { n } });
  const interimAt = async (time: string) => {
    await world.setClock(clockId, time);
    const outcome = await triggerInvoice(world.db, TEST_TENANT, { subscriptionId, triggerId: null });
    if (!outcome.made) throw new Error(outcome.skip.message);
    return outcome.invoice;
  };
  await tokens('2027-01-05', 62);
  await interimAt('2027-01-10');
  await revokeGrant(world.db, TEST_TENANT, grantId);
  await tokens('2027-01-11', 5);
  await tokens('2027-01-03', 5);
  const { id: invoiceId, taxes } = await interimAt('2027-01-12');
  await voidInvoice(world.db, TEST_TENANT, { invoiceId, reason: null });
  const replaced = taxes[0]?.taxRateId ?? '';
  const changes = { percentage: '21' as DecimalText };
  await changeTaxRate(world.db, TEST_TENANT, { id: replaced, replacementId: newId('taxRate'), changes });
  await world.turn(customer, '2027-02-01T01:00:00Z');
  await tokens('2027-01-04', 100);
  await world.turn(customer, '2027-03-01T01:00:00Z');
  expect(await expectVerified(world.db)).toBe(12);
});
