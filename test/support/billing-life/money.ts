import type { DecimalText } from '../../../src/domain/decimal.ts';
import { decimal, maxDecimal, quotient } from '../../../src/domain/decimal.ts';
import { currencyDigits } from '../../../src/domain/currency.ts';
import { formatMoney, roundMoney } from '../../../src/domain/money.ts';
import { changeCustomer } from '../../../src/operations/change-customer.ts';
import { createCreditNote } from '../../../src/operations/create-credit-note.ts';
import { createTaxRate } from '../../../src/operations/create-tax-rate.ts';
import type { InvoiceWithLines } from '../../../src/operations/get-invoice.ts';
import { payInvoice } from '../../../src/operations/pay-invoice.ts';
import { newId } from '../../../src/platform/new-id.ts';
import type { InvoiceLineRow } from '../../../src/storage/invoice-lines.ts';
import { type BillingWorld, TEST_TENANT } from '../billing-world.ts';
import { chosen, type MoneyCommand } from './commands.ts';

/** Carries out what concerns money alone; returns what it came to. */
export async function carryOutMoney(
  world: BillingWorld,
  command: MoneyCommand,
  life: { readonly customerId: string; readonly invoices: readonly InvoiceWithLines[] },
): Promise<string> {
  const final = life.invoices.filter(({ status }) => status === 'open' || status === 'paid');
  switch (command.kind) {
    case 'pay': {
      const open = final.filter(({ status }) => status === 'open');
      const invoice = chosen(open, command.pick);
      return invoice === undefined ? 'none' : pay(world, invoice, command.percent);
    }
    case 'credit': {
      const invoice = chosen(final, command.pick);
      const line = chosen(invoice?.lines ?? [], command.line);
      return invoice === undefined || line === undefined ? 'none' : credit(world, command, { invoice, line });
    }
    case 'tax':
      return tax(world, command, life.customerId);
  }
}

async function pay(world: BillingWorld, invoice: InvoiceWithLines, percent: number): Promise<string> {
  const { payments } = await payInvoice(world.db, TEST_TENANT, {
    id: newId('payment'),
    invoiceId: invoice.id,
    amount: shareOf(invoice.amountDue, percent, invoice.currency),
    method: null,
    reference: null,
    paidAt: null,
    metadata: {},
  });
  return payments.at(-1)?.amount ?? 'nothing';
}

async function credit(
  world: BillingWorld,
  { percent }: Extract<MoneyCommand, { kind: 'credit' }>,
  of: { readonly invoice: InvoiceWithLines; readonly line: InvoiceLineRow },
): Promise<string> {
  const { invoice, line } = of;
  const lines =
    percent === null ? null : [{ lineId: line.id, amount: shareOf(line.amount, percent, invoice.currency) }];
  const note = { id: newId('creditNote'), invoiceId: invoice.id, lines, reason: null, metadata: {} };
  const { total, amountToBalance } = await createCreditNote(world.db, TEST_TENANT, note);
  return `${total}, ${amountToBalance} to balance`;
}

/** Rounded, and at least the smallest amount of the currency. */
function shareOf(amount: string, percent: number, currency: string): DecimalText {
  const share = roundMoney(quotient(decimal(amount).times(decimal(String(percent))), decimal('100')), currency);
  const digits = currencyDigits(currency);
  const least = decimal((10 ** -digits).toFixed(digits));
  return formatMoney(maxDecimal(share, least), currency);
}

async function tax(
  world: BillingWorld,
  command: Extract<MoneyCommand, { kind: 'tax' }>,
  customerId: string,
): Promise<string> {
  const taxRateIds: string[] = [];
  for (const percentage of command.rates) {
    const id = newId('taxRate');
    const terms = { name: `VAT ${percentage}`, percentage: percentage as DecimalText, metadata: '{}' };
    await createTaxRate(world.db, TEST_TENANT, { id, ...terms, inclusive: command.inclusive });
    taxRateIds.push(id);
  }
  const changes = { taxRateIds, taxExempt: command.exempt };
  await changeCustomer(world.db, TEST_TENANT, { reference: customerId, changes });
  return 'changed';
}
