import { expect } from '@jest/globals';
import { decimal } from '../../src/domain/decimal.ts';
import { explainInvoice } from '../../src/operations/explain-invoice.ts';
import type { InvoiceWithLines } from '../../src/operations/get-invoice.ts';
import type { Database, Tenant } from '../../src/storage/database.ts';

const isSame = (left: string, right: string) => decimal(left).equals(decimal(right));

/** What an explanation tells ends in what the invoice says: the steps of each line in its amount, those of its head too. */
export async function expectExplained(db: Database, tenant: Tenant, invoice: InvoiceWithLines): Promise<void> {
  const { lines, amounts } = await explainInvoice(db, tenant, invoice.id);
  expect(lines.map(({ lineId }) => lineId)).toEqual(invoice.lines.map(({ id }) => id));
  for (const [index, line] of invoice.lines.entries()) {
    const steps = lines[index]?.steps ?? [];
    expect([line.id, steps.at(-1)]).toEqual([line.id, { ...steps.at(-1), name: 'amount' }]);
    const amount = steps.at(-1)?.result ?? 'none';
    expect([line.id, amount, isSame(amount, line.amount)]).toEqual([line.id, amount, true]);
    const usage = steps.find(({ name }) => name === 'usage');
    if (usage !== undefined) expect(isSame(usage.result, line.usageQuantity ?? 'none')).toBe(true);
  }
  const told = (name: string) => amounts.filter((each) => each.name === name).map(({ result }) => result);
  expect(told('subtotal').map((each) => isSame(each, invoice.subtotal))).toEqual([true]);
  expect(told('total').map((each) => isSame(each, invoice.total))).toEqual([true]);
  expect(told('tax').map((each, index) => isSame(each, invoice.taxes[index]?.amount ?? 'none'))).toEqual(
    invoice.taxes.map(() => true),
  );
}
