import { WorkflowNotFoundError } from '@temporalio/client';
import { selectExpected } from '../../storage/expected-workflows.ts';
import type { ReconcilerCursors } from '../../storage/reconciler-rounds.ts';
import {
  countFindings,
  deleteFindings,
  insertFindings,
  type NewFinding,
  selectFindings,
} from '../../storage/workflow-findings.ts';
import { NUDGE_SIGNAL, subscriptionIdOf } from '../messages.ts';
import {
  accountOf,
  findRunning,
  type ListedWorkflow,
  listRunning,
  type RunningWorkflow,
  runningAmong,
} from '../running-workflows.ts';
import { expectedIds } from './expected-ids.ts';
import type { RoundContext } from './round-context.ts';

/** With another installation in the namespace all of its workflows are foreign; this many tell as much. */
const MOST_FINDINGS = 1_000;

/**
 * Looks at the next some thousand running workflows for such that no subscription asks for. None is ended: a workflow
 * whose subscription is over is nudged, and then ends by itself; the others are listed for a person. Returns where the next
 * round goes on; null: all have been looked at.
 */
export async function findForeign(
  context: RoundContext,
  from: ReconcilerCursors['listAfter'],
): Promise<ReconcilerCursors['listAfter']> {
  const { db, client, livemode, pace, bounds } = context;
  const findings = await selectFindings(db, { livemode, kind: 'foreign', limit: MOST_FINDINGS });
  const noted = new Set(findings.map(({ workflowId }) => workflowId));
  let after = from;
  for (let count = 0; count < bounds.pages; count += 1) {
    const page = await pace.list(() => listRunning(client, { after, limit: bounds.page }));
    await noteForeign(
      context,
      page.workflows.filter(({ workflowId }) => !noted.has(workflowId)),
    );
    after = page.next;
    if (after === null) return null;
  }
  return after;
}

async function noteForeign(context: RoundContext, listed: readonly ListedWorkflow[]): Promise<void> {
  const { db, client, livemode, pace } = context;
  const unasked = await unaskedOf(context, listed);
  if (unasked.length === 0) return;
  const room = MOST_FINDINGS - (await countFindings(db, livemode, 'foreign'));
  // The list lags behind: what it calls running may have ended.
  const found = await pace.each(unasked.slice(0, Math.max(0, room)), async ({ run, isOver }) => {
    const running = await findRunning(client, run.workflowId);
    if (running === null) return null;
    return findingOf(running, isOver, await accountOf(client, running));
  });
  const findings = found.filter((each) => each !== null);
  await insertFindings(db, livemode, findings);
  await nudge(context, findings);
}

/** Takes back what has ended, or is asked for by now. */
export async function recheckForeign(context: RoundContext): Promise<void> {
  const { db, client, livemode, pace, bounds } = context;
  const findings = await selectFindings(db, { livemode, kind: 'foreign', limit: MOST_FINDINGS });
  for (let start = 0; start < findings.length; start += bounds.page) {
    const part = findings.slice(start, start + bounds.page);
    const ids = part.map(({ workflowId }) => workflowId);
    const running = await pace.list(() => runningAmong(client, ids));
    const expected = new Set((await selectExpected(db, livemode, ids.map(subscriptionIdOf))).flatMap(expectedIds));
    const isGone = ({ workflowId }: NewFinding) => !running.has(workflowId) || expected.has(workflowId);
    await deleteFindings(
      db,
      { livemode, kind: 'foreign' },
      part.filter(isGone).map(({ workflowId }) => workflowId),
    );
    await nudge(
      context,
      part.filter((each) => !isGone(each)),
    );
  }
}

/** Rows are read after the list: a subscription is stored before its workflow starts. */
async function unaskedOf({ db, livemode }: RoundContext, listed: readonly ListedWorkflow[]) {
  const rows = await selectExpected(
    db,
    livemode,
    listed.map(({ workflowId }) => subscriptionIdOf(workflowId)),
  );
  const expected = new Set(rows.flatMap(expectedIds));
  const known = new Set(rows.map(({ subscriptionId }) => subscriptionId));
  return listed
    .filter(({ workflowId }) => !expected.has(workflowId))
    .map((run) => ({ run, isOver: known.has(subscriptionIdOf(run.workflowId)) }));
}

function findingOf(run: RunningWorkflow, isOver: boolean, accountId: number | null): NewFinding {
  return {
    kind: 'foreign',
    workflowId: run.workflowId,
    accountId,
    subscriptionId: isOver ? subscriptionIdOf(run.workflowId) : null,
    reason: isOver ? 'over' : 'no_subscription',
    workflowType: run.type,
    startedAt: run.startedAt,
  };
}

/** A workflow whose subscription is over looks again and completes. */
async function nudge({ client, pace }: RoundContext, findings: readonly NewFinding[]): Promise<void> {
  await pace.each(
    findings.filter(({ reason }) => reason === 'over'),
    async ({ workflowId }) => {
      try {
        await client.workflow.getHandle(workflowId).signal(NUDGE_SIGNAL);
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },
  );
}
