import * as z from 'zod';

const tier = z.object({
  up_to: z.string().nullable(),
  quantity: z.string(),
  unit_amount: z.string(),
  flat_amount: z.string(),
  amount_unrounded: z.string(),
});

const line = z.object({
  kind: z.string(),
  description: z.string(),
  pricing_model: z.string().nullish(),
  event_count: z.int().nullish(),
  quantity: z.string().nullish(),
  credited_quantity: z.string().nullish(),
  billable_quantity: z.string().nullish(),
  amount: z.string(),
  previously_billed: z.string().nullish(),
  tiers: z.array(tier).nullish(),
});

const tax = z.object({ name: z.string(), percentage: z.string(), inclusive: z.boolean(), amount: z.string() });

/** What `invoices list` reads. */
export const invoiceHead = z.object({
  id: z.string(),
  number: z.string().nullable(),
  status: z.string(),
  customer_id: z.string(),
  currency: z.string(),
  period_start: z.string(),
  period_end: z.string(),
  total: z.string(),
  amount_due: z.string(),
});

/** What `invoices show` reads besides. */
export const invoiceDocument = invoiceHead.extend({
  payment_status: z.string(),
  kind: z.string(),
  billing_reason: z.string(),
  subscription_id: z.string(),
  plan_id: z.string(),
  plan_version: z.int(),
  period_number: z.int(),
  lines: z.array(line),
  subtotal: z.string(),
  taxes: z.array(tax).nullish(),
  balance_applied: z.string(),
  amount_credited: z.string(),
  amount_paid: z.string(),
  issues: z.array(z.object({ code: z.string(), message: z.string() })),
  finalized_at: z.string().nullable(),
  due_at: z.string().nullable(),
});

export type InvoiceHead = z.infer<typeof invoiceHead>;
export type InvoiceDocument = z.infer<typeof invoiceDocument>;
export type InvoiceLine = z.infer<typeof line>;
export type InvoiceTier = z.infer<typeof tier>;
