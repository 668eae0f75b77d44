import { Context } from '@temporalio/activity';
import type { ReconcileActivities } from '../src/orchestration/messages.ts';
import { reconcileRound } from '../src/orchestration/reconciler/reconcile-round.ts';
import type { ActivityDeps } from './deps.ts';
import { throughDoor } from './door.ts';
import { inNameOfRun } from './in-name-of-run.ts';

/** The door of the schedule `reconcile`. */
export function createReconcileActivities(deps: ActivityDeps): ReconcileActivities {
  const { clientOf, jitterWindowMs } = deps;
  return {
    reconcile: ({ livemode }) =>
      throughDoor(() => {
        const context = Context.current();
        const onProgress = () => context.heartbeat();
        const { db } = inNameOfRun(deps);
        return reconcileRound({ db, client: clientOf(livemode), livemode, jitterWindowMs, onProgress });
      }),
  };
}
