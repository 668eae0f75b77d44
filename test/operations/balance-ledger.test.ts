import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decimal } from '../../src/domain/decimal.ts';
import {
  type BalanceEntry,
  selectCustomerBalance,
  writeBalanceEntry,
} from '../../src/operations/billing/balance-ledger.ts';
import { lockBillingCustomer } from '../../src/storage/billing-customers.ts';
import { selectBalanceEntries } from '../../src/storage/customer-balance.ts';
import { at, BillingWorld, TEST_TENANT } from '../support/billing-world.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterAll(() => world.drop());

/** Under the customer's row lock, as every caller writes. */
async function write(customerId: string, fields: Partial<BalanceEntry> & { readonly amount: BalanceEntry['amount'] }) {
  await world.db.transaction(async (tx) => {
    await lockBillingCustomer(tx, TEST_TENANT, customerId);
    await writeBalanceEntry(tx, TEST_TENANT, {
      customerId,
      kind: 'negative_invoice',
      currency: 'USD',
      invoiceId: null,
      creditNoteId: null,
      source: 'step:1',
      at: at('2027-01-01'),
      ...fields,
    });
  });
}

async function balanceOf(customerId: string): Promise<string> {
  return (await selectCustomerBalance(world.db, TEST_TENANT, customerId)).toFixed(2);
}

async function entriesOf(customerId: string) {
  const rows = await selectBalanceEntries(world.db, TEST_TENANT, { customerId, before: null, limit: 100 });
  return rows.map((row) => [row.kind, row.amount, row.balanceAfter]);
}

describe("a customer's balance", () => {
  test('is the sum of its entries, each of which tells the balance after it', async () => {
    const { id } = await world.customer({});
    await write(id, { amount: decimal('12.50'), source: 'one' });
    await write(id, { amount: decimal('-2.5'), kind: 'applied', source: 'two' });
    expect(await balanceOf(id)).toBe('10.00');
    expect(await entriesOf(id)).toEqual([
      ['applied', '-2.50', '10.00'],
      ['negative_invoice', '12.50', '12.50'],
    ]);
  });

  test('counts a repeated step once', async () => {
    const { id } = await world.customer({});
    await write(id, { amount: decimal('3') });
    await write(id, { amount: decimal('3') });
    expect(await balanceOf(id)).toBe('3.00');
    expect(await entriesOf(id)).toHaveLength(1);
  });

  test('is written by many at once without losing one', async () => {
    const { id } = await world.customer({});
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => write(id, { amount: decimal('0.05'), source: `step:${index % 10}` })),
    );
    expect(await balanceOf(id)).toBe('0.50');
    const entries = await entriesOf(id);
    expect(entries.map(([, , after]) => Number(after) * 100)).toEqual([50, 45, 40, 35, 30, 25, 20, 15, 10, 5]);
  });

  test('never falls below zero', async () => {
    const { id } = await world.customer({});
    await write(id, { amount: decimal('1') });
    await expect(write(id, { amount: decimal('-1.01'), kind: 'applied', source: 'two' })).rejects.toMatchObject({
      code: '23514',
    });
    expect(await balanceOf(id)).toBe('1.00');
  });

  test('has no entry of zero', async () => {
    const { id } = await world.customer({});
    await write(id, { amount: decimal('0') });
    expect(await entriesOf(id)).toEqual([]);
  });

  test('keeps its entries as they were written', async () => {
    const { id } = await world.customer({});
    await write(id, { amount: decimal('1') });
    for (const statement of [
      'update customer_balance_entries set amount = 2',
      'delete from customer_balance_entries',
    ]) {
      await expect(world.db.pool.query(statement)).rejects.toThrow('never changed');
    }
  });

  test('of a customer that does not exist is not found', async () => {
    await expect(balanceOf('cus_missing')).rejects.toMatchObject({ code: 'not_found' });
  });
});
