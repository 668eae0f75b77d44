import type { InvoiceWithLines } from '../../src/operations/get-invoice.ts';

/** An invoice in a few words: `closing 0 open 30.00: usage API 0 30.00`; each line with the number of its period. */
export function tellInvoice(invoice: InvoiceWithLines): string {
  const lines = invoice.lines.map((line) => `${line.kind} ${line.description} ${line.periodNumber} ${line.amount}`);
  return `${invoice.kind} ${invoice.sequence} ${invoice.status} ${invoice.total}: ${lines.join(', ')}`;
}

/** Those that are not drafts, in the order in which they became final. */
export function tellFinal(invoices: readonly InvoiceWithLines[]): string[] {
  return invoices
    .filter(({ numberSeq }) => numberSeq !== null)
    .toSorted((left, right) => Number((left.numberSeq ?? 0n) - (right.numberSeq ?? 0n)))
    .map(tellInvoice);
}
