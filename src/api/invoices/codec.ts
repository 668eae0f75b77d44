import { decimal } from '../../domain/decimal.ts';
import { formatInstant } from '../../domain/instant.ts';
import { formatMoney } from '../../domain/money.ts';
import type { InvoiceWithLines } from '../../operations/get-invoice.ts';
import type { PreviewedInvoice } from '../../operations/preview-invoice.ts';
import { parseExactJson } from '../../platform/exact-json.ts';
import type { Tenant } from '../../storage/database.ts';
import type { InvoiceTaxRow } from '../../storage/invoice-taxes.ts';
import type { ApiSettings } from '../deps.ts';
import { readAddress } from '../contact-fields.ts';
import { temporalUrl } from '../temporal-url.ts';
import { encodeLine } from './line-codec.ts';
import { encodePayment } from './payment-part.ts';

/** An invoice, or one that a preview computed: then `id`, `number` and the ids of lines are null. */
export function encodeInvoice(settings: ApiSettings, tenant: Tenant, invoice: InvoiceWithLines | PreviewedInvoice) {
  return {
    id: invoice.id,
    object: 'invoice',
    livemode: tenant.livemode,
    created_at: formatInstant(invoice.createdAt),
    number: invoice.number,
    status: invoice.status,
    payment_status: invoice.paymentStatus,
    kind: invoice.kind,
    sequence: invoice.sequence,
    billing_reason: invoice.billingReason,
    customer_id: invoice.customerExternalId,
    subscription_id: invoice.subscriptionId,
    plan_id: invoice.planId,
    plan_version: invoice.planVersion,
    customer_details: encodeParty(invoice.customerDetails),
    seller_details: encodeParty(invoice.sellerDetails),
    currency: invoice.currency,
    period_number: invoice.periodNumber,
    period_start: formatInstant(invoice.periodStart),
    period_end: formatInstant(invoice.periodEnd),
    usage_cutoff_at: formatInstant(invoice.usageCutoffAt),
    rounding: 'half_up',
    lines: invoice.lines.map((line) =>
      encodeLine(line, { id: invoice.id === null ? null : line.id, currency: invoice.currency }),
    ),
    subtotal: invoice.subtotal,
    taxes: invoice.taxes.map((tax) => encodeTax(tax, invoice.currency)),
    tax_total: invoice.taxTotal,
    total: invoice.total,
    balance_applied: invoice.balanceApplied,
    amount_credited: invoice.amountCredited,
    amount_paid: invoice.amountPaid,
    amount_due: invoice.amountDue,
    payments: invoice.payments.map(encodePayment),
    issues: encodeIssues(invoice.issues),
    finalize_at: formatInstant(invoice.finalizeAt),
    finalized_at: formatInstant(invoice.finalizedAt),
    due_at: formatInstant(invoice.dueAt),
    paid_at: formatInstant(invoice.paidAt),
    voided_at: formatInstant(invoice.voidedAt),
    void_reason: invoice.voidReason,
    replaces: invoice.replaces,
    replaced_by: invoice.replacedBy,
    temporal_url: temporalUrl(settings, tenant, invoice.subscriptionId),
    metadata: parseExactJson(invoice.metadata),
  };
}

interface IssueJson {
  readonly code: string;
  readonly charge_id: string | null;
  readonly message: string;
}

/** In one order of members, as a preview has it. */
function encodeIssues(text: string): IssueJson[] {
  const issues = JSON.parse(text) as IssueJson[];
  return issues.map(({ code, charge_id, message }) => ({ code, charge_id, message }));
}

interface PartyJson {
  readonly name: string | null;
  readonly email: string | null;
  readonly address: unknown;
}

/** PostgreSQL keeps members in an order of its own. */
function encodeParty(text: string | null) {
  if (text === null) return null;
  const { name, email, address } = JSON.parse(text) as PartyJson;
  return { name, email, address: readAddress(address === null ? null : JSON.stringify(address)) };
}

function encodeTax(tax: InvoiceTaxRow, currency: string) {
  return {
    tax_rate_id: tax.taxRateId,
    name: tax.name,
    percentage: tax.percentage,
    inclusive: tax.inclusive,
    taxable: formatMoney(decimal(tax.taxable), currency),
    amount: formatMoney(decimal(tax.amount), currency),
  };
}
