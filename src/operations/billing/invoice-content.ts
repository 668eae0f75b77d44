import { decimalText, type Decimal, isPositive, ZERO } from '../../domain/decimal.ts';
import { formatMoney } from '../../domain/money.ts';
import type { RatedInvoice, RatedLine } from '../../domain/rating/model.ts';
import { newId } from '../../platform/new-id.ts';
import type { InvoiceLineRow } from '../../storage/invoice-lines.ts';
import type { DraftAmounts } from '../../storage/invoices.ts';
import type { PeriodRow } from '../../storage/periods.ts';

/** The header amounts of a rated invoice, as text in the currency's decimals. */
export function amountsOf(rated: RatedInvoice, currency: string): DraftAmounts {
  const due = isPositive(rated.subtotal) ? rated.subtotal : ZERO;
  return {
    subtotal: formatMoney(rated.subtotal, currency),
    total: formatMoney(rated.subtotal, currency),
    amountDue: formatMoney(due, currency),
    issues: JSON.stringify(
      rated.issues.map((issue) => ({ code: issue.code, charge_id: issue.chargeId, message: issue.message })),
    ),
  };
}

/** The lines of a rated invoice as rows, each with an id of its own. */
export function lineRows(
  rated: RatedInvoice,
  invoice: {
    readonly id: string;
    readonly currency: string;
    readonly period: PeriodRow;
    readonly endAt: PeriodRow['endAt'];
  },
): InvoiceLineRow[] {
  return rated.lines.map((line, position) => ({
    id: newId('line'),
    invoiceId: invoice.id,
    position,
    periodStart: invoice.period.startAt,
    periodEnd: invoice.endAt,
    ...lineContent(line, invoice.currency),
  }));
}

/** What a line says apart from the invoice and the period that it stands in. */
export type LineContent = Omit<InvoiceLineRow, 'id' | 'invoiceId' | 'position' | 'periodStart' | 'periodEnd'>;

export function lineContent(line: RatedLine, currency: string): LineContent {
  return {
    chargeId: line.chargeId,
    kind: line.kind,
    description: line.description,
    eventName: line.eventName,
    pricingModel: line.pricingModel,
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
