import { Failure } from '../domain/errors/failure.ts';
import type { Database, Tenant } from '../storage/database.ts';
import { selectExpected } from '../storage/expected-workflows.ts';
import { deleteFindings } from '../storage/workflow-findings.ts';
import type { RunAtWork, WorkflowServer } from './workflow-server.ts';

/** Why a workflow is left alone. */
export type Refusal = 'not_running' | 'other_type' | 'other_account' | 'asked_for';

export interface EndedWorkflow {
  readonly workflowId: string;
  /** null: it was ended. */
  readonly refusal: Refusal | null;
}

/**
 * Ends running workflows that no subscription asks for, each after looking again: one that PostgreSQL asks for, another
 * account's, or one that is none of a subscription is left alone. Repeatable. Throws Failure `temporal_unavailable`; what
 * was ended until then stays ended.
 */
export async function endForeignWorkflows(
  db: Database,
  tenant: Tenant,
  { server, workflowIds }: { readonly server: WorkflowServer; readonly workflowIds: readonly string[] },
): Promise<EndedWorkflow[]> {
  const outcomes: EndedWorkflow[] = [];
  for (const workflowId of new Set(workflowIds)) {
    const run = await reached(server.findRun(tenant.livemode, workflowId));
    const refusal = run === null ? 'not_running' : await refusalOf(db, tenant, run);
    if (run !== null && refusal === null) {
      await reached(server.terminate(tenant.livemode, run, 'No subscription asks for it: ended by durabill repair'));
    }
    if (refusal === null || refusal === 'not_running') {
      await deleteFindings(db, { livemode: tenant.livemode, kind: 'foreign' }, [workflowId]);
    }
    outcomes.push({ workflowId, refusal });
  }
  return outcomes;
}

/** Rows are read after the run: a subscription is stored before its workflow starts. */
async function refusalOf(db: Database, tenant: Tenant, run: RunAtWork): Promise<Refusal | null> {
  if (!run.isOfBilling) return 'other_type';
  if (run.accountId !== null && run.accountId !== tenant.accountId) return 'other_account';
  const [row] = await selectExpected(db, tenant.livemode, [run.subscriptionId]);
  if (row === undefined) return null;
  if (row.accountId !== tenant.accountId) return 'other_account';
  return (run.bills === 'life' ? row.isLive : row.isLate) ? 'asked_for' : null;
}

async function reached<Result>(call: Promise<Result>): Promise<Result> {
  try {
    return await call;
  } catch (cause) {
    throw new Failure('temporal_unavailable', 'Temporal cannot be reached.', { cause });
  }
}
