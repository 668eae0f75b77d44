import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { DecimalText } from '../../src/domain/decimal.ts';
import { changeAccount } from '../../src/operations/change-account.ts';
import { createCreditNote } from '../../src/operations/create-credit-note.ts';
import { getCustomerBalance } from '../../src/operations/get-customer-balance.ts';
import { getInvoice } from '../../src/operations/get-invoice.ts';
import { payInvoice } from '../../src/operations/pay-invoice.ts';
import { previewInvoice } from '../../src/operations/preview-invoice.ts';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { voidInvoice } from '../../src/operations/void-invoice.ts';
import { newId } from '../../src/platform/new-id.ts';
import { at, BillingWorld, CALLS, FEE, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterEach(async () => {
  await changeAccount(world.db, TEST_TENANT, { taxRateIds: [] });
  await expectInvariants(world.db);
});
afterAll(() => world.drop());

interface Billed {
  readonly clockId: string;
  readonly customer: { readonly id: string; readonly externalId: string };
  readonly subscription: { readonly id: string };
}

/**
 * A customer whose January, at 0.10 a call, was billed too high by an interim: a grant that reaches back covers a part of
 * it, so the closing invoice is -0.30. The clock stands at 2027-02-02.
 */
async function owed(): Promise<Billed> {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan([CALLS]));
  await world.events(customer, { time: '2027-01-05', count: 7 });
  await world.setClock(clockId, '2027-01-10');
  await triggerInvoice(world.db, TEST_TENANT, { subscriptionId: subscription.id, triggerId: null });
  await world.grant(customer, '3', { effectiveAt: at('2027-01-01') });
  await world.turn(customer, '2027-02-01T01:00:00Z');
  await world.setClock(clockId, '2027-02-02');
  return { clockId, customer, subscription };
}

/** Bills the calls of the month before the first of that month; the clock goes to its second. */
async function month({ clockId, customer }: Billed, first: string, calls: number): Promise<void> {
  await world.events(customer, { time: `${dayBefore(first)}T12:00:00Z`, count: calls });
  await world.turn(customer, `${first}T01:00:00Z`);
  await world.setClock(clockId, `${first.slice(0, 8)}02`);
}

const dayBefore = (first: string) => new Date(Date.parse(first) - 86_400_000).toISOString().slice(0, 10);

async function invoiceOf({ subscription }: Billed, periodNumber: number, kind = 'closing') {
  const invoices = await world.invoices(subscription.id);
  const found = invoices.findLast((each) => each.periodNumber === periodNumber && each.kind === kind);
  if (found === undefined) throw new Error(`no ${kind} invoice of period ${periodNumber}`);
  return found;
}

async function balanceOf({ customer }: Pick<Billed, 'customer'>) {
  const query = { customerRef: customer.id, before: null, limit: 100 };
  const { balance, entries } = await getCustomerBalance(world.db, TEST_TENANT, query);
  return [Number(balance), ...entries.map((each) => `${each.kind} ${each.amount}`)];
}

function voidOf(invoice: { readonly id: string }, reissue = false) {
  return voidInvoice(world.db, TEST_TENANT, { invoiceId: invoice.id, reason: null, reissue });
}

describe('an invoice below zero', () => {
  test('becomes balance, which pays the next invoice in part', async () => {
    const billed = await owed();
    expect(await invoiceOf(billed, 0)).toMatchObject({
      status: 'paid',
      paymentStatus: 'not_required',
      total: '-0.30',
      balanceApplied: '0.00',
      amountDue: '0.00',
    });
    expect(await balanceOf(billed)).toEqual([0.3, 'negative_invoice 0.30']);
    await month(billed, '2027-03-01', 5);
    expect(await invoiceOf(billed, 1)).toMatchObject({
      status: 'open',
      total: '0.50',
      balanceApplied: '0.30',
      amountDue: '0.20',
    });
    expect(await balanceOf(billed)).toEqual([0, 'applied -0.30', 'negative_invoice 0.30']);
  });

  test('pays whole invoices, which need no payment, until it is used up', async () => {
    const billed = await owed();
    await month(billed, '2027-03-01', 2);
    await month(billed, '2027-04-01', 0);
    await month(billed, '2027-05-01', 4);
    const told = [];
    for (const number of [1, 2, 3]) {
      const { total, balanceApplied, amountDue, paymentStatus } = await invoiceOf(billed, number);
      told.push([total, balanceApplied, amountDue, paymentStatus]);
    }
    expect(told).toEqual([
      ['0.20', '0.20', '0.00', 'not_required'],
      ['0.00', '0.00', '0.00', 'not_required'],
      ['0.40', '0.10', '0.30', 'unpaid'],
    ]);
    expect(await balanceOf(billed)).toEqual([0, 'applied -0.10', 'applied -0.20', 'negative_invoice 0.30']);
  });

  test.each([
    ['exclusive', false, ['-0.36', '0.60', '0.36', '0.24']],
    ['inclusive', true, ['-0.30', '0.50', '0.30', '0.20']],
  ])('counts with its tax, %s, and pays after tax', async (_, inclusive, expected) => {
    await world.taxed('20', inclusive);
    const billed = await owed();
    await month(billed, '2027-03-01', 5);
    const negative = await invoiceOf(billed, 0);
    const { total, balanceApplied, amountDue } = await invoiceOf(billed, 1);
    expect([negative.total, total, balanceApplied, amountDue]).toEqual(expected);
  });

  test('is told by the preview of the invoice that it pays, which takes nothing', async () => {
    const billed = await owed();
    await world.events(billed.customer, { time: '2027-02-01T12:00:00Z', count: 5 });
    const query = { subscriptionId: billed.subscription.id, at: 'period_end' } as const;
    const previewed = await previewInvoice(world.db, TEST_TENANT, query);
    expect(previewed).toMatchObject({ total: '0.50', balanceApplied: '0.30', amountDue: '0.20' });
    expect(await balanceOf(billed)).toEqual([0.3, 'negative_invoice 0.30']);
  });

  test('is counted once, whoever carries the same step out at once', async () => {
    const billed = await owed();
    await world.events(billed.customer, { time: '2027-02-10', count: 5 });
    const turns = Array.from({ length: 8 }, () => world.turn(billed.customer, '2027-03-01T01:00:00Z'));
    await Promise.all(turns);
    await world.setClock(billed.clockId, '2027-03-02');
    expect(await balanceOf(billed)).toEqual([0, 'applied -0.30', 'negative_invoice 0.30']);
  });

  test('pays the invoices of all subscriptions of its customer in their order, and those of nobody else', async () => {
    const billed = await owed();
    const plan = await world.plan([FEE], { billingPeriod: 'daily' });
    const other = await world.subscribe(billed.customer, plan);
    const stranger = await world.customer({ clockId: billed.clockId });
    const foreign = await world.subscribe(stranger, plan);
    await world.turn(billed.customer, '2027-02-04T01:00:00Z');
    await world.turn(stranger, '2027-02-04T01:00:00Z');
    await world.setClock(billed.clockId, '2027-02-04T01:00:00Z');
    expect((await world.invoices(other.id)).map((each) => each.amountDue)).toEqual(['19.70', '20.00']);
    expect((await world.invoices(foreign.id)).map((each) => each.amountDue)).toEqual(['20.00', '20.00']);
  });
});

describe('the void', () => {
  test('of an invoice that balance paid gives it back, and the next invoice is paid with it', async () => {
    const billed = await owed();
    await month(billed, '2027-03-01', 2);
    expect(await voidOf(await invoiceOf(billed, 1))).toMatchObject({ status: 'void', balanceApplied: '0.20' });
    expect(await balanceOf(billed)).toEqual([0.3, 'returned 0.20', 'applied -0.20', 'negative_invoice 0.30']);
    await month(billed, '2027-04-01', 9);
    expect(await invoiceOf(billed, 2)).toMatchObject({ balanceApplied: '0.30', amountDue: '0.60' });
  });

  test('of one below zero takes its balance back', async () => {
    const billed = await owed();
    await voidOf(await invoiceOf(billed, 0));
    expect(await balanceOf(billed)).toEqual([0, 'taken_back -0.30', 'negative_invoice 0.30']);
    await month(billed, '2027-03-01', 5);
    // The grant has its 3 units again as well.
    expect(await invoiceOf(billed, 1)).toMatchObject({ total: '0.20', balanceApplied: '0.00', amountDue: '0.20' });
  });

  test('of one below zero whose balance is used, in part even, is refused until that is given back', async () => {
    const billed = await owed();
    const negative = await invoiceOf(billed, 0);
    await month(billed, '2027-03-01', 1);
    await expect(voidOf(negative)).rejects.toMatchObject({ code: 'balance_used' });
    expect(await getInvoice(world.db, TEST_TENANT, negative.id)).toMatchObject({ status: 'paid', voidedAt: null });
    await voidOf(await invoiceOf(billed, 1));
    await voidOf(negative);
    expect(await balanceOf(billed)).toEqual([
      0,
      'taken_back -0.30',
      'returned 0.10',
      'applied -0.10',
      'negative_invoice 0.30',
    ]);
  });

  test('with a reissue settles the new invoice with the balance that the old one gave back', async () => {
    const billed = await owed();
    await month(billed, '2027-03-01', 5);
    const voided = await voidOf(await invoiceOf(billed, 1), true);
    const replacement = await getInvoice(world.db, TEST_TENANT, voided.replacedBy ?? '');
    expect(replacement).toMatchObject({ total: '0.50', balanceApplied: '0.30', amountDue: '0.20' });
    expect(await balanceOf(billed)).toEqual([
      0,
      'applied -0.30',
      'returned 0.30',
      'applied -0.30',
      'negative_invoice 0.30',
    ]);
  });

  test('racing the invoice that uses the balance: it is used or taken back, never both, in each of ten rounds', async () => {
    const seen = new Set<string>();
    for (let round = 0; round < 10; round += 1) {
      const billed = await owed();
      const negative = await invoiceOf(billed, 0);
      await world.events(billed.customer, { time: '2027-02-01T12:00:00Z', count: 5 });
      const bill = () =>
        triggerInvoice(world.db, TEST_TENANT, { subscriptionId: billed.subscription.id, triggerId: null });
      const calls = [bill, () => voidOf(negative)];
      await Promise.allSettled((round % 2 === 0 ? calls : calls.toReversed()).map((call) => call()));
      const { status } = await getInvoice(world.db, TEST_TENANT, negative.id);
      const { balanceApplied } = await invoiceOf(billed, 1, 'interim');
      expect([status, balanceApplied]).toEqual(status === 'void' ? ['void', '0.00'] : ['paid', '0.30']);
      seen.add(status);
    }
    expect(seen.size).toBe(2);
  });
});

describe('what a credit note left to the customer', () => {
  test('pays its next invoice', async () => {
    const billed = await owed();
    const interim = await invoiceOf(billed, 0, 'interim');
    const payment = { id: newId('payment'), invoiceId: interim.id, amount: null, method: null };
    await payInvoice(world.db, TEST_TENANT, { ...payment, reference: null, paidAt: null, metadata: {} });
    const note = { id: newId('creditNote'), invoiceId: interim.id, lines: null, reason: null, metadata: {} };
    await createCreditNote(world.db, TEST_TENANT, note);
    expect(await balanceOf(billed)).toEqual([1, 'credit_note 0.70', 'negative_invoice 0.30']);
    await month(billed, '2027-03-01', 15);
    expect(await invoiceOf(billed, 1)).toMatchObject({ total: '1.50', balanceApplied: '1.00', amountDue: '0.50' });
  });

  test('of an invoice that balance paid in part is what it no longer owed, that balance included', async () => {
    const billed = await owed();
    await month(billed, '2027-03-01', 5);
    const invoice = await invoiceOf(billed, 1);
    const note = { id: newId('creditNote'), invoiceId: invoice.id, lines: null, reason: null, metadata: {} };
    expect(await createCreditNote(world.db, TEST_TENANT, note)).toMatchObject({
      total: '0.50',
      amountApplied: '0.20',
      amountToBalance: '0.30',
    });
    expect(await balanceOf(billed)).toEqual([0.3, 'credit_note 0.30', 'applied -0.30', 'negative_invoice 0.30']);
  });

  test('takes its share of the taxes of the invoice, so that all notes take all of them', async () => {
    await world.taxed('19');
    const billed = await owed();
    await month(billed, '2027-03-01', 37);
    const invoice = await invoiceOf(billed, 1);
    const [line] = invoice.lines;
    const totals = [];
    for (const amount of ['1.11', '2.22', null]) {
      const lines = amount === null ? null : [{ lineId: line?.id ?? '', amount: amount as DecimalText }];
      const note = { id: newId('creditNote'), invoiceId: invoice.id, lines, reason: null, metadata: {} };
      const { subtotal, taxTotal, total } = await createCreditNote(world.db, TEST_TENANT, note);
      totals.push([subtotal, taxTotal, total]);
    }
    // 3.70 with 0.70 of tax: 1.11 of it has 0.21, 3.33 has 0.63.
    expect([invoice.subtotal, invoice.taxTotal]).toEqual(['3.70', '0.70']);
    expect(totals).toEqual([
      ['1.11', '0.21', '1.32'],
      ['2.22', '0.42', '2.64'],
      ['0.37', '0.07', '0.44'],
    ]);
  });
});
