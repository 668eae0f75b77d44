import { type ExpectedWorkflows, selectExpected, selectExpectedPage } from '../../storage/expected-workflows.ts';
import { insertRevivals, selectNudged } from '../../storage/outbox.ts';
import type { ReconcilerCursors } from '../../storage/reconciler-rounds.ts';
import { deleteFindings, insertFindings, selectFindings } from '../../storage/workflow-findings.ts';
import { LATE_USAGE_WORKFLOW, SUBSCRIPTION_WORKFLOW, subscriptionIdOf } from '../messages.ts';
import { findRunning, runningAmong } from '../running-workflows.ts';
import { expectedIds } from './expected-ids.ts';
import type { RoundContext } from './round-context.ts';

interface Missing extends ExpectedWorkflows {
  readonly workflowId: string;
}

/**
 * Looks for the workflows of the next some thousand subscriptions, and leaves rows by which the relay starts those that
 * are missing. Returns where the next round goes on; null: all have been looked at.
 */
export async function findMissing(
  context: RoundContext,
  from: ReconcilerCursors['walkAfter'],
): Promise<{ readonly missing: number; readonly walkAfter: ReconcilerCursors['walkAfter'] }> {
  const { page: limit, pages } = context.bounds;
  let missing = 0;
  let after = from;
  for (let count = 0; count < pages; count += 1) {
    const page = await selectExpectedPage(context.db, { livemode: context.livemode, after, limit });
    const found = await missingOf(context, page);
    await insertRevivals(context.db, context.livemode, found);
    await insertFindings(context.db, context.livemode, found.map(findingOf));
    missing += found.length;
    const last = page.at(-1);
    if (page.length < limit || last === undefined) return { missing, walkAfter: null };
    after = last;
  }
  return { missing, walkAfter: after };
}

/** Takes back what runs by now, or is not needed any more; asks again for the rest. */
export async function recheckMissing(context: RoundContext): Promise<void> {
  const { db, client, livemode, pace } = context;
  const findings = await selectFindings(db, { livemode, kind: 'missing', limit: context.bounds.page });
  if (findings.length === 0) return;
  const ids = findings.map(({ workflowId }) => workflowId);
  const rows = await selectExpected(db, livemode, ids.map(subscriptionIdOf));
  const expected = new Set(rows.flatMap(expectedIds));
  const running = await pace.list(() => runningAmong(client, ids));
  const isMended = (id: string) => running.has(id) || !expected.has(id);
  await deleteFindings(db, { livemode, kind: 'missing' }, ids.filter(isMended));
  const left = new Set(ids.filter((id) => !isMended(id)).map(subscriptionIdOf));
  await insertRevivals(
    db,
    livemode,
    rows.filter(({ subscriptionId }) => left.has(subscriptionId)),
  );
}

/** The list lags behind, and a start may be on its way: neither counts as missing. */
async function missingOf(context: RoundContext, page: readonly ExpectedWorkflows[]): Promise<Missing[]> {
  const { db, client, livemode, pace } = context;
  const expected = page.flatMap((each) => expectedIds(each).map((workflowId) => ({ ...each, workflowId })));
  if (expected.length === 0) return [];
  const running = await pace.list(() =>
    runningAmong(
      client,
      expected.map(({ workflowId }) => workflowId),
    ),
  );
  const unlisted = expected.filter(({ workflowId }) => !running.has(workflowId));
  if (unlisted.length === 0) return [];
  const found = await pace.each(unlisted, ({ workflowId }) => findRunning(client, workflowId));
  const absent = unlisted.filter((_, index) => found[index] === null);
  const ids = absent.map(({ subscriptionId }) => subscriptionId);
  const nudged = new Set((await selectNudged(db, livemode, ids)).map(({ subscriptionId }) => subscriptionId));
  return absent.filter(({ subscriptionId }) => !nudged.has(subscriptionId));
}

function findingOf({ workflowId, accountId, subscriptionId }: Missing) {
  return {
    kind: 'missing' as const,
    workflowId,
    accountId,
    subscriptionId,
    reason: null,
    workflowType: workflowId === subscriptionId ? SUBSCRIPTION_WORKFLOW : LATE_USAGE_WORKFLOW,
    startedAt: null,
  };
}
