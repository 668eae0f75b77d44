import * as z from 'zod';
import { answerObject, decimalField, instantField, metadataField } from '../answer-fields.ts';
import { addressAnswer } from '../contact-fields.ts';
import { closedObject } from '../closed-object.ts';
import { issueOf } from '../faults.ts';
import { listOf, pageParameters } from '../page.ts';
import { instant, text } from '../request-fields.ts';
import { lineAnswer } from './line-schema.ts';
import { paymentAnswer } from './payment-part.ts';

const statuses = z.enum(['draft', 'open', 'paid', 'void']);

export const listInvoicesQuery = closedObject({
  customer_id: text({ min: 1 }).optional(),
  subscription_id: text({ min: 1 }).optional(),
  status: statuses.optional(),
  from: instant().optional().meta({ description: 'period_end is at or after it.' }),
  to: instant().optional().meta({ description: 'period_end is before it.' }),
  ...pageParameters,
});

export const triggerInvoiceBody = closedObject({
  subscription_id: text({ min: 1 }).nullish(),
  customer_id: text({ min: 1 }).nullish().meta({ description: 'Each of its subscriptions.' }),
}).superRefine((body, context) => {
  const given = [body.subscription_id, body.customer_id].filter((each) => each !== undefined && each !== null);
  if (given.length !== 1) {
    context.addIssue({
      ...issueOf('invalid_value', 'Give either subscription_id or customer_id.'),
      path: ['subscription_id'],
    });
  }
});

export const previewInvoiceBody = closedObject({
  subscription_id: text({ min: 1 }),
  at: z.enum(['period_end', 'now', 'interim']).default('period_end').meta({
    description:
      'period_end: the running period at its boundary with usage so far; now: as a cancel now; interim: as a manual trigger now.',
  }),
});

export const voidInvoiceBody = closedObject({
  reason: text().nullish(),
  reissue: z.boolean().nullish().meta({ description: 'Bill its content again, on an invoice that replaces it.' }),
});

const taxAnswer = z.strictObject({
  tax_rate_id: z.string(),
  name: z.string(),
  percentage: decimalField(),
  inclusive: z.boolean(),
  taxable: decimalField().meta({ description: 'The amount without tax.' }),
  amount: decimalField(),
});

/** Copied onto an invoice, so that later changes leave it alone. */
const partyAnswer = z.strictObject({
  name: z.string().nullable(),
  email: z.string().nullable(),
  address: addressAnswer.nullable(),
});

const amounts = {
  subtotal: decimalField(),
  taxes: z.array(taxAnswer).meta({ description: 'Of each tax rate, rounded by itself over the whole document.' }),
  tax_total: decimalField(),
  total: decimalField(),
  balance_applied: decimalField(),
  amount_credited: decimalField(),
  amount_paid: decimalField(),
  amount_due: decimalField(),
  payments: z.array(paymentAnswer),
};

const fields = {
  number: z.string().nullable(),
  status: statuses,
  payment_status: z.enum(['unpaid', 'partially_paid', 'paid', 'not_required']),
  kind: z.enum(['opening', 'interim', 'closing', 'late']),
  billing_reason: z.string(),
  customer_id: z.string(),
  customer_details: partyAnswer.nullable().meta({ description: 'As the customer was called when it became final.' }),
  seller_details: partyAnswer.nullable().meta({ description: 'As the account was called when it became final.' }),
  subscription_id: z.string(),
  plan_id: z.string(),
  plan_version: z.int(),
  currency: z.string(),
  period_number: z.int(),
  period_start: instantField(),
  period_end: instantField(),
  usage_cutoff_at: instantField().nullable(),
  rounding: z.literal('half_up'),
  lines: z.array(lineAnswer),
  ...amounts,
  issues: z.array(z.strictObject({ code: z.string(), charge_id: z.string().nullable(), message: z.string() })),
  finalize_at: instantField().meta({ description: 'When a draft is recomputed and finalized.' }),
  finalized_at: instantField().nullable(),
  due_at: instantField().nullable(),
  paid_at: instantField().nullable(),
  voided_at: instantField().nullable(),
  void_reason: z.string().nullable(),
  replaces: z.string().nullable(),
  replaced_by: z.string().nullable(),
  temporal_url: z.string().nullable(),
};

export const invoiceAnswer = answerObject('invoice', { ...fields, sequence: z.int() }).meta({ id: 'Invoice' });

export const invoicePreviewAnswer = z
  .strictObject({
    id: z.null(),
    object: z.literal('invoice'),
    livemode: z.boolean(),
    created_at: instantField(),
    metadata: metadataField(),
    ...fields,
    sequence: z.null(),
  })
  .meta({ id: 'InvoicePreview' });

export const invoiceListAnswer = listOf(invoiceAnswer);

/** Why a trigger made no invoice for a subscription. */
export const triggerListAnswer = z
  .strictObject({
    object: z.literal('list'),
    data: z.array(invoiceAnswer),
    has_more: z.literal(false),
    next_cursor: z.null(),
    skipped: z.array(z.strictObject({ subscription_id: z.string(), code: z.string(), message: z.string() })),
  })
  .meta({ id: 'TriggeredInvoices' });

export const triggerAnswer = z.union([invoiceAnswer, triggerListAnswer]);
