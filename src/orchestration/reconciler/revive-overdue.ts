import { selectOverduePage } from '../../storage/expected-workflows.ts';
import type { ReconcilerCursors } from '../../storage/reconciler-rounds.ts';
import { insertFindings } from '../../storage/workflow-findings.ts';
import { reviveWorkflows } from '../deliver-nudge.ts';
import type { RoundContext } from './round-context.ts';

/** Alarms ring within seconds and their jitter; what is later than this was lost. */
const GRACE_SECONDS = 120;

/**
 * Starts or nudges what is overdue by the clock that governs it. The page behind goes on in the next round, so that some
 * that cannot be carried out do not hide the others for ever.
 */
export async function reviveOverdue(
  context: RoundContext,
  after: ReconcilerCursors['overdueAfter'],
): Promise<{ readonly overdue: number; readonly overdueAfter: ReconcilerCursors['overdueAfter'] }> {
  const { db, client, livemode, pace, bounds } = context;
  const graceSeconds = GRACE_SECONDS + Math.ceil(context.jitterWindowMs / 1_000);
  const page = await selectOverduePage(db, { livemode, graceSeconds, after, limit: bounds.page });
  await insertFindings(
    db,
    livemode,
    page.map(({ accountId, subscriptionId }) => ({
      kind: 'overdue',
      workflowId: subscriptionId,
      accountId,
      subscriptionId,
      reason: null,
      workflowType: null,
      startedAt: null,
    })),
  );
  await pace.each(page, ({ accountId, subscriptionId, ...expected }) =>
    reviveWorkflows(client, { accountId, livemode, subscriptionId }, expected),
  );
  const last = page.at(-1);
  return { overdue: page.length, overdueAfter: page.length < bounds.page || last === undefined ? null : last };
}
