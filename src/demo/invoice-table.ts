import type { InvoiceDocument } from '../cli/invoice-answer.ts';
import { formatTable } from '../cli/table.ts';
import { type Decimal, decimal, sumOf } from '../domain/decimal.ts';
import { formatMoney } from '../domain/money.ts';
import type { Subscriber } from './set-up-company.ts';

/** A subscriber with all invoices of the time that was lived through, oldest first. */
export interface BilledSubscriber extends Subscriber {
  readonly invoices: readonly InvoiceDocument[];
}

const CURRENCY = 'USD';

const COLUMNS = [
  { title: 'CUSTOMER' },
  { title: 'PLAN' },
  { title: 'MODEL' },
  { title: 'TRIAL UNTIL' },
  { title: 'INVOICES', align: 'right' },
  { title: 'LAST NUMBER' },
  { title: 'TOTAL', align: 'right' },
] as const;

/** One row a customer, and the sum of all. The totals are those of the invoices, added up exactly. */
export function formatInvoiceTable(subscribers: readonly BilledSubscriber[]): string {
  const rows = subscribers.map(({ customer, invoices }) => [
    customer.externalId,
    customer.plan.name,
    customer.plan.model,
    customer.trialEndOn ?? '',
    String(invoices.length),
    invoices.at(-1)?.number ?? '',
    formatMoney(totalOf(invoices), CURRENCY),
  ]);
  const all = subscribers.flatMap((each) => each.invoices);
  const total = formatMoney(totalOf(all), CURRENCY);
  return formatTable(COLUMNS, [...rows, [`All, in ${CURRENCY}`, '', '', '', String(all.length), '', total]]);
}

function totalOf(invoices: readonly InvoiceDocument[]): Decimal {
  return sumOf(invoices.map((invoice) => decimal(invoice.total)));
}
