import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import { WorkflowIdReusePolicy } from '@temporalio/common';
import {
  LATE_USAGE_WORKFLOW,
  lateUsageWorkflowId,
  NUDGE_SIGNAL,
  SUBSCRIPTION_WORKFLOW,
  type SubscriptionRef,
  TASK_QUEUE,
} from './messages.ts';

/**
 * Wakes the subscription's workflow, or starts it. The id is the subscription's, so there is never a second one. A
 * late nudge must not bring an ended subscription back: `reuse` REJECT_DUPLICATE; only who has seen in PostgreSQL that
 * it is live may pass ALLOW_DUPLICATE. Returns false when the workflow has ended.
 */
export async function deliverNudge(
  client: Client,
  ref: SubscriptionRef,
  reuse: WorkflowIdReusePolicy = WorkflowIdReusePolicy.REJECT_DUPLICATE,
): Promise<boolean> {
  try {
    await client.workflow.signalWithStart(SUBSCRIPTION_WORKFLOW, {
      ...nudged(ref),
      workflowId: ref.subscriptionId,
      workflowIdReusePolicy: reuse,
    });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

/**
 * Wakes or starts the workflow that bills the late usage of an ended subscription. PostgreSQL says that there is some, and
 * there may be some again after its invoice: ALLOW_DUPLICATE.
 */
export async function deliverLateUsage(client: Client, ref: SubscriptionRef): Promise<void> {
  await client.workflow.signalWithStart(LATE_USAGE_WORKFLOW, {
    ...nudged(ref),
    workflowId: lateUsageWorkflowId(ref.subscriptionId),
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
  });
}

/**
 * Wakes or starts what a subscription is to have at work, also when earlier runs have ended: PostgreSQL says that it
 * lives (ALLOW_DUPLICATE). What runs already takes it for a nudge.
 */
export async function reviveWorkflows(
  client: Client,
  ref: SubscriptionRef,
  { isLive, isLate }: { readonly isLive: boolean; readonly isLate: boolean },
): Promise<void> {
  if (isLive) await deliverNudge(client, ref, WorkflowIdReusePolicy.ALLOW_DUPLICATE);
  if (isLate) await deliverLateUsage(client, ref);
}

/** Wakes that workflow if it runs: what it waits for may be done already. */
export async function wakeLateUsage(client: Client, ref: SubscriptionRef): Promise<void> {
  try {
    await client.workflow.getHandle(lateUsageWorkflowId(ref.subscriptionId)).signal(NUDGE_SIGNAL);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

function nudged(ref: SubscriptionRef) {
  return { taskQueue: TASK_QUEUE, args: [{ v: 1, ref }], signal: NUDGE_SIGNAL, signalArgs: [] as [] };
}
