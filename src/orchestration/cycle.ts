import type { WorkflowStatus } from './messages.ts';

/** What a workflow can be; `missing`: Temporal knows none, or no longer. */
export const WORKFLOW_STATES = [
  'running',
  'completed',
  'failed',
  'canceled',
  'terminated',
  'timed_out',
  'missing',
] as const;
export type WorkflowState = (typeof WORKFLOW_STATES)[number];

/** Which workflow of a subscription. */
export interface CycleRef {
  readonly subscriptionId: string;
  /** The one that bills the late usage after its end. */
  readonly isLate: boolean;
}

/** A subscription's workflow as it is now. */
export interface WorkflowCycle {
  readonly workflowId: string;
  readonly runId: string | null;
  readonly state: WorkflowState;
  /** What it says itself; null where it does not run, or did not answer. */
  readonly status: WorkflowStatus | null;
  /** Why a running one did not answer. */
  readonly silence: string | null;
}
