import { Connection } from '@temporalio/client';
import { connectionOptions, namespaceOf, type ReachableTemporal } from './connection.ts';
import { TASK_QUEUE } from './messages.ts';

/** `TaskQueueType` of the server's API. */
const QUEUE_TYPES = { workflow: 1, activity: 2 } as const;
const DEADLINE_MS = 5_000;

/**
 * What a worker on this machine should poll and does not: `<namespace>: <kind of task>` each; empty when all is well.
 * Workers name themselves `<process id>@<host name>`; the server forgets one five minutes after its last poll. Throws
 * when the server cannot be reached.
 */
export async function unpolledQueues(temporal: ReachableTemporal, hostName: string): Promise<string[]> {
  const connection = await Connection.connect({ ...(await connectionOptions(temporal)), connectTimeout: DEADLINE_MS });
  try {
    const queues = [false, true].flatMap((livemode) =>
      Object.entries(QUEUE_TYPES).map(([kind, taskQueueType]) => ({
        namespace: namespaceOf(temporal, livemode),
        kind,
        taskQueueType,
      })),
    );
    const polled = await connection.withDeadline(Date.now() + DEADLINE_MS, () =>
      Promise.all(
        queues.map(async ({ namespace, taskQueueType }) => {
          const taskQueue = { name: TASK_QUEUE };
          const { pollers } = await connection.workflowService.describeTaskQueue({
            namespace,
            taskQueue,
            taskQueueType,
          });
          return pollers?.some(({ identity }) => identity?.endsWith(`@${hostName}`) === true) === true;
        }),
      ),
    );
    return queues.filter((_, index) => polled[index] !== true).map(({ namespace, kind }) => `${namespace}: ${kind}`);
  } finally {
    await connection.close();
  }
}
