import type { TaxRow } from '../../domain/invoicing/tax.ts';
import { formatMoney } from '../../domain/money.ts';
import type { InvoiceTaxRow } from '../../storage/invoice-taxes.ts';

/** The taxes of a document as rows of its invoice, in their order. */
export function taxRows(
  taxes: readonly TaxRow[],
  invoice: { readonly id: string; readonly currency: string },
): InvoiceTaxRow[] {
  return taxes.map(({ taxable, amount, ...terms }, position) => ({
    invoiceId: invoice.id,
    position,
    ...terms,
    taxable: formatMoney(taxable, invoice.currency),
    amount: formatMoney(amount, invoice.currency),
  }));
}
