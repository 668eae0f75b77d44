import { formatInstant } from '../../../src/domain/instant.ts';
import { getCustomerBalance } from '../../../src/operations/get-customer-balance.ts';
import type { InvoiceWithLines } from '../../../src/operations/get-invoice.ts';
import { type EventPageResult, listEvents } from '../../../src/operations/list-events.ts';
import { sql } from '../../../src/storage/sql.ts';
import { type BillingWorld, TEST_TENANT } from '../billing-world.ts';

/** An invoice without ids, so that it can be compared with that of another life. */
export function tellContent(invoice: Omit<InvoiceWithLines, 'id' | 'sequence'>): unknown[] {
  return [
    invoice.kind,
    invoice.billingReason,
    formatInstant(invoice.periodStart),
    formatInstant(invoice.periodEnd),
    [invoice.subtotal, invoice.taxTotal, invoice.total],
    invoice.lines.map((line) => [
      line.kind,
      line.description,
      line.periodNumber,
      line.quantity,
      line.creditedQuantity,
      line.amountUnrounded,
      line.previouslyBilled,
      line.amount,
    ]),
    invoice.taxes.map((tax) => [tax.name, tax.taxable, tax.amount]),
    JSON.parse(invoice.issues),
  ];
}

/** With where it stands. */
export function tellInvoice(invoice: InvoiceWithLines): unknown[] {
  return [
    invoice.periodNumber,
    invoice.sequence,
    ...tellContent(invoice),
    invoice.status,
    invoice.paymentStatus,
    [invoice.balanceApplied, invoice.amountCredited, invoice.amountPaid, invoice.amountDue],
    formatInstant(invoice.finalizeAt),
    formatInstant(invoice.finalizedAt),
    formatInstant(invoice.voidedAt),
    invoice.waived,
  ];
}

/** What the customer has to its credit, and how it came to it, oldest first. */
export async function tellBalance(world: BillingWorld, customerId: string): Promise<unknown[]> {
  const query = { customerRef: customerId, before: null, limit: 1_000 };
  const { balance, entries } = await getCustomerBalance(world.db, TEST_TENANT, query);
  return [balance, entries.toReversed().map(({ kind, amount, createdAt }) => [kind, amount, formatInstant(createdAt)])];
}

/** What became of each event, and on how many lines it is billed; in an order of their content. */
export async function tellEvents(world: BillingWorld, customerRef: string): Promise<string[]> {
  const query = { customerId: customerRef, eventName: null, status: null, from: null, to: null, limit: 200 };
  const told: string[] = [];
  for (let after: string | null = null; ; ) {
    const page: EventPageResult = await listEvents(world.db, TEST_TENANT, { ...query, after });
    for (const { eventName, eventAt, properties, status, billedBy } of page.events) {
      told.push([eventName, formatInstant(eventAt), properties, status, JSON.parse(billedBy).length].join(' '));
    }
    if (page.next === null) return told.toSorted();
    after = page.next.id;
  }
}

export async function tellCreditNotes(world: BillingWorld, customerId: string): Promise<unknown[]> {
  return world.db.query(sql`
    select subtotal, tax_total, total, amount_applied, amount_to_balance from credit_notes
    where customer_id = ${customerId} order by number_seq`);
}
