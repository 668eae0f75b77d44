import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import type { DecimalText } from '../../src/domain/decimal.ts';
import { createCreditNote } from '../../src/operations/create-credit-note.ts';
import { payInvoice } from '../../src/operations/pay-invoice.ts';
import { newId } from '../../src/platform/new-id.ts';
import type { Queryable, Tenant } from '../../src/storage/database.ts';
import { INVARIANTS } from '../../src/storage/invariants/all-invariants.ts';
import { selectBreaches } from '../../src/storage/invariants/select-breaches.ts';
import type { Sql } from '../../src/storage/sql.ts';
import { BillingWorld, CALLS, FEE, TEST_TENANT } from '../support/billing-world.ts';
import { eventfulCustomer } from '../support/eventful-customer.ts';
import { expectInvariants } from '../support/invariants.ts';

let world: BillingWorld;
/** An eventful life, a month of which another customer paid a part and got a part back, and one that was never billed. */
beforeAll(async () => {
  world = await BillingWorld.create();
  await eventfulCustomer(world);
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan([FEE, CALLS]));
  await world.events(customer, { time: '2027-01-05', count: 30 });
  await world.turn(customer, '2027-02-01T01:00:00Z');
  await world.setClock(clockId, '2027-02-02');
  const [invoice] = await world.invoices(subscription.id);
  const [fee] = invoice?.lines ?? [];
  if (invoice === undefined || fee === undefined) throw new Error('January was not billed');
  const amount = '24.60' as DecimalText;
  const payment = { id: newId('payment'), invoiceId: invoice.id, amount, method: null, reference: null };
  await payInvoice(world.db, TEST_TENANT, { ...payment, paidAt: null, metadata: {} });
  const lines = [{ lineId: fee.id, amount: '5' as DecimalText }];
  const note = { id: newId('creditNote'), invoiceId: invoice.id, lines, reason: null };
  await createCreditNote(world.db, TEST_TENANT, { ...note, metadata: {} });
  await world.turn(customer, '2027-03-01T01:00:00Z');
  await world.subscribe(await world.customer({ clockId }), await world.plan([FEE]), { start: '2027-02-02' });
  await expectInvariants(world.db);
}, 60_000);
afterAll(() => world.drop());

const RATE = `(select id from tax_rates limit 1)`;
const CLOSING = `kind = 'closing' and status = 'open'`;

/** What a defect, a faulty repair or a hand in the database would leave; the constraints that refuse it are gone. */
const BREACHES: Readonly<Record<string, string>> = {
  'a subtotal of its own': 'update invoices set subtotal = subtotal + 1',
  'a line that is rounded twice': 'update invoice_lines set amount = amount + 0.01',
  'an amount of half a cent': `update invoice_lines set amount = amount + 0.005, amount_unrounded = amount_unrounded + 0.005`,
  'credits that nobody took off':
    'update invoice_lines set billable_quantity = quantity + 1 where billable_quantity is not null',
  'a flat that costs another amount': `update invoice_lines set amount_unrounded = 7 where kind = 'flat'`,
  'a total without its tax': 'update invoices set total = subtotal',
  'a tax that is rounded wrongly': 'update invoice_taxes set amount = amount + 0.01',
  'a tax of another amount': 'update invoice_taxes set taxable = taxable + 1',
  'a rate of the other kind': `
    insert into tax_rates select account_id, livemode, 'txr_other', 'Other', 5, true, null, null, '{}', now() from accounts where not livemode;
    insert into account_tax_rates select account_id, livemode, 1, 'txr_other' from accounts where not livemode`,
  'a rate that says something else now': `update tax_rates set percentage = 21`,
  'a rate that is out of use': `update tax_rates set archived_at = now() where id = ${RATE}`,
  'two closing invoices of one period': `
    drop index invoices_one_live_closing;
    insert into invoices select (jsonb_populate_record(i, '{"id": "inv_twin", "sequence": 9, "number": "INV-000099", "number_seq": 99}')).*
      from invoices i where ${CLOSING} limit 1`,
  'an invoice out of its period': `update invoices set period_start = period_start - interval '1 day'`,
  'a closing invoice before its time': `update invoices set finalized_at = period_start where ${CLOSING}`,
  'a reissue that nobody knows': 'update invoices set replaced_by = null',
  'a live invoice that is waived': `update invoices set waived = true where status = 'open'`,
  'a gap in the numbers': `update invoices set number_seq = number_seq + 1, number = 'INV-000099' where number_seq = (select max(number_seq) from invoices)`,
  'a counter ahead of its invoices': 'update invoice_counters set last_number = last_number + 1',
  'a number that was given before': `
    update customers set test_clock_id = null;
    update invoices set finalized_at = finalized_at - number_seq * interval '1 year'`,
  'a closed period without an invoice': `
    delete from invoices i where kind = 'closing' and not exists (select from credit_entries e where e.invoice_id = i.id)`,
  'a period that ended and was forgotten': `
    insert into periods select (jsonb_populate_record(p, jsonb_build_object('number', p.number + 1, 'status', 'open', 'closed_at', null))).*
      from periods p where number = 2`,
  'a hole between two periods': `update periods set start_at = start_at + interval '1 hour' where number = 1`,
  'a current period that is none': 'update subscriptions set current_period_number = 7',
  'a balance of a grant without an entry': 'update credit_grants set balance = balance + 1',
  'an entry of the ledger that is lost': `delete from credit_entries where kind = 'consumed'`,
  'units that came from nowhere': `update credit_entries set amount = 100 where kind = 'consumed'`,
  'a void that gave nothing back': `
    update invoices set status = 'void', voided_at = now(), voided_after = 9 where status <> 'draft'`,
  'a line that credits more than was drawn': `update invoice_lines set credited_quantity = credited_quantity + 1`,
  'a grant that covered what it could not': `update credit_grants set effective_at = '2030-01-01'`,
  'an ended grant that holds something': `update credit_grants set status = 'ended', balance = 3, ends_at = '2027-01-01'`,
  'a customer of another currency': `update customers set currency = 'EUR'`,
  'an invoice of a plan that is not there': 'update invoices set plan_version = 9',
  'an entry of a line that is not there': `update credit_entries set line_id = 'il_gone' where line_id is not null`,
  'an amount that is no number': `
    alter domain exact_number drop constraint exact_number_check;
    update invoice_lines set amount_unrounded = 'NaN' where kind = 'flat'`,
  'a trigger that is off': 'alter table invoices disable trigger invoices_frozen',
  'a trigger that is gone': 'drop trigger credit_entries_append_only on credit_entries',
  'a nudge that nobody delivers': `
    insert into outbox (account_id, livemode, subscription_id, created_at)
      select account_id, livemode, id, now() - interval '1 hour' from subscriptions limit 1`,
  'a balance without an entry': 'update customers set balance = balance + 1',
  'an entry that starts elsewhere': 'update customer_balance_entries set balance_after = balance_after + 1',
  'balance that is left beside a debt': `update customer_balance_entries set balance_after = 1 where kind = 'applied'`,
  'balance that is applied and not taken': 'update invoices set balance_applied = balance_applied + 1',
  'a line that forgets what was billed before': 'update invoice_lines set previously_billed = 0',
  'late usage that bills other than is left': `update invoice_lines set billable_quantity = 1 where kind = 'late_usage'`,
  'events that come after the cut-off': `update invoices set late_seqs = '{[1,100000)}' where late_seqs is not null`,
  'a void that gave back what it never took': `
    insert into credit_entries select (jsonb_populate_record(e, jsonb_build_object('id', 'ce_more', 'kind', 'restored',
      'amount', 1, 'source', 'void:more', 'invoice_id', (select id from invoices where status = 'void' limit 1)))).*
    from credit_entries e where kind = 'consumed' limit 1`,
  'a flat that came back twice': `update invoice_lines set amount = amount * 3 where kind = 'proration'`,
  'a payment that is lost': 'delete from payments',
  'a debt that nobody knows': 'update invoices set amount_due = amount_due + 1',
  'a state that nobody set': `update invoices set payment_status = 'not_required'`,
  'a void of a paid invoice': `update invoices set status = 'void', voided_at = now()`,
  'a credit without a note': 'update invoices set amount_credited = amount_credited + 1',
  'a note that gave its customer nothing': `delete from customer_balance_entries where kind = 'credit_note'`,
  'a note over more than its invoice': 'update invoices set subtotal = 1',
  'a note that takes the wrong way': 'update credit_note_lines set amount = -amount',
  'a note that does not add up': 'update credit_notes set tax_total = 3',
  'a gap in the numbers of notes': 'update credit_notes set number_seq = number_seq + 1',
  'a counter ahead of its notes': 'update credit_note_counters set last_number = 5',
  'a history with a gap': `delete from subscription_history where kind = 'invoice_drafted'`,
  'a period that its history does not know': `delete from subscription_history where kind = 'period_closed'`,
  'an invoice that its history does not know': `update subscription_history set invoice_number = 'INV-0'`,
  'money of another currency': `update payments set currency = 'EUR'`,
};

/** Names of the invariants that are broken for each tenant while `statements` have been carried out. */
async function brokenBy(statements: string, tenants: readonly Tenant[]): Promise<string[][]> {
  const client = await world.db.pool.connect();
  try {
    await client.query('begin');
    await client.query('set local session_replication_role = replica');
    await client.query('alter table invoices drop constraint invoices_amount_due');
    await client.query(statements);
    const found: string[][] = [];
    for (const tenant of tenants) found.push(await namesOfBroken(client, tenant));
    return found;
  } finally {
    await client.query('rollback');
    client.release();
  }
}

async function namesOfBroken(client: pg.PoolClient, tenant: Tenant): Promise<string[]> {
  const db: Queryable = {
    query: async <Row>({ name, text, values }: Sql) =>
      (await client.query({ name, text, values: [...values] })).rows as Row[],
  };
  const names: string[] = [];
  for (const { name, breaches } of INVARIANTS) {
    const found = await selectBreaches(db, tenant, { breaches, limit: 3 });
    if (found.count > 0n) names.push(name);
    expect(BigInt(found.examples.length)).toBe(found.count < 3n ? found.count : 3n);
  }
  return names;
}

const broken = new Set<string>();

describe('an invariant is broken by', () => {
  test.each(Object.entries(BREACHES))('%s', async (_, statements) => {
    const [names = []] = await brokenBy(statements, [TEST_TENANT]);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) broken.add(name);
  });

  test('and none holds whatever is broken', () => {
    expect([...broken].toSorted()).toEqual(INVARIANTS.map(({ name }) => name).toSorted());
  });
});

test('what is broken in one account and mode is not told to another', async () => {
  const others = [
    { accountId: 1, livemode: true },
    { accountId: 2, livemode: false },
  ];
  const rows = Object.values(BREACHES).filter((statements) => /^update (?!invoices set status)/.test(statements));
  const [here = [], ...elsewhere] = await brokenBy(rows.join(';'), [TEST_TENANT, ...others]);
  expect(here.length).toBeGreaterThan(20);
  expect(elsewhere).toEqual([[], []]);
});

test('each has a name of its own and a guarantee that is a sentence', () => {
  expect(new Set(INVARIANTS.map(({ name }) => name)).size).toBe(INVARIANTS.length);
  for (const { name, guarantee } of INVARIANTS) {
    expect(name).toMatch(/^[a-z]+(_[a-z]+)+$/);
    expect(guarantee).toMatch(/^[A-Z].*\.$/);
  }
});
