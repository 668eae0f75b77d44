import { type Client, type Connection, WorkflowNotFoundError } from '@temporalio/client';
import type { Pollers, RunAtWork, WorkflowServer } from '../operations/workflow-server.ts';
import type { TemporalConfig } from '../platform/config.ts';
import { clientOf } from './connection.ts';
import { LATE_USAGE_WORKFLOW, SUBSCRIPTION_WORKFLOW, subscriptionIdOf, TASK_QUEUE } from './messages.ts';
import { accountOf, findRunning, type ListedWorkflow } from './running-workflows.ts';

/** A person waits for the answer. */
const DEADLINE_MS = 4_000;
/** `TaskQueueType` of the server's API. */
const QUEUE_TYPES = { workflow: 1, activity: 2 } as const;

/** Temporal as operations see it; dials when it is first asked. */
export function temporalServer(connection: Connection, temporal: TemporalConfig): WorkflowServer {
  const ask = <Result>(livemode: boolean, work: (client: Client) => Promise<Result>) => {
    const client = clientOf(connection, temporal, livemode);
    return client.withDeadline(Date.now() + DEADLINE_MS, () => work(client));
  };
  return {
    countPollers: (livemode) => ask(livemode, countPollers),
    findRun: (livemode, workflowId) =>
      ask(livemode, async (client) => {
        const run = await findRunning(client, workflowId);
        return run === null ? null : atWork(run, await accountOf(client, run));
      }),
    terminate: (livemode, { workflowId, runId }, reason) =>
      ask(livemode, async (client) => {
        try {
          await client.workflow.getHandle(workflowId, runId).terminate(reason);
        } catch (error) {
          // It has ended by itself.
          if (!(error instanceof WorkflowNotFoundError)) throw error;
        }
      }),
  };
}

function atWork({ workflowId, runId, type }: ListedWorkflow, accountId: number | null): RunAtWork {
  const subscriptionId = subscriptionIdOf(workflowId);
  return {
    workflowId,
    runId,
    isOfBilling: type === SUBSCRIPTION_WORKFLOW || type === LATE_USAGE_WORKFLOW,
    subscriptionId,
    bills: subscriptionId === workflowId ? 'life' : 'late_usage',
    accountId,
  };
}

async function countPollers(client: Client): Promise<Pollers> {
  const count = async (taskQueueType: number) => {
    const { pollers } = await client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: TASK_QUEUE },
      taskQueueType,
    });
    return new Set((pollers ?? []).map(({ identity }) => identity)).size;
  };
  const [workflow, activity] = await Promise.all([count(QUEUE_TYPES.workflow), count(QUEUE_TYPES.activity)]);
  return { workflow, activity };
}
