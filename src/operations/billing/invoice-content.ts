import { type Decimal, decimalText, isPositive, ZERO } from '../../domain/decimal.ts';
import type { InvoiceDocument } from '../../domain/invoicing/document.ts';
import { formatMoney } from '../../domain/money.ts';
import type { RatedLine } from '../../domain/rating/model.ts';
import { newId } from '../../platform/new-id.ts';
import type { DraftAmounts } from '../../storage/invoice-changes.ts';
import type { InvoiceLineRow } from '../../storage/invoice-lines.ts';

/** The header amounts of a draft, as text in the currency's decimals; the balance is applied when it becomes final. */
export function amountsOf(document: InvoiceDocument, currency: string): DraftAmounts {
  return {
    subtotal: formatMoney(document.subtotal, currency),
    taxTotal: formatMoney(document.taxTotal, currency),
    total: formatMoney(document.total, currency),
    amountDue: formatMoney(isPositive(document.total) ? document.total : ZERO, currency),
    issues: JSON.stringify(
      document.issues.map((issue) => ({ code: issue.code, charge_id: issue.chargeId, message: issue.message })),
    ),
  };
}

/** The lines of a computed invoice as rows, each with an id of its own. */
export function lineRows(
  document: InvoiceDocument,
  invoice: { readonly id: string; readonly currency: string },
): InvoiceLineRow[] {
  return document.lines.map((line, position) => ({
    id: newId('line'),
    invoiceId: invoice.id,
    position,
    ...lineContent(line, invoice.currency),
  }));
}

/** What a line says apart from the invoice that it stands on. */
export type LineContent = Omit<InvoiceLineRow, 'id' | 'invoiceId' | 'position'>;

export function lineContent(line: RatedLine, currency: string): LineContent {
  return {
    chargeId: line.chargeId,
    kind: line.kind,
    description: line.description,
    eventName: line.eventName,
    pricingModel: line.pricingModel,
    periodNumber: line.period.number,
    periodStart: line.period.start,
    periodEnd: line.period.end,
    eventCount: line.eventCount === null ? null : BigInt(line.eventCount),
    quantity: textOrNull(line.quantity),
    usageQuantity: textOrNull(line.usageQuantity),
    creditedQuantity: textOrNull(line.creditedQuantity),
    billableQuantity: textOrNull(line.billableQuantity),
    amountUnrounded: decimalText(line.amountUnrounded),
    amount: formatMoney(line.amount, currency),
    previouslyBilled: formatMoney(line.previouslyBilled, currency),
    tiers: JSON.stringify(tiersOf(line)),
  };
}

function tiersOf(line: RatedLine): unknown[] {
  return line.tiers.map((tier) => ({
    up_to: tier.upTo,
    quantity: decimalText(tier.quantity),
    unit_amount: tier.unitAmount,
    flat_amount: tier.flatAmount,
    amount_unrounded: decimalText(tier.amountUnrounded),
  }));
}

function textOrNull(value: Decimal | null): string | null {
  return value === null ? null : decimalText(value);
}
