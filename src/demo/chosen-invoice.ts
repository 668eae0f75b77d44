import type { InvoiceDocument, InvoiceLine } from '../cli/invoice-answer.ts';
import { decimal } from '../domain/decimal.ts';
import type { BilledSubscriber } from './invoice-table.ts';

export interface ChosenInvoice {
  readonly subscriber: BilledSubscriber;
  readonly invoice: InvoiceDocument;
}

/**
 * The invoice with the most to see: a line of several tiers, part of which credits covered; else the nearest to that.
 * Null when there is no invoice.
 */
export function chooseInvoice(subscribers: readonly BilledSubscriber[]): ChosenInvoice | null {
  const all = subscribers.flatMap((subscriber) => subscriber.invoices.map((invoice) => ({ subscriber, invoice })));
  const [first = null, ...others] = all;
  if (first === null) return null;
  return others.reduce((best, each) => (interestOf(each.invoice) > interestOf(best.invoice) ? each : best), first);
}

function interestOf(invoice: InvoiceDocument): number {
  return Math.max(0, ...invoice.lines.map(interestOfLine));
}

function interestOfLine(line: InvoiceLine): number {
  const tiers = (line.tiers ?? []).filter((tier) => !isZero(tier.quantity)).length;
  const isCredited = !isZero(line.credited_quantity);
  return (isCredited && tiers > 0 ? 1_000 : 0) + (isCredited ? 10 : 0) + Math.min(tiers, 9);
}

function isZero(quantity: string | null | undefined): boolean {
  return !quantity || decimal(quantity).isZero();
}
