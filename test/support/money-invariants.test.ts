import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DecimalText } from '../../src/domain/decimal.ts';
import { createCreditNote } from '../../src/operations/create-credit-note.ts';
import { payInvoice } from '../../src/operations/pay-invoice.ts';
import { newId } from '../../src/platform/new-id.ts';
import { BillingWorld, CALLS, FEE, TEST_TENANT } from './billing-world.ts';
import { expectInvariants } from './invariants.ts';
import { MONEY_INVARIANTS } from './money-invariants.ts';

let world: BillingWorld;
/** January with 20.00 paid of 23.00 and a note of 5.00; February paid from the 2.00 of balance that this left. */
beforeAll(async () => {
  world = await BillingWorld.create();
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan([FEE, CALLS]));
  await world.events(customer, { time: '2027-01-05', count: 30 });
  await world.turn(customer, '2027-02-01T01:00:00Z');
  await world.setClock(clockId, '2027-02-02');
  const [invoice] = await world.invoices(subscription.id);
  const [fee] = invoice?.lines ?? [];
  if (invoice === undefined || fee === undefined) throw new Error('January was not billed');
  const amount = '20' as DecimalText;
  const payment = { id: newId('payment'), invoiceId: invoice.id, amount, method: null, reference: null };
  await payInvoice(world.db, TEST_TENANT, { ...payment, paidAt: null, metadata: {} });
  const lines = [{ lineId: fee.id, amount: '5' as DecimalText }];
  const note = { id: newId('creditNote'), invoiceId: invoice.id, lines, reason: null };
  await createCreditNote(world.db, TEST_TENANT, { ...note, metadata: {} });
  await world.turn(customer, '2027-03-01T01:00:00Z');
  await world.setClock(clockId, '2027-03-02');
  await expectInvariants(world.db);
});
afterAll(() => world.drop());

/** Each as a defect, a faulty repair or a hand in the database would leave it; the constraints that refuse it are gone. */
const BREACHES: Readonly<Record<string, string>> = {
  'a balance without an entry': 'update customers set balance = balance + 1',
  'an entry that starts elsewhere': 'update customer_balance_entries set balance_after = balance_after + 1',
  'an entry that is lost': "delete from customer_balance_entries where kind = 'applied'",
  'balance that is left beside a debt': `update customer_balance_entries set balance_after = 1 where kind = 'applied'`,
  'balance that is applied and not taken': 'update invoices set balance_applied = balance_applied + 1',
  'a payment that is lost': 'delete from payments',
  'money that nobody paid':
    'update invoices set amount_paid = amount_paid + 1, amount_due = amount_due - 1 where amount_due > 0',
  'a debt that nobody knows': 'update invoices set amount_due = amount_due + 1',
  'a state that nobody set': "update invoices set payment_status = 'not_required'",
  'a void of a paid invoice': "update invoices set status = 'void', voided_at = now()",
  'a credit without a note': 'update invoices set amount_credited = amount_credited + 1',
  'a note that gave its customer nothing': "delete from customer_balance_entries where kind = 'credit_note'",
  'a note over more than its invoice': 'update invoices set subtotal = 1',
  'a note that takes the wrong way': 'update credit_note_lines set amount = -amount',
  'a note that does not add up': 'update credit_notes set tax_total = 1',
  'a gap in the numbers': 'update credit_notes set number_seq = number_seq + 1',
  'a counter ahead of its notes': 'update credit_note_counters set last_number = 5',
  'money of another currency': "update payments set currency = 'EUR'",
};

const broken = new Set<string>();

test.each(Object.entries(BREACHES))('%s breaks an invariant of money', async (_, statement) => {
  const client = await world.db.pool.connect();
  try {
    await client.query('begin');
    await client.query('set local session_replication_role = replica');
    await client.query('alter table invoices drop constraint invoices_amount_due');
    await client.query(statement);
    const found: string[] = [];
    for (const [sentence, query] of Object.entries(MONEY_INVARIANTS)) {
      if ((await client.query(query)).rows.length > 0) found.push(sentence);
    }
    expect(found.length).toBeGreaterThan(0);
    for (const sentence of found) broken.add(sentence);
  } finally {
    await client.query('rollback');
    client.release();
  }
});

test('no invariant of money holds whatever is broken', () => {
  expect([...broken].toSorted()).toEqual(Object.keys(MONEY_INVARIANTS).toSorted());
});
