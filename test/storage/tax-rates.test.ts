import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { DecimalText } from '../../src/domain/decimal.ts';
import { newId } from '../../src/platform/new-id.ts';
import { type InvoiceTaxRow, insertInvoiceTaxes, selectInvoiceTaxes } from '../../src/storage/invoice-taxes.ts';
import type { Tenant } from '../../src/storage/database.ts';
import { deleteDraftContent } from '../../src/storage/invoice-changes.ts';
import { sql } from '../../src/storage/sql.ts';
import { replaceAccountTaxRates, replaceCustomerTaxRates } from '../../src/storage/tax-rate-holders.ts';
import {
  insertTaxRate,
  selectApplicableTaxRates,
  shareApplicableTaxRates,
  updateTaxRate,
} from '../../src/storage/tax-rates.ts';
import { BillingWorld, CALLS, TEST_TENANT } from '../support/billing-world.ts';

const LIVE: Tenant = { accountId: 1, livemode: true };

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterAll(() => world.drop());
beforeEach(() => giveAccount([]));

async function newRate(percentage: string, tenant = TEST_TENANT): Promise<string> {
  const id = newId('taxRate');
  const terms = { name: `${percentage} %`, percentage: percentage as DecimalText, inclusive: false };
  await world.db.transaction((tx) => insertTaxRate(tx, tenant, { id, ...terms, metadata: '{}' }));
  return id;
}

function giveAccount(ids: readonly string[]): Promise<void> {
  return world.db.transaction((tx) => replaceAccountTaxRates(tx, TEST_TENANT, ids));
}

function give(customerId: string, ids: readonly string[]): Promise<void> {
  return world.db.transaction((tx) => replaceCustomerTaxRates(tx, { tenant: TEST_TENANT, id: customerId }, ids));
}

/** The ids that both ways of reading give. */
async function applicable(customerId: string): Promise<string[]> {
  const read = await selectApplicableTaxRates(world.db, TEST_TENANT, customerId);
  expect(await world.db.transaction((tx) => shareApplicableTaxRates(tx, TEST_TENANT, customerId))).toEqual(read);
  return read.map(({ id }) => id);
}

function row(invoiceId: string, taxRateId: string): InvoiceTaxRow {
  const terms = { name: '20 %', percentage: '20' as DecimalText, inclusive: false };
  return { invoiceId, position: 0, taxRateId, ...terms, taxable: '10.00', amount: '2.00' };
}

describe('the rates of a customer', () => {
  test("are its own in their order, the account's only without any, and none when it is exempt", async () => {
    const [a, b, c] = [await newRate('1'), await newRate('2'), await newRate('3')];
    const customer = await world.customer({});
    expect(await applicable(customer.id)).toEqual([]);
    await giveAccount([c, a]);
    expect(await applicable(customer.id)).toEqual([c, a]);
    await give(customer.id, [b, a]);
    expect(await applicable(customer.id)).toEqual([b, a]);
    await give(customer.id, [a, b]);
    expect(await applicable(customer.id)).toEqual([a, b]);
    await world.db.query(sql`update customers set tax_exempt = true where id = ${customer.id}`);
    expect(await applicable(customer.id)).toEqual([]);
  });

  test('come with their terms', async () => {
    const customer = await world.customer({});
    const id = await newRate('9.975');
    await give(customer.id, [id]);
    expect(await selectApplicableTaxRates(world.db, TEST_TENANT, customer.id)).toEqual([
      { id, name: '9.975 %', percentage: '9.975', inclusive: false },
    ]);
  });

  test('cannot be those of another mode, nor one twice', async () => {
    const customer = await world.customer({});
    await expect(give(customer.id, [await newRate('5', LIVE)])).rejects.toThrow('foreign key');
    await expect(giveAccount([await newRate('5', LIVE)])).rejects.toThrow('foreign key');
    const id = await newRate('5');
    await expect(give(customer.id, [id, id])).rejects.toThrow('unique');
  });
});

describe('a rate', () => {
  test.each(['-0.01', '100.000001', 'NaN', 'Infinity'])('of %s per cent is refused', async (percentage) => {
    await expect(newRate(percentage)).rejects.toThrow('check constraint');
  });
});

describe('the taxes of an invoice', () => {
  async function invoices() {
    const clockId = await world.clock('2026-01-01');
    const customer = await world.customer({ clockId });
    const subscription = await world.subscribe(customer, await world.plan([CALLS]));
    await world.turn(customer, '2026-03-01');
    const [final, draft] = await world.invoices(subscription.id);
    if (final === undefined || draft === undefined) throw new Error('two invoices expected');
    expect([final.status, draft.status]).toEqual(['paid', 'draft']);
    return { final, draft };
  }

  test('of a draft can be replaced, and those of a finalized one are frozen', async () => {
    const { final, draft } = await invoices();
    const rateId = await newRate('20');
    const write = (rows: readonly InvoiceTaxRow[]) =>
      world.db.transaction((tx) => insertInvoiceTaxes(tx, TEST_TENANT, rows));
    await write([]);
    await write([row(draft.id, rateId), { ...row(draft.id, await newRate('7')), position: 1 }]);
    await world.db.transaction((tx) => deleteDraftContent(tx, { tenant: TEST_TENANT, id: draft.id }));
    await write([row(draft.id, rateId)]);
    expect(await selectInvoiceTaxes(world.db, TEST_TENANT, [draft.id, final.id])).toEqual([row(draft.id, rateId)]);

    await expect(write([row(final.id, rateId)])).rejects.toThrow('frozen');
    await expect(world.db.query(sql`update invoice_taxes set invoice_id = ${final.id}`)).rejects.toThrow('frozen');
    await world.db.query(sql`
      update invoices set finalized_at = now(), number = 'X-1', number_seq = 99, status = 'open' where id = ${draft.id}`);
    for (const statement of [
      sql`update invoice_taxes set amount = 3 where invoice_id = ${draft.id}`,
      sql`delete from invoice_taxes where invoice_id = ${draft.id}`,
    ]) {
      await expect(world.db.query(statement)).rejects.toThrow('frozen');
    }
  });

  test('keep their rate as it was: its metadata can change, its terms cannot', async () => {
    const { draft } = await invoices();
    const id = await newRate('20');
    await world.db.transaction((tx) => insertInvoiceTaxes(tx, TEST_TENANT, [row(draft.id, id)]));
    const terms = { name: '20 %', percentage: '20' as DecimalText, inclusive: false, metadata: '{"a":"b"}' };
    const change = (fields: Partial<typeof terms>) =>
      world.db.transaction((tx) => updateTaxRate(tx, { tenant: TEST_TENANT, id }, { ...terms, ...fields }));
    await change({});
    for (const fields of [{ name: 'x' }, { percentage: '21' as DecimalText }, { inclusive: true }]) {
      await expect(change(fields)).rejects.toThrow('never changed');
    }
    await world.db.transaction((tx) => deleteDraftContent(tx, { tenant: TEST_TENANT, id: draft.id }));
    await change({ name: 'x', percentage: '21' as DecimalText, inclusive: true });
  });
});
