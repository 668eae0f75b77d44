import {
  type Client,
  isGrpcServiceError,
  type WorkflowExecutionStatusName,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { Failure } from '../domain/errors/failure.ts';
import type { CycleRef, WorkflowCycle, WorkflowState } from './cycle.ts';
import { lateUsageWorkflowId, STATUS_QUERY, type WorkflowStatus } from './messages.ts';

/** Together below what a caller waits for an answer. */
const DESCRIBE_MS = 2_000;
const QUERY_MS = 3_000;
const RETRY_SECONDS = 2;

/**
 * Asks Temporal for a subscription's workflow, and where it runs the workflow itself, in at most five seconds. A workflow
 * that does not answer, because no worker runs or its code fails, is told as such. Throws Failure `temporal_unavailable`.
 */
export async function readCycle(client: Client, ref: CycleRef): Promise<WorkflowCycle> {
  const workflowId = ref.isLate ? lateUsageWorkflowId(ref.subscriptionId) : ref.subscriptionId;
  const found = await describe(client, workflowId);
  if (found === null) return { workflowId, runId: null, state: 'missing', status: null, silence: null };
  const cycle = { workflowId, runId: found.runId, state: stateOf(found.status.name) };
  if (cycle.state !== 'running') return { ...cycle, status: null, silence: null };
  return { ...cycle, ...(await ask(client, { workflowId, runId: found.runId })) };
}

async function describe(client: Client, workflowId: string) {
  try {
    return await client.withDeadline(Date.now() + DESCRIBE_MS, () => client.workflow.getHandle(workflowId).describe());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    const retryAfterSeconds = RETRY_SECONDS;
    throw new Failure('temporal_unavailable', 'Temporal cannot be reached.', { cause: error, retryAfterSeconds });
  }
}

async function ask(
  client: Client,
  { workflowId, runId }: { readonly workflowId: string; readonly runId: string },
): Promise<Pick<WorkflowCycle, 'status' | 'silence'>> {
  try {
    const handle = client.workflow.getHandle(workflowId, runId);
    const asked = client.withDeadline(Date.now() + QUERY_MS, () => handle.query<WorkflowStatus>(STATUS_QUERY));
    return { status: await asked, silence: null };
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const reason = isGrpcServiceError(cause) ? cause.details : cause instanceof Error ? cause.message : String(cause);
    return { status: null, silence: `The workflow did not answer: ${reason}` };
  }
}

function stateOf(name: WorkflowExecutionStatusName): WorkflowState {
  switch (name) {
    case 'COMPLETED':
      return 'completed';
    case 'FAILED':
      return 'failed';
    case 'CANCELLED':
      return 'canceled';
    case 'TERMINATED':
      return 'terminated';
    case 'TIMED_OUT':
      return 'timed_out';
    default:
      return 'running';
  }
}
