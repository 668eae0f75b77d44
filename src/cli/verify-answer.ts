import * as z from 'zod';

/** What `verify` reads of an invoice of a list. */
export const finalizedHead = z.object({ id: z.string(), number: z.string().nullable() });

export const invoicePage = z.object({
  data: z.array(finalizedHead),
  has_more: z.boolean(),
  next_cursor: z.string().nullable(),
});

export const invoiceVerification = z.object({
  invoice_id: z.string(),
  number: z.string(),
  equal: z.boolean(),
  differences: z.array(
    z.object({ path: z.string(), stored: z.string().nullable(), recomputed: z.string().nullable() }),
  ),
  problem: z.string().nullable(),
});

export const accountVerification = z.object({
  invariants: z.array(
    z.object({
      name: z.string(),
      description: z.string(),
      severity: z.string(),
      checked: z.boolean(),
      violations: z.int(),
      examples: z.array(z.record(z.string(), z.string().nullable())),
    }),
  ),
  has_more: z.boolean(),
});

export type InvoiceVerification = z.infer<typeof invoiceVerification>;
export type CheckedInvariant = z.infer<typeof accountVerification>['invariants'][number];
