import type { InvoiceDocument, InvoiceLine, InvoiceTier } from './invoice-answer.ts';

/** Width of the page: what most terminals have. */
const WIDTH = 80;

/** An invoice for reading; every amount is as the API gives it, nothing is computed here. */
export function formatInvoice(invoice: InvoiceDocument): string {
  return [
    leftRight(`Invoice ${invoice.number ?? '(draft)'}`, invoice.status),
    rule('='),
    ...facts(invoice),
    rule('-'),
    ...invoice.lines.flatMap(formatLine),
    rule('-'),
    ...totals(invoice),
    ...issues(invoice.issues),
  ].join('\n');
}

function facts(invoice: InvoiceDocument): string[] {
  return [
    `Id            ${invoice.id}`,
    `Customer      ${invoice.customer_id}`,
    `Subscription  ${invoice.subscription_id}, plan ${invoice.plan_id} version ${invoice.plan_version}`,
    `Period ${String(invoice.period_number).padEnd(6)} ${invoice.period_start} to ${invoice.period_end}`,
    `Made because  ${invoice.billing_reason} (${invoice.kind})`,
    `Finalized     ${invoice.finalized_at ?? 'not yet'}`,
    ...(invoice.due_at === null ? [] : [`Due           ${invoice.due_at}`]),
  ];
}

function formatLine(line: InvoiceLine): string[] {
  return [
    leftRight(line.description, line.amount),
    ...usageOf(line),
    ...(line.tiers ?? []).map((tier, index, tiers) => formatTier(tier, tiers[index - 1])),
    ...(isZero(line.previously_billed) ? [] : [`  less ${line.previously_billed} billed earlier in this period`]),
  ];
}

function usageOf(line: InvoiceLine): string[] {
  if (line.kind === 'flat' || !line.quantity) return [];
  const model = line.pricing_model ? `${line.pricing_model}: ` : '';
  const events = line.event_count === null || line.event_count === undefined ? '' : ` of ${line.event_count} events`;
  const credited = isZero(line.credited_quantity)
    ? ''
    : `, ${line.credited_quantity} by credits, ${line.billable_quantity} to pay`;
  return [`  ${model}${line.quantity}${events}${credited}`];
}

function formatTier(tier: InvoiceTier, before: InvoiceTier | undefined): string {
  const range = tier.up_to === null ? (before ? `above ${before.up_to}` : 'all') : `up to ${tier.up_to}`;
  const flat = isZero(tier.flat_amount) ? '' : ` + ${tier.flat_amount}`;
  return `    ${range.padEnd(18)} ${tier.quantity} × ${tier.unit_amount}${flat} = ${tier.amount_unrounded}`;
}

function totals(invoice: InvoiceDocument): string[] {
  const taxes = (invoice.taxes ?? []).map((tax) =>
    leftRight(`${tax.name} ${tax.percentage} %${tax.inclusive ? ' (included)' : ''}`, tax.amount),
  );
  return [
    leftRight('Subtotal', invoice.subtotal),
    ...taxes,
    leftRight('Total', `${invoice.currency} ${invoice.total}`),
    ...deduction('Balance', invoice.balance_applied),
    ...deduction('Credit notes', invoice.amount_credited),
    ...deduction('Paid', invoice.amount_paid),
    leftRight(`Due (${invoice.payment_status})`, `${invoice.currency} ${invoice.amount_due}`),
  ];
}

/** What lowers the amount due, where there is any. */
function deduction(name: string, amount: string): string[] {
  return isZero(amount) ? [] : [leftRight(name, `-${amount}`)];
}

function issues(found: InvoiceDocument['issues']): string[] {
  if (found.length === 0) return [];
  return [rule('-'), 'Issues', ...found.map((issue) => `  ${issue.message}`)];
}

function leftRight(left: string, right: string): string {
  const gap = WIDTH - left.length - right.length;
  return gap >= 1 ? left + ' '.repeat(gap) + right : `${left}\n${right.padStart(WIDTH)}`;
}

function rule(character: string): string {
  return character.repeat(WIDTH);
}

function isZero(amount: string | null | undefined): boolean {
  return !amount || /^-?0(\.0*)?$/.test(amount);
}
