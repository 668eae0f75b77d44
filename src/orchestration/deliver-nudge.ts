import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { WorkflowIdReusePolicy } from '@temporalio/common';
import { NUDGE_SIGNAL, SUBSCRIPTION_WORKFLOW, type SubscriptionRef, TASK_QUEUE } from './messages.ts';

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
      workflowId: ref.subscriptionId,
      taskQueue: TASK_QUEUE,
      workflowIdReusePolicy: reuse,
      args: [{ v: 1, ref }],
      signal: NUDGE_SIGNAL,
      signalArgs: [],
    });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}
