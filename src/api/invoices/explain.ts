import * as z from 'zod';
import { decimalText } from '../../domain/decimal.ts';
import { isUsageCharge } from '../../domain/plan.ts';
import { formatInstant } from '../../domain/instant.ts';
import { formatMoney } from '../../domain/money.ts';
import { explainInvoice, type ExplainedLine, type InvoiceExplanation } from '../../operations/explain-invoice.ts';
import type { Tenant } from '../../storage/database.ts';
import { decimalField, instantField } from '../answer-fields.ts';
import { type Endpoint, endpoint, ok, takesNothing } from '../route.ts';
import { explainExample } from './explain-example.ts';

const step = z.strictObject({ name: z.string(), formula: z.string(), result: decimalField() });

const usageAnswer = z.strictObject({
  event_name: z.string(),
  aggregation: z.strictObject({ type: z.string(), property: z.string().nullable() }).nullable(),
  filters: z.record(z.string(), z.array(z.string())),
  from: instantField(),
  to: instantField(),
  event_count: z.int(),
  digest: z
    .string()
    .meta({ description: 'sha256 of the counted events and their metered values, in order of arrival.' }),
  events_url: z.string().nullable().meta({ description: 'Pages the events counted.' }),
});

const stretchAnswer = z.strictObject({
  from: instantField(),
  to: instantField(),
  usage: decimalField().meta({ description: 'In units; of late usage only what came late.' }),
  grant_ids: z.array(z.string()).meta({ description: 'Grants in force, in the order in which they are drawn.' }),
  draws: z.array(z.strictObject({ grant_id: z.string(), quantity: decimalField() })),
});

const lineAnswer = z.strictObject({
  line_id: z.string().nullable(),
  charge_id: z.string().nullable(),
  kind: z.enum(['flat', 'usage', 'minimum', 'late_usage', 'proration']),
  description: z.string(),
  period_number: z.int(),
  period_start: instantField(),
  period_end: instantField(),
  rule: z.string(),
  usage: usageAnswer.nullable(),
  credits: z.array(stretchAnswer).meta({ description: 'The period, cut where grants start and end.' }),
  steps: z.array(step).meta({ description: 'From the usage to the amount; each result with full decimals.' }),
  amount: decimalField(),
});

const explanationAnswer = z
  .strictObject({
    object: z.literal('invoice_explanation'),
    livemode: z.boolean(),
    invoice_id: z.string(),
    number: z.string().nullable(),
    status: z.string(),
    currency: z.string(),
    rounding: z.literal('half_up'),
    usage_cutoff_at: instantField().nullable(),
    lines: z.array(lineAnswer),
    amounts: z.array(step),
  })
  .meta({ id: 'InvoiceExplanation' });

export const explainInvoiceEndpoint: Endpoint = endpoint({
  method: 'get',
  path: '/invoices/{id}/explain',
  role: 'read',
  tag: 'Invoices',
  summary: 'Explain an invoice',
  description:
    'How each amount came about: the events, the credits, the price, each step with full decimals. A draft is explained as it would be now.',
  query: takesNothing,
  body: takesNothing,
  example: explainExample,
  answers: { 200: { description: 'Every step.', schema: explanationAnswer } },
  errors: ['invoice_without_basis', 'needs_attention'],
  handle: async ({ deps, tenant, id }) => ok(encodeExplanation(tenant, await explainInvoice(deps.db, tenant, id))),
});

function encodeExplanation(tenant: Tenant, { invoice, lines, amounts }: InvoiceExplanation) {
  return {
    object: 'invoice_explanation',
    livemode: tenant.livemode,
    invoice_id: invoice.id,
    number: invoice.number,
    status: invoice.status,
    currency: invoice.currency,
    rounding: 'half_up',
    usage_cutoff_at: formatInstant(invoice.usageCutoffAt),
    lines: lines.map((line) => encodeExplained(line, invoice.currency)),
    amounts,
  };
}

function encodeExplained(explained: ExplainedLine, currency: string) {
  const { line, lineId } = explained;
  return {
    line_id: lineId,
    charge_id: line.chargeId,
    kind: line.kind,
    description: line.description,
    period_number: line.period.number,
    period_start: formatInstant(line.period.start),
    period_end: formatInstant(line.period.end),
    rule: explained.rule,
    usage: encodeUsage(explained),
    credits: line.stretches.map((stretch) => ({
      from: formatInstant(stretch.from),
      to: formatInstant(stretch.to),
      usage: decimalText(stretch.units),
      grant_ids: stretch.grantIds,
      draws: stretch.draws.map((draw) => ({ grant_id: draw.grantId, quantity: decimalText(draw.quantity) })),
    })),
    steps: explained.steps,
    amount: formatMoney(line.amount, currency),
  };
}

function encodeUsage({ line, lineId, charge, digest }: ExplainedLine) {
  if (charge === null || digest === null) return null;
  return {
    event_name: charge.eventName,
    aggregation: isUsageCharge(charge) ? charge.aggregation : null,
    filters: charge.filters,
    from: formatInstant(line.period.start),
    to: formatInstant(line.period.end),
    event_count: line.eventCount ?? 0,
    digest,
    events_url: lineId === null ? null : `/v1/events?line_id=${lineId}`,
  };
}
