import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { DecimalText } from '../../src/domain/decimal.ts';
import { payInvoice, type NewPayment } from '../../src/operations/pay-invoice.ts';
import { voidInvoice } from '../../src/operations/void-invoice.ts';
import { newId } from '../../src/platform/new-id.ts';
import { at, BillingWorld, FEE, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterEach(() => expectInvariants(world.db));
afterAll(() => world.drop());

/** An open invoice of 20.00 on a clock that stands at 2027-02-02. */
async function billed() {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan([FEE]));
  await world.turn(customer, '2027-02-01T01:00:00Z');
  await world.setClock(clockId, '2027-02-02');
  const [invoice] = await world.invoices(subscription.id);
  if (invoice === undefined) throw new Error('no invoice');
  return { clockId, customer, subscription, invoice };
}

function pay(invoiceId: string, fields: Partial<Omit<NewPayment, 'amount'>> & { readonly amount?: string } = {}) {
  const { amount, ...rest } = fields;
  return payInvoice(world.db, TEST_TENANT, {
    id: newId('payment'),
    invoiceId,
    method: null,
    reference: null,
    paidAt: null,
    metadata: {},
    ...rest,
    amount: (amount ?? null) as DecimalText | null,
  });
}

const voidOf = (invoiceId: string) => voidInvoice(world.db, TEST_TENANT, { invoiceId, reason: null });

describe('payments', () => {
  test('in parts leave the invoice open until all is paid, when the last of them came', async () => {
    const { invoice } = await billed();
    expect(await pay(invoice.id, { amount: '5' })).toMatchObject({
      status: 'open',
      paymentStatus: 'partially_paid',
      amountPaid: '5.00',
      amountDue: '15.00',
      paidAt: null,
    });
    await pay(invoice.id, { amount: '10', paidAt: at('2027-02-01T18:00:00Z') });
    const paid = await pay(invoice.id, { paidAt: at('2027-01-31') });
    expect(paid).toMatchObject({
      status: 'paid',
      paymentStatus: 'paid',
      amountPaid: '20.00',
      amountDue: '0.00',
      paidAt: at('2027-02-02'),
    });
    expect(paid.payments.map((each) => each.amount)).toEqual(['5.00', '10.00', '5.00']);
  });

  test('repeated with their id are recorded once, from eight sides and after the invoice is paid', async () => {
    const { invoice } = await billed();
    const id = newId('payment');
    const answers = await Promise.all(Array.from({ length: 8 }, () => pay(invoice.id, { id, amount: '20' })));
    expect(answers.map((each) => [each.status, each.payments.length])).toEqual(Array(8).fill(['paid', 1]));
    expect(await pay(invoice.id, { id, amount: '20' })).toMatchObject({ amountPaid: '20.00' });
  });

  test('ten at once never take more than is due', async () => {
    const { invoice } = await billed();
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => pay(invoice.id, { amount: '6' })));
    expect(outcomes.filter((each) => each.status === 'fulfilled')).toHaveLength(3);
    for (const each of outcomes) {
      if (each.status === 'rejected')
        expect(each.reason).toMatchObject({ code: 'payment_exceeds_due', param: 'amount' });
    }
    expect(await pay(invoice.id)).toMatchObject({ status: 'paid', amountPaid: '20.00' });
  });

  test('racing a void: exactly one of the two wins, in each of twenty rounds', async () => {
    const won = { pay: 0, void: 0 };
    for (let round = 0; round < 20; round += 1) {
      const { invoice } = await billed();
      const calls = [() => pay(invoice.id, { amount: '1' }), () => voidOf(invoice.id)];
      if (round % 2 === 1) calls.reverse();
      const settled = await Promise.allSettled(calls.map((call) => call()));
      const [paid, voided] = round % 2 === 1 ? settled.toReversed() : settled;
      expect([paid?.status, voided?.status].toSorted()).toEqual(['fulfilled', 'rejected']);
      if (paid?.status === 'rejected') {
        won.void += 1;
        expect(paid.reason).toMatchObject({ code: 'invoice_is_void' });
      }
      if (voided?.status === 'rejected') {
        won.pay += 1;
        expect(voided.reason).toMatchObject({ code: 'invoice_has_payments' });
      }
    }
    // A race that one side always wins tests nothing.
    expect(Math.min(won.pay, won.void)).toBeGreaterThan(0);
  });

  test('of a part keep the invoice from being voided', async () => {
    const { invoice } = await billed();
    await pay(invoice.id, { amount: '0.01' });
    await expect(voidOf(invoice.id)).rejects.toMatchObject({ code: 'invoice_has_payments' });
  });

  test('are never changed or removed', async () => {
    const { invoice } = await billed();
    await pay(invoice.id, { amount: '1' });
    for (const statement of ['update payments set amount = 2', 'delete from payments']) {
      await expect(world.db.pool.query(statement)).rejects.toThrow('never changed');
    }
  });

  test('are taken for a customer that is archived, and for a subscription that needs attention', async () => {
    const { customer, subscription, invoice } = await billed();
    await world.db.pool.query(`update subscriptions set attention_code = 'amount_too_large', attention_message = 'x',
      attention_at = now(), next_due_at = null where id = '${subscription.id}'`);
    expect(await pay(invoice.id, { amount: '1' })).toMatchObject({ amountPaid: '1.00' });
    await world.db.pool.query(`update subscriptions set attention_code = null where id = '${subscription.id}'`);
    await world.db.pool.query(`update customers set archived_at = now() where id = '${customer.id}'`);
    expect(await pay(invoice.id)).toMatchObject({ status: 'paid' });
  });
});
