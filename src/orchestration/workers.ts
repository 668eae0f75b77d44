import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import {
  bundleWorkflowCode,
  type NativeConnection,
  Worker,
  type WorkerOptions,
  type WorkflowBundle,
} from '@temporalio/worker';
import { createReconcileActivities } from '../../activities/reconcile-activities.ts';
import { createSubscriptionActivities } from '../../activities/subscription-activities.ts';
import type { TemporalConfig, WorkerVersion } from '../platform/config.ts';
import type { Logger } from '../platform/logger.ts';
import type { Database } from '../storage/database.ts';
import { namespaceOf } from './connection.ts';
import { TASK_QUEUE } from './messages.ts';

const WORKFLOWS_PATH = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));

export interface WorkerSettings {
  /**
   * Sleeping subscriptions gain nothing from the cache, and each costs about 0.15 MB in it. Those that have woken do: one
   * that waits in a crowd for its activity would else be rebuilt from its history when that is done.
   */
  readonly cachedWorkflows: number;
  /**
   * What a killed worker had in its cache is taken over after this at the latest. What waits longer in a crowd for the
   * worker that has it is given to any, at the cost of another task.
   */
  readonly stickyTimeout: '1 second' | '10 seconds';
  /** Those for which no slot is free are written to Temporal's store and read again, which costs it as much as they do. */
  readonly activities: number;
  readonly jitterWindowMs: number;
}

export const PRODUCTION_WORKERS: WorkerSettings = {
  cachedWorkflows: 500,
  stickyTimeout: '10 seconds',
  activities: 32,
  jitterWindowMs: 30_000,
};

/**
 * How a worker uses PostgreSQL. There are fewer connections than activities, since each plans its statements anew, and a
 * database does not work faster for more than it has cores; an activity that finds none free waits for one. A statement
 * ends before the activities' time-out, so that a zombie's dies before its successor starts.
 */
export const WORKER_CONNECTIONS = {
  maxConnections: 16,
  connectionTimeoutMs: 60_000,
  statementTimeoutMs: 120_000,
  plansOnce: true,
} as const;

interface WorkerDeps {
  readonly connection: NativeConnection;
  readonly temporal: Pick<TemporalConfig, 'namespaceTest' | 'namespaceLive'>;
  readonly db: Database;
  readonly logger: Logger;
  readonly clientOf: (livemode: boolean) => Client;
  readonly settings: WorkerSettings;
  /** Base of the links to the API in the Temporal UI; null: they are paths alone. */
  readonly apiUrl: string | null;
  /** Workers of a version get what starts while it is the deployment's current one; null: all tasks of the queue. */
  readonly version: WorkerVersion | null;
  readonly workflowBundle?: { readonly code: string } | { readonly codePath: string };
}

/** The workflow code as one script; made once, used by the workers of both modes. */
export async function bundleWorkflows(): Promise<WorkflowBundle> {
  return bundleWorkflowCode({ workflowsPath: WORKFLOWS_PATH });
}

/** One worker a mode, each in the mode's own namespace. The namespaces must be prepared: see prepareNamespaces. */
export async function createWorkers(deps: WorkerDeps): Promise<Worker[]> {
  const { settings, connection, db, logger, clientOf, apiUrl } = deps;
  const workflowBundle = deps.workflowBundle ?? (await bundleWorkflows());
  const activityDeps = { db, logger, clientOf, jitterWindowMs: settings.jitterWindowMs, apiUrl };
  const activities = { ...createSubscriptionActivities(activityDeps), ...createReconcileActivities(activityDeps) };
  return Promise.all(
    [false, true].map((livemode) =>
      Worker.create({
        connection,
        namespace: namespaceOf(deps.temporal, livemode),
        taskQueue: TASK_QUEUE,
        workflowBundle,
        activities,
        maxCachedWorkflows: settings.cachedWorkflows,
        maxConcurrentActivityTaskExecutions: settings.activities,
        stickyQueueScheduleToStartTimeout: settings.stickyTimeout,
        ...versioning(deps.version),
        shutdownGraceTime: '5 seconds',
        shutdownForceTime: '8 seconds',
      }),
    ),
  );
}

/** A run stays on the version that it began on, and moves on when it continues as new: see workflows/state.ts. */
function versioning(version: WorkerVersion | null): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  if (version === null) return {};
  return { workerDeploymentOptions: { version, useWorkerVersioning: true, defaultVersioningBehavior: 'PINNED' } };
}
