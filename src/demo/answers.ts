import * as z from 'zod';

/** What the demo reads of the API's answers. */
export const created = z.object({ id: z.string() });

export const account = z.object({ finalization_delay: z.int() });

export const testClock = z.object({
  id: z.string(),
  status: z.enum(['ready', 'advancing']),
  progress: z.object({ needs_attention: z.int() }),
});

export const subscription = z.object({
  id: z.string(),
  current_period: z.object({ number: z.int() }).nullable(),
  temporal_url: z.string().nullable(),
});

export const periods = z.object({ data: z.array(z.object({ end: z.string() })) });

export const grantEntry = z.object({
  kind: z.string(),
  amount: z.string(),
  balance_after: z.string(),
  invoice_id: z.string().nullable(),
});

export const eventBatch = z.object({ created: z.int(), duplicates: z.int() });

export type Subscription = z.infer<typeof subscription>;
export type GrantEntry = z.infer<typeof grantEntry>;
