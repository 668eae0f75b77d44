import type { WorkflowServer } from '../operations/workflow-server.ts';
import type { EventIntake } from '../operations/event-intake.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { Logger } from '../platform/logger.ts';
import type { CycleRef, WorkflowCycle } from '../orchestration/cycle.ts';
import type { Database } from '../storage/database.ts';
import type { KeyRing } from './key-ring.ts';

/** Requests per second and key; the bucket holds one second's worth. null: no limit. */
export interface ApiRateLimits {
  readonly ingestionPerSecond: number | null;
  readonly otherPerSecond: number | null;
}

export interface ApiSettings {
  /** Base of the links to Temporal's web UI; null when it is unknown. */
  readonly temporalUiUrl: string | null;
  readonly temporalNamespaces: { readonly test: string; readonly live: string };
  /** Express's `trust proxy`. */
  readonly trustProxy: number | readonly string[] | false;
  readonly rateLimits: ApiRateLimits;
}

/** What `createApp` is given by an entry point or a test. */
export interface AppDeps {
  readonly db: Database;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly settings: ApiSettings;
  /** Rejects when Temporal cannot be reached. */
  readonly probeTemporal: () => Promise<void>;
  readonly workflows: WorkflowServer;
  /** Asks the workflow of a subscription of that mode. Throws Failure `temporal_unavailable`. */
  readonly readCycle: (livemode: boolean, ref: CycleRef) => Promise<WorkflowCycle>;
  /** Parse every answer with its documented schema, and fail where they differ: for tests. */
  readonly checkAnswers?: boolean;
}

/** What the handlers of endpoints are given. */
export interface ApiDeps extends AppDeps {
  readonly keys: KeyRing;
  /** Gathers single events into shared commits, across requests. */
  readonly events: EventIntake;
  /** Signs cursors; the same in every API process of the installation. */
  readonly cursorSecret: () => Promise<string>;
}
