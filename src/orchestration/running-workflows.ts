import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { type Instant, instantFromMicros } from '../domain/instant.ts';
import { LATE_USAGE_WORKFLOW, SUBSCRIPTION_WORKFLOW } from './messages.ts';

const OURS = `WorkflowType IN ("${SUBSCRIPTION_WORKFLOW}", "${LATE_USAGE_WORKFLOW}") AND ExecutionStatus = "Running"`;

export interface ListedWorkflow {
  readonly workflowId: string;
  readonly runId: string;
  readonly type: string;
}

export interface RunningWorkflow extends ListedWorkflow {
  readonly startedAt: Instant;
}

/** A page of Temporal's list, newest first; the list lags behind by a moment. */
export interface RunningPage {
  readonly workflows: readonly ListedWorkflow[];
  /** Where the next page begins; null: this was the last. */
  readonly next: Uint8Array | null;
}

/** Running workflows of subscriptions, page by page: one call to Temporal's visibility. */
export async function listRunning(
  client: Client,
  page: { readonly after: Uint8Array | null; readonly limit: number },
): Promise<RunningPage> {
  const { executions, nextPageToken } = await client.workflowService.listWorkflowExecutions({
    namespace: client.options.namespace,
    query: OURS,
    pageSize: page.limit,
    ...(page.after === null ? {} : { nextPageToken: page.after }),
  });
  const workflows = (executions ?? []).map(({ execution, type }) => ({
    workflowId: execution?.workflowId ?? '',
    runId: execution?.runId ?? '',
    type: type?.name ?? '',
  }));
  const isLast = nextPageToken === null || nextPageToken === undefined || nextPageToken.length === 0;
  return { workflows, next: isLast ? null : nextPageToken };
}

/** Which of these workflow ids run, as the list says: one call to Temporal's visibility, so at most some hundred. */
export async function runningAmong(client: Client, workflowIds: readonly string[]): Promise<Set<string>> {
  if (workflowIds.length === 0) return new Set();
  // Ids of ours have no quotes; a foreign one that has is looked up by no query.
  const quoted = workflowIds.filter((id) => !/["\\]/.test(id)).map((id) => `"${id}"`);
  const { executions } = await client.workflowService.listWorkflowExecutions({
    namespace: client.options.namespace,
    query: `${OURS} AND WorkflowId IN (${quoted.join(', ')})`,
    pageSize: workflowIds.length,
  });
  return new Set((executions ?? []).map(({ execution }) => execution?.workflowId ?? ''));
}

/** The run of a workflow that is at work now, from its own record and not from the list; null: none is. */
export async function findRunning(client: Client, workflowId: string): Promise<RunningWorkflow | null> {
  try {
    const described = await client.workflow.getHandle(workflowId).describe();
    if (described.status.name !== 'RUNNING') return null;
    const startedAt = instantFromMicros(BigInt(described.startTime.getTime()) * 1_000n);
    return { workflowId, runId: described.runId, type: described.type, startedAt };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

/** The account that the input of a run names; null when it has none that can be read, or the run is gone. */
export async function accountOf(client: Client, run: Pick<ListedWorkflow, 'workflowId' | 'runId'>) {
  try {
    const { history } = await client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId: run.workflowId, runId: run.runId },
      maximumPageSize: 1,
    });
    const input = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
    return accountOfInput(Buffer.from(input ?? []).toString('utf8'));
  } catch (error) {
    if (typeof error === 'object' && error !== null && Reflect.get(error, 'code') === GRPC_NOT_FOUND) return null;
    throw error;
  }
}

const GRPC_NOT_FOUND = 5;

/** Anybody can start a workflow of this type with any input. */
function accountOfInput(text: string): number | null {
  try {
    const accountId: unknown = JSON.parse(text)?.ref?.accountId;
    return typeof accountId === 'number' && Number.isInteger(accountId) && accountId > 0 && accountId < 2 ** 31
      ? accountId
      : null;
  } catch {
    return null;
  }
}
