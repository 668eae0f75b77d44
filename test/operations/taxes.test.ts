import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { DecimalText } from '../../src/domain/decimal.ts';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { changeAccount } from '../../src/operations/change-account.ts';
import { changeCustomer } from '../../src/operations/change-customer.ts';
import { changeTaxRate } from '../../src/operations/change-tax-rate.ts';
import { createTaxRate } from '../../src/operations/create-tax-rate.ts';
import type { InvoiceWithLines } from '../../src/operations/get-invoice.ts';
import { type PreviewAt, type PreviewedInvoice, previewInvoice } from '../../src/operations/preview-invoice.ts';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { newId } from '../../src/platform/new-id.ts';
import { sql } from '../../src/storage/sql.ts';
import type { TaxRateSettings } from '../../src/storage/tax-rates.ts';
import { BillingWorld, CALLS, charge, FEE, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';
import { untilWaiting } from '../support/lock-waits.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterAll(async () => {
  await expectInvariants(world.db);
  await world.drop();
});
beforeEach(() => changeAccount(world.db, TEST_TENANT, { taxRateIds: [] }));

async function rate(percentage: string, inclusive = false): Promise<string> {
  const terms = { name: `VAT ${percentage}`, percentage: percentage as DecimalText, inclusive, metadata: '{}' };
  return (await createTaxRate(world.db, TEST_TENANT, { id: newId('taxRate'), ...terms })).id;
}

function change(id: string, changes: Partial<TaxRateSettings>) {
  return changeTaxRate(world.db, TEST_TENANT, { id, changes, replacementId: newId('taxRate') });
}

interface Life {
  readonly taxRateIds?: readonly string[];
  readonly taxExempt?: boolean;
  readonly currency?: string;
  /** Flats of the plan, each a line. */
  readonly fees: readonly string[];
  readonly inAdvance?: boolean;
}

/** A customer who subscribes at the beginning of January 2027, with calls at 0.10 beside its flats. */
async function subscribed({ taxRateIds = [], taxExempt = false, currency = 'USD', fees, inAdvance = false }: Life) {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId, currency });
  await changeCustomer(world.db, TEST_TENANT, { reference: customer.id, changes: { taxRateIds, taxExempt } });
  const flat = inAdvance ? { ...FEE, bill_in: 'advance' as const } : FEE;
  const flats = fees.map((amount) => charge({ ...flat, id: newId('charge'), amount }));
  const subscription = await world.subscribe(customer, await world.plan([...flats, CALLS], { currency }));
  return { clockId, customer, subscriptionId: subscription.id };
}

/** The closing invoice of January, final. */
async function january(life: Life): Promise<InvoiceWithLines> {
  const { customer, subscriptionId } = await subscribed(life);
  await world.turn(customer, '2027-02-01T01:00:00Z');
  return closing(subscriptionId);
}

async function closing(subscriptionId: string): Promise<InvoiceWithLines> {
  const invoice = (await world.invoices(subscriptionId)).find(({ kind }) => kind === 'closing');
  if (invoice === undefined) throw new Error('no closing invoice');
  return invoice;
}

/** What a document says of money: each tax as `amount of taxable`. */
function moneyOf(invoice: InvoiceWithLines | PreviewedInvoice) {
  const { subtotal, taxTotal, total, amountDue } = invoice;
  const taxes = invoice.taxes.map(({ amount, taxable }) => `${amount} of ${taxable}`);
  return { subtotal, taxes, taxTotal, total, amountDue };
}

describe('an invoice', () => {
  test('has an exclusive tax on top, with the terms of the rate', async () => {
    const id = await rate('19');
    const invoice = await january({ taxRateIds: [id], fees: ['100.00'] });
    expect(moneyOf(invoice)).toEqual({
      subtotal: '100.00',
      taxes: ['19.00 of 100.00'],
      taxTotal: '19.00',
      total: '119.00',
      amountDue: '119.00',
    });
    expect(invoice.taxes[0]).toMatchObject({ taxRateId: id, name: 'VAT 19', percentage: '19', inclusive: false });
    expect([invoice.status, invoice.paymentStatus]).toEqual(['open', 'unpaid']);
  });

  test('contains an inclusive tax', async () => {
    const invoice = await january({ taxRateIds: [await rate('19', true)], fees: ['100.00'] });
    expect(moneyOf(invoice)).toEqual({
      subtotal: '100.00',
      taxes: ['15.97 of 84.03'],
      taxTotal: '15.97',
      total: '100.00',
      amountDue: '100.00',
    });
  });

  test('lists several rates in the order of the customer, each rounded by itself over the whole document', async () => {
    // 0.30 at 5 % are 0.015: 0.02 of the document, where three lines of 0.10 would have 0.01 each.
    const invoice = await january({ taxRateIds: [await rate('5'), await rate('1.7')], fees: ['0.10', '0.10', '0.10'] });
    expect(invoice.lines.slice(0, 3).map(({ amount }) => amount)).toEqual(['0.10', '0.10', '0.10']);
    expect(moneyOf(invoice)).toMatchObject({
      subtotal: '0.30',
      taxes: ['0.02 of 0.30', '0.01 of 0.30'],
      taxTotal: '0.03',
      total: '0.33',
    });
  });

  test('divides by 100 and all inclusive rates together', async () => {
    const invoice = await january({ taxRateIds: [await rate('5', true), await rate('9.975', true)], fees: ['114.98'] });
    expect(moneyOf(invoice)).toMatchObject({ taxes: ['5.00 of 100.00', '9.98 of 100.00'], total: '114.98' });
  });

  test.each([false, true])('of an exempt customer is the stated amount without taxes (inclusive: %s)', async (kind) => {
    await changeAccount(world.db, TEST_TENANT, { taxRateIds: [await rate('10', kind)] });
    const invoice = await january({ taxRateIds: [await rate('19', kind)], taxExempt: true, fees: ['100.00'] });
    expect(moneyOf(invoice)).toMatchObject({ taxes: [], taxTotal: '0.00', total: '100.00', amountDue: '100.00' });
  });

  test("has the account's rates where the customer has none, and none of them where it has its own", async () => {
    await changeAccount(world.db, TEST_TENANT, { taxRateIds: [await rate('10'), await rate('1')] });
    expect(moneyOf(await january({ fees: ['100.00'] }))).toMatchObject({
      taxes: ['10.00 of 100.00', '1.00 of 100.00'],
      total: '111.00',
    });
    // Another kind than the account's is no mixture: one or the other holds.
    expect(moneyOf(await january({ taxRateIds: [await rate('25', true)], fees: ['100.00'] }))).toMatchObject({
      taxes: ['20.00 of 80.00'],
      total: '100.00',
    });
  });

  test('of nothing has taxes of nothing, and is paid at once', async () => {
    const invoice = await january({ taxRateIds: [await rate('19')], fees: [] });
    expect(moneyOf(invoice)).toMatchObject({ taxes: ['0.00 of 0.00'], total: '0.00', amountDue: '0.00' });
    expect([invoice.status, invoice.paymentStatus]).toEqual(['paid', 'not_required']);
  });

  test.each([
    ['JPY', '105', ['11 of 105', '8 of 105'], '19', '124'],
    ['KWD', '1.050', ['0.105 of 1.050', '0.079 of 1.050'], '0.184', '1.234'],
  ])('in %s has taxes in whole units of its digits', async (currency, fee, taxes, taxTotal, total) => {
    const invoice = await january({ taxRateIds: [await rate('10'), await rate('7.5')], currency, fees: [fee] });
    expect(moneyOf(invoice)).toEqual({ subtotal: fee, taxes, taxTotal, total, amountDue: total });
  });
});

test('what a cancellation returns of an advance flat is returned with its tax', async () => {
  const { clockId, customer, subscriptionId } = await subscribed({
    taxRateIds: [await rate('19')],
    fees: ['31.00'],
    inAdvance: true,
  });
  await world.turn(customer, '2027-01-01');
  await world.setClock(clockId, '2027-01-11');
  await cancelSubscription(world.db, TEST_TENANT, { subscriptionId, at: 'now' });
  await world.turn(customer, '2027-01-11T01:00:00Z');
  const invoices = await world.invoices(subscriptionId);
  expect(invoices.find(({ kind }) => kind === 'opening')).toMatchObject({ total: '36.89', taxTotal: '5.89' });
  expect(moneyOf(await closing(subscriptionId))).toEqual({
    subtotal: '-21.00',
    taxes: ['-3.99 of -21.00'],
    taxTotal: '-3.99',
    total: '-24.99',
    amountDue: '0.00',
  });
});

test('interim and closing invoices are taxed each on what it bills', async () => {
  const { clockId, customer, subscriptionId } = await subscribed({ taxRateIds: [await rate('5')], fees: ['0.10'] });
  await world.events(customer, { time: '2027-01-05' });
  await world.setClock(clockId, '2027-01-11');
  const outcome = await triggerInvoice(world.db, TEST_TENANT, { subscriptionId, triggerId: null });
  expect(outcome).toMatchObject({ made: true, invoice: { subtotal: '0.10', taxTotal: '0.01', total: '0.11' } });
  await world.turn(customer, '2027-02-01T01:00:00Z');
  expect(moneyOf(await closing(subscriptionId))).toMatchObject({ subtotal: '0.10', taxTotal: '0.01', total: '0.11' });
});

describe('a change of rates', () => {
  test('leaves final invoices as they are', async () => {
    const [id, other] = [await rate('19'), await rate('7')];
    const { customer, subscriptionId } = await subscribed({ taxRateIds: [id], fees: ['100.00'] });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    const before = await closing(subscriptionId);
    const replacement = await change(id, { percentage: '25' as DecimalText, name: 'MwSt', inclusive: true });
    expect(replacement.id).not.toBe(id);
    expect(await closing(subscriptionId)).toEqual(before);
    await changeCustomer(world.db, TEST_TENANT, {
      reference: customer.id,
      changes: { taxRateIds: [other], taxExempt: true },
    });
    expect(await closing(subscriptionId)).toEqual(before);
    expect(before.taxes[0]).toMatchObject({ taxRateId: id, name: 'VAT 19', percentage: '19' });
  });

  test.each(['of the customer', 'of the rate', 'of the account', 'to exempt'])(
    'counts for a draft when that becomes final (%s)',
    async (what) => {
      const [id, other] = [await rate('19'), await rate('7')];
      const isOfAccount = what === 'of the account';
      if (isOfAccount) await changeAccount(world.db, TEST_TENANT, { taxRateIds: [id] });
      const life = { taxRateIds: isOfAccount ? [] : [id], fees: ['100.00'] };
      const { customer, subscriptionId } = await subscribed(life);
      await world.turn(customer, '2027-02-01');
      const draft = await closing(subscriptionId);
      expect([draft.status, draft.total]).toEqual(['draft', '119.00']);
      const reference = customer.id;
      if (isOfAccount) await changeAccount(world.db, TEST_TENANT, { taxRateIds: [other] });
      else if (what === 'of the rate') await change(id, { percentage: '7' as DecimalText });
      else {
        const changes = what === 'to exempt' ? { taxExempt: true } : { taxRateIds: [other] };
        await changeCustomer(world.db, TEST_TENANT, { reference, changes });
      }
      await world.turn(customer, '2027-02-01T01:00:00Z');
      const final = await closing(subscriptionId);
      expect([final.id, final.status, final.total]).toEqual([
        draft.id,
        'open',
        what === 'to exempt' ? '100.00' : '107.00',
      ]);
    },
  );

  test('while an invoice takes a rate waits, and then replaces it: the invoice says what the rate says', async () => {
    const id = await rate('19');
    const { customer, subscriptionId } = await subscribed({ fees: ['100.00'] });
    await world.turn(customer, '2027-02-01');
    // The draft has no taxes: only the invoice that is being finalized makes the rate a used one.
    await changeCustomer(world.db, TEST_TENANT, { reference: customer.id, changes: { taxRateIds: [id] } });
    const { turn, changed } = await world.db.transaction(async (tx) => {
      // The invoice has read its rates and is about to write its lines; its taxes come after.
      await tx.query(sql`lock table invoice_lines in share mode`);
      const finalizing = world.turn(customer, '2027-02-01T01:00:00Z');
      await untilWaiting(world.db, 1);
      const changing = change(id, { percentage: '7' as DecimalText });
      await untilWaiting(world.db, 2);
      return { turn: finalizing, changed: changing };
    });
    await turn;
    expect((await changed).id).not.toBe(id);
    expect((await closing(subscriptionId)).taxes).toMatchObject([{ taxRateId: id, percentage: '19', amount: '19.00' }]);
  });
});

test.each<PreviewAt>(['period_end', 'now', 'interim'])('a preview at %s has the taxes of its invoice', async (when) => {
  const life = { taxRateIds: [await rate('5'), await rate('9.975')], fees: ['99.90'] };
  const { clockId, customer, subscriptionId } = await subscribed(life);
  await world.events(customer, { time: '2027-01-05', count: 7 });
  await world.setClock(clockId, '2027-01-11');
  const preview = await previewInvoice(world.db, TEST_TENANT, { subscriptionId, at: when });
  expect(preview.taxes).toHaveLength(2);
  if (when === 'interim') await triggerInvoice(world.db, TEST_TENANT, { subscriptionId, triggerId: null });
  if (when === 'now') await cancelSubscription(world.db, TEST_TENANT, { subscriptionId, at: 'now' });
  await world.turn(customer, when === 'period_end' ? '2027-02-01T01:00:00Z' : '2027-01-11T01:00:00Z');
  const kind = when === 'interim' ? 'interim' : 'closing';
  const invoice = (await world.invoices(subscriptionId)).find((each) => each.kind === kind);
  if (invoice === undefined) throw new Error('no invoice');
  expect(moneyOf(preview)).toEqual(moneyOf(invoice));
  const termsOf = ({ taxes }: typeof preview | typeof invoice) =>
    taxes.map(({ invoiceId: _invoice, ...terms }) => terms);
  expect(termsOf(preview)).toEqual(termsOf(invoice));
});
