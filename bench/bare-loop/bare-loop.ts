import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { inParallel } from '../../src/demo/in-parallel.ts';
import { PRODUCTION_WORKERS } from '../../src/orchestration/workers.ts';
import { newId } from '../../src/platform/new-id.ts';
import { installRuntime } from '../support/product.ts';
import type { BareActivities } from './activities.ts';

const TASK_QUEUE = 'bare-loop';
const WORKFLOW = fileURLToPath(new URL('./workflow.ts', import.meta.url));

interface Ticks {
  readonly count: number;
  /** When it last was, by this machine's clock. */
  readonly lastMs: number;
}

/** Workflows that only sleep, tick and sleep again, with a worker that has the settings of the product's. */
export class BareLoop {
  readonly ticks: Ticks;
  readonly #client: Client;
  readonly #stop: () => Promise<void>;

  private constructor(client: Client, { ticks, stop }: { readonly ticks: Ticks; readonly stop: () => Promise<void> }) {
    this.#client = client;
    this.ticks = ticks;
    this.#stop = stop;
  }

  static async start(client: Client, address: string): Promise<BareLoop> {
    installRuntime();
    const ticks = { count: 0, lastMs: 0 };
    const activities: BareActivities = {
      tick: async () => {
        ticks.count += 1;
        ticks.lastMs = Date.now();
      },
    };
    const connection = await NativeConnection.connect({ address });
    const worker = await Worker.create({
      connection,
      namespace: client.options.namespace,
      taskQueue: TASK_QUEUE,
      workflowsPath: WORKFLOW,
      activities: { ...activities },
      maxCachedWorkflows: PRODUCTION_WORKERS.cachedWorkflows,
      maxConcurrentActivityTaskExecutions: PRODUCTION_WORKERS.activities,
      stickyQueueScheduleToStartTimeout: PRODUCTION_WORKERS.stickyTimeout,
    });
    const running = worker.run();
    const stop = async () => {
      worker.shutdown();
      await running;
      await connection.close();
    };
    return new BareLoop(client, { ticks, stop });
  }

  /** Starts `count` workflows that wake at that time. */
  async sleepUntil(wakeAtMs: number, count: number): Promise<void> {
    const ids = Array.from({ length: count }, () => `bare-${newId('request')}`);
    await inParallel(ids, (workflowId) =>
      this.#client.workflow.start('bareLoop', { taskQueue: TASK_QUEUE, workflowId, args: [wakeAtMs] }),
    );
  }

  async stop(): Promise<void> {
    await this.#stop();
  }
}
