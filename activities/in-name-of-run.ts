import { Context } from '@temporalio/activity';
import type { Actor } from '../src/domain/subscription/history.ts';
import { LATE_USAGE_WORKFLOW, RECONCILE_WORKFLOW } from '../src/orchestration/messages.ts';
import type { ActivityDeps } from './deps.ts';

/**
 * What an activity works with: the history of a subscription says that the run of this workflow did it, or with
 * `because` that it did so because of a signal.
 */
export function inNameOfRun(deps: ActivityDeps, because: 'alarm' | 'signal' = 'alarm'): ActivityDeps {
  const { workflowType, workflowExecution } = Context.current().info;
  if (workflowExecution === undefined) return deps;
  const { workflowId: id, runId } = workflowExecution;
  const type = because === 'signal' ? 'signal' : actorType(workflowType);
  return { ...deps, db: deps.db.onBehalfOf({ type, id, runId }) };
}

function actorType(workflowType: string | undefined): Exclude<Actor['type'], 'api_key' | 'system'> {
  switch (workflowType) {
    case RECONCILE_WORKFLOW:
      return 'reconciler';
    case LATE_USAGE_WORKFLOW:
      return 'late_usage_workflow';
    default:
      return 'subscription_workflow';
  }
}
