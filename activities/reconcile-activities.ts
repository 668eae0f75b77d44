import { Context } from '@temporalio/activity';
import { WorkflowIdReusePolicy } from '@temporalio/common';
import { deliverLateUsage, deliverNudge } from '../src/orchestration/deliver-nudge.ts';
import type { ReconcileActivities, ReconcileResult } from '../src/orchestration/messages.ts';
import { ensureEventPartitions } from '../src/operations/ensure-event-partitions.ts';
import { sweep } from '../src/operations/sweep.ts';
import { countNudges, selectOverdueSubscriptions } from '../src/storage/outbox.ts';
import type { ActivityDeps } from './deps.ts';
import { throughDoor } from './door.ts';
import { inNameOfRun } from './in-name-of-run.ts';

const BATCH = 500;
/** Alarms ring within seconds and their jitter; what is later than this was lost. */
const GRACE_SECONDS = 120;

/**
 * Finds subscriptions whose next step is overdue by the clock that governs them and starts or nudges their workflows:
 * the net under lost signals, lost starts and a wiped Temporal. It never bills; the sweep ends grants and advances that
 * no workflow will.
 */
export function createReconcileActivities(deps: ActivityDeps): ReconcileActivities {
  return { reconcile: ({ livemode }) => throughDoor(() => reconcile(deps, livemode)) };
}

async function reconcile(deps: ActivityDeps, livemode: boolean): Promise<ReconcileResult> {
  await ensureEventPartitions(deps.db);
  const graceSeconds = GRACE_SECONDS + Math.ceil(deps.jitterWindowMs / 1_000);
  const overdue = await selectOverdueSubscriptions(deps.db, { livemode, graceSeconds, limit: BATCH });
  const client = deps.clientOf(livemode);
  let started = 0;
  for (const { accountId, subscriptionId, isLate } of overdue) {
    // PostgreSQL says that it is live, so it may run anew after somebody terminated it.
    const ref = { accountId, livemode, subscriptionId };
    if (isLate) await deliverLateUsage(client, ref);
    else await deliverNudge(client, ref, WorkflowIdReusePolicy.ALLOW_DUPLICATE);
    started += 1;
    Context.current().heartbeat(started);
  }
  await sweep(inNameOfRun(deps).db, livemode, () => Context.current().heartbeat(started));
  return { overdue: overdue.length, started, waitingNudges: await countNudges(deps.db) };
}
