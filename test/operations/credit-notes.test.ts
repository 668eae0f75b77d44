import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { DecimalText } from '../../src/domain/decimal.ts';
import { createCreditNote, type NewCreditNote } from '../../src/operations/create-credit-note.ts';
import { listCreditNotes } from '../../src/operations/get-credit-note.ts';
import { getCustomerBalance } from '../../src/operations/get-customer-balance.ts';
import { getInvoice } from '../../src/operations/get-invoice.ts';
import { payInvoice } from '../../src/operations/pay-invoice.ts';
import { voidInvoice } from '../../src/operations/void-invoice.ts';
import { newId } from '../../src/platform/new-id.ts';
import { at, BillingWorld, CALLS, FEE, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterEach(() => expectInvariants(world.db));
afterAll(() => world.drop());

/** An open invoice of 20.00 and 3.00, on a clock that stands at 2027-02-02. */
async function billed() {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan([FEE, CALLS]));
  await world.events(customer, { time: '2027-01-05', count: 30 });
  await world.turn(customer, '2027-02-01T01:00:00Z');
  await world.setClock(clockId, '2027-02-02');
  const [invoice] = await world.invoices(subscription.id);
  const [fee, calls] = invoice?.lines ?? [];
  if (invoice === undefined || fee === undefined || calls === undefined) throw new Error('no invoice of two lines');
  return { clockId, customer, subscription, invoice, fee, calls };
}

/** Lines as [line, amount]; null: all that is left. */
function credit(
  invoice: { readonly id: string },
  lines: readonly (readonly [line: { readonly id: string }, amount: string | null])[] | null = null,
  fields: Partial<NewCreditNote> = {},
) {
  return createCreditNote(world.db, TEST_TENANT, {
    id: newId('creditNote'),
    invoiceId: invoice.id,
    reason: null,
    metadata: {},
    lines: lines?.map(([line, amount]) => ({ lineId: line.id, amount: amount as DecimalText | null })) ?? null,
    ...fields,
  });
}

function pay(invoice: { readonly id: string }, amount: string | null = null) {
  return payInvoice(world.db, TEST_TENANT, {
    id: newId('payment'),
    invoiceId: invoice.id,
    amount: amount as DecimalText | null,
    method: null,
    reference: null,
    paidAt: null,
    metadata: {},
  });
}

const read = (invoice: { readonly id: string }) => getInvoice(world.db, TEST_TENANT, invoice.id);

async function balanceOf(customer: { readonly externalId: string }) {
  const query = { customerRef: customer.externalId, before: null, limit: 100 };
  const { balance, entries } = await getCustomerBalance(world.db, TEST_TENANT, query);
  return [Number(balance), ...entries.map((each) => [each.kind, each.amount])];
}

describe('a credit note', () => {
  test('of an open invoice lowers what is due; at nothing due it is paid without a payment', async () => {
    const { customer, invoice, fee, calls } = await billed();
    expect(await credit(invoice, [[fee, '5.00']])).toMatchObject({
      total: '5.00',
      amountApplied: '5.00',
      amountToBalance: '0.00',
      createdAt: at('2027-02-02'),
    });
    expect(await read(invoice)).toMatchObject({ status: 'open', amountCredited: '5.00', amountDue: '18.00' });
    expect(await credit(invoice)).toMatchObject({
      total: '18.00',
      lines: [
        { invoiceLineId: fee.id, amount: '15.00' },
        { invoiceLineId: calls.id, amount: '3.00' },
      ],
    });
    expect(await read(invoice)).toMatchObject({
      status: 'paid',
      paymentStatus: 'not_required',
      amountCredited: '23.00',
      amountDue: '0.00',
      paidAt: at('2027-02-02'),
    });
    expect(await balanceOf(customer)).toEqual([0]);
  });

  test('of a paid invoice becomes balance', async () => {
    const { customer, invoice, calls } = await billed();
    const paid = await pay(invoice);
    expect(await credit(invoice, [[calls, null]])).toMatchObject({ amountApplied: '0.00', amountToBalance: '3.00' });
    expect(await read(invoice)).toEqual(paid);
    expect(await balanceOf(customer)).toEqual([3, ['credit_note', '3.00']]);
  });

  test('of a partly paid invoice does both', async () => {
    const { customer, invoice } = await billed();
    await pay(invoice, '13');
    expect(await credit(invoice)).toMatchObject({ amountApplied: '10.00', amountToBalance: '13.00' });
    expect(await read(invoice)).toMatchObject({ status: 'paid', paymentStatus: 'paid', amountCredited: '10.00' });
    expect(await balanceOf(customer)).toEqual([13, ['credit_note', '13.00']]);
  });

  test('keeps its invoice from being voided', async () => {
    const { invoice, calls } = await billed();
    await credit(invoice, [[calls, '0.01']]);
    const command = { invoiceId: invoice.id, reason: null };
    await expect(voidInvoice(world.db, TEST_TENANT, command)).rejects.toMatchObject({
      code: 'invoice_has_credit_notes',
    });
  });

  test('repeated with its id is issued once, from eight sides and after nothing is left', async () => {
    const { customer, invoice } = await billed();
    await pay(invoice);
    const id = newId('creditNote');
    const notes = await Promise.all(Array.from({ length: 8 }, () => credit(invoice, null, { id })));
    expect(new Set(notes.map((note) => note.number)).size).toBe(1);
    expect(await credit(invoice, null, { id })).toEqual(notes[0]);
    expect(await balanceOf(customer)).toEqual([23, ['credit_note', '23.00']]);
  });

  test('ten at once never take back more of a line than it is, and are numbered without gaps', async () => {
    const { customer, invoice, fee } = await billed();
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => credit(invoice, [[fee, '3.00']])));
    expect(outcomes.filter((each) => each.status === 'fulfilled')).toHaveLength(6);
    for (const each of outcomes) {
      if (each.status === 'rejected') {
        expect(each.reason).toMatchObject({ code: 'credit_exceeds_line', param: 'lines[0].amount' });
      }
    }
    const page = { limit: 20, after: null, customerRef: customer.externalId, invoiceId: null };
    const numbers = (await listCreditNotes(world.db, TEST_TENANT, page)).map((note) => note.numberSeq);
    const first = numbers.toSorted((left, right) => Number(left - right))[0] ?? 0n;
    expect(numbers.length).toBe(6);
    expect(new Set(numbers)).toEqual(new Set([0n, 1n, 2n, 3n, 4n, 5n].map((each) => first + each)));
    expect(await read(invoice)).toMatchObject({ amountCredited: '18.00', amountDue: '5.00' });
  });

  test('that fails takes no number', async () => {
    const { invoice, fee } = await billed();
    const before = await credit(invoice, [[fee, '1.00']]);
    await expect(credit(invoice, [[fee, '20.00']])).rejects.toMatchObject({ code: 'credit_exceeds_line' });
    const after = await credit(invoice, [[fee, '1.00']]);
    expect(after.numberSeq).toBe(before.numberSeq + 1n);
  });

  test('racing payments: the invoice gets no more than it is, and what is too much is balance', async () => {
    const { customer, invoice } = await billed();
    const calls = [() => pay(invoice, '23'), () => credit(invoice), () => pay(invoice, '3')];
    await Promise.allSettled(calls.map((call) => call()));
    const settled = await read(invoice);
    const [balance] = await balanceOf(customer);
    expect(settled.status).toBe('paid');
    // All of it is credited, so whatever was paid is the customer's again.
    expect(Number(settled.amountPaid)).toBe(balance);
  });

  test('racing a void: exactly one of the two wins, in each of twenty rounds', async () => {
    const won = { note: 0, void: 0 };
    for (let round = 0; round < 20; round += 1) {
      const { invoice } = await billed();
      const note = () => credit(invoice);
      const voiding = () => voidInvoice(world.db, TEST_TENANT, { invoiceId: invoice.id, reason: null });
      const settled = await Promise.allSettled((round % 2 === 0 ? [note, voiding] : [voiding, note]).map((f) => f()));
      const codes = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason.code] : []));
      expect([['invoice_is_void'], ['invoice_has_credit_notes']]).toContainEqual(codes);
      if (codes[0] === 'invoice_is_void') won.void += 1;
      else won.note += 1;
    }
    expect(Math.min(won.note, won.void)).toBeGreaterThan(0);
  });

  test('is never changed or removed', async () => {
    const { invoice } = await billed();
    await credit(invoice);
    for (const table of ['credit_notes', 'credit_note_lines']) {
      for (const statement of [`update ${table} set account_id = 1`, `delete from ${table}`]) {
        await expect(world.db.pool.query(statement)).rejects.toThrow('never changed');
      }
    }
  });
});
