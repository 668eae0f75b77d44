import { type Command, InvalidArgumentError } from 'commander';
import * as z from 'zod';
import type { ApiClient } from './api-client.ts';
import { contextOf } from './command-context.ts';
import { formatExplanation, invoiceExplanation } from './explanation-text.ts';
import { type Host, printJson, printLine, printNote } from './host.ts';
import { type InvoiceHead, invoiceDocument, invoiceHead } from './invoice-answer.ts';
import { formatInvoice } from './invoice-text.ts';
import { formatTable } from './table.ts';

const invoicePage = z.object({
  data: z.array(invoiceHead),
  has_more: z.boolean(),
  next_cursor: z.string().nullable(),
});

const MAX_PAGE = 200;

interface ListOptions {
  readonly customer?: string;
  readonly subscription?: string;
  readonly status?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit: number;
}

export function addInvoicesCommands(program: Command, host: Host): void {
  const invoices = program.command('invoices').description('invoices');
  invoices
    .command('list')
    .description('list invoices, newest first')
    .option('--customer <id>', 'external_id or cus_…')
    .option('--subscription <id>')
    .option('--status <status>', 'draft, open, paid or void')
    .option('--from <time>', 'period end from here on')
    .option('--to <time>', 'period end before this')
    .option('--limit <n>', 'at most so many', readLimit, 50)
    .option('--json', "print the API's invoices")
    .action((options: ListOptions, command: Command) => listInvoices(host, command, options));
  invoices
    .command('show')
    .description('print an invoice with its lines and tiers')
    .argument('<invoice_id>')
    .option('--json', "print the API's answer")
    .action((id: string, _options: object, command: Command) => showInvoice(host, command, id));
  invoices
    .command('explain')
    .description('print how each amount of an invoice came about')
    .argument('<invoice_id>')
    .option('--json', "print the API's answer")
    .action((id: string, _options: object, command: Command) => explainInvoice(host, command, id));
}

async function listInvoices(host: Host, command: Command, options: ListOptions): Promise<void> {
  const { client, json } = await contextOf(host, command);
  const { raw, invoices, hasMore } = await fetchInvoices(client, options);
  if (json) return printJson(host, raw);
  printLine(host, formatTable(COLUMNS, invoices.map(cellsOf)));
  if (hasMore) printNote(host, `There are more; see them with --limit.`);
}

interface InvoiceList {
  readonly raw: readonly unknown[];
  readonly invoices: readonly InvoiceHead[];
  readonly hasMore: boolean;
}

async function fetchInvoices(client: ApiClient, options: ListOptions): Promise<InvoiceList> {
  const { limit, customer, subscription, status, from, to } = options;
  const query = { customer_id: customer, subscription_id: subscription, status, from, to };
  const raw: unknown[] = [];
  const invoices: InvoiceHead[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = { ...query, cursor, limit: Math.min(limit - invoices.length, MAX_PAGE) };
    const { raw: answer, value } = await client.call({ method: 'GET', path: '/invoices', query: page }, invoicePage);
    invoices.push(...value.data);
    raw.push(...z.object({ data: z.array(z.unknown()) }).parse(answer).data);
    cursor = value.next_cursor ?? undefined;
    if (!value.has_more || cursor === undefined || invoices.length >= limit) {
      return { raw, invoices, hasMore: value.has_more };
    }
  }
}

const COLUMNS = [
  { title: 'NUMBER' },
  { title: 'STATUS' },
  { title: 'CUSTOMER' },
  { title: 'PERIOD START' },
  { title: 'PERIOD END' },
  { title: 'TOTAL', align: 'right' },
  { title: 'DUE', align: 'right' },
  { title: '' },
  { title: 'ID' },
] as const;

function cellsOf(invoice: InvoiceHead): string[] {
  return [
    invoice.number ?? '(draft)',
    invoice.status,
    invoice.customer_id,
    invoice.period_start,
    invoice.period_end,
    invoice.total,
    invoice.amount_due,
    invoice.currency,
    invoice.id,
  ];
}

async function showInvoice(host: Host, command: Command, id: string): Promise<void> {
  const { client, json } = await contextOf(host, command);
  const path = `/invoices/${encodeURIComponent(id)}`;
  const { raw, value } = await client.call({ method: 'GET', path }, invoiceDocument);
  if (json) return printJson(host, raw);
  printLine(host, formatInvoice(value));
}

async function explainInvoice(host: Host, command: Command, id: string): Promise<void> {
  const { client, json } = await contextOf(host, command);
  const path = `/invoices/${encodeURIComponent(id)}/explain`;
  const { raw, value } = await client.call({ method: 'GET', path }, invoiceExplanation);
  if (json) return printJson(host, raw);
  printLine(host, formatExplanation(value));
}

function readLimit(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 100_000) return value;
  throw new InvalidArgumentError('It is a number from 1 to 100000.');
}
