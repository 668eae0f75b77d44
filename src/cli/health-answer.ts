import * as z from 'zod';

/** What `doctor` and `repair` read of `GET /account/health`. */
export const accountHealth = z.object({
  livemode: z.boolean(),
  checked_at: z.string(),
  ok: z.boolean(),
  problems: z.array(z.object({ code: z.string(), message: z.string(), fix: z.string() })),
  temporal: z.object({
    reachable: z.boolean(),
    workflow_pollers: z.int().nullable(),
    activity_pollers: z.int().nullable(),
  }),
  reconciler: z.object({
    last_round_at: z.string().nullable(),
    compared_at: z.string().nullable(),
    problem: z.string().nullable(),
  }),
  outbox: z.object({
    waiting: z.int(),
    reviving: z.int(),
    oldest_at: z.string().nullable(),
    last_error: z.string().nullable(),
  }),
  overdue: z.object({
    count: z.int(),
    stuck: z.int(),
    subscriptions: z.array(
      z.object({
        subscription_id: z.string(),
        customer_id: z.string(),
        due_at: z.string(),
        nudged_at: z.string().nullable(),
        temporal_url: z.string().nullable(),
      }),
    ),
  }),
  needs_attention: z.object({
    count: z.int(),
    subscriptions: z.array(
      z.object({
        subscription_id: z.string(),
        customer_id: z.string(),
        code: z.string(),
        message: z.string(),
        since: z.string(),
        draft_invoice_id: z.string().nullable(),
      }),
    ),
  }),
  missing_workflows: z.object({
    count: z.int(),
    workflows: z.array(z.object({ workflow_id: z.string(), subscription_id: z.string(), found_at: z.string() })),
  }),
  foreign_workflows: z.object({
    count: z.int(),
    workflows: z.array(
      z.object({
        workflow_id: z.string(),
        workflow_type: z.string(),
        reason: z.string(),
        started_at: z.string().nullable(),
        found_at: z.string(),
        temporal_url: z.string().nullable(),
      }),
    ),
  }),
});

export type AccountHealth = z.infer<typeof accountHealth>;
export type ForeignWorkflow = AccountHealth['foreign_workflows']['workflows'][number];

export const accountRepair = z.object({
  queued: z.int(),
  looked_at: z.int(),
  total: z.int(),
  last_id: z.string().nullable(),
  has_more: z.boolean(),
});

export const endedWorkflows = z.object({
  workflows: z.array(
    z.object({
      workflow_id: z.string(),
      ended: z.boolean(),
      refusal: z.object({ code: z.string(), message: z.string() }).nullable(),
    }),
  ),
});

export type EndedWorkflow = z.infer<typeof endedWorkflows>['workflows'][number];
