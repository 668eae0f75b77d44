import { decimal } from '../../domain/decimal.ts';
import { formatInstant } from '../../domain/instant.ts';
import { formatMoney } from '../../domain/money.ts';
import type { CreditNote } from '../../operations/get-credit-note.ts';
import { parseExactJson } from '../../platform/exact-json.ts';
import type { Tenant } from '../../storage/database.ts';

export function encodeCreditNote(tenant: Tenant, note: CreditNote) {
  const money = (amount: string) => formatMoney(decimal(amount), note.currency);
  return {
    id: note.id,
    object: 'credit_note',
    livemode: tenant.livemode,
    created_at: formatInstant(note.createdAt),
    number: note.number,
    invoice_id: note.invoiceId,
    customer_id: note.customerExternalId,
    currency: note.currency,
    reason: note.reason,
    lines: note.lines.map((line) => ({
      line_id: line.invoiceLineId,
      description: line.description,
      amount: money(line.amount),
    })),
    subtotal: money(note.subtotal),
    taxes: note.taxes.map((tax) => ({
      tax_rate_id: tax.taxRateId,
      name: tax.name,
      percentage: tax.percentage,
      inclusive: tax.inclusive,
      taxable: money(tax.taxable),
      amount: money(tax.amount),
    })),
    tax_total: money(note.taxTotal),
    total: money(note.total),
    amount_applied_to_invoice: money(note.amountApplied),
    amount_to_balance: money(note.amountToBalance),
    metadata: parseExactJson(note.metadata),
  };
}
