import type { Client } from '@temporalio/client';
import { ensureEventPartitions } from '../../operations/ensure-event-partitions.ts';
import { sweep } from '../../operations/sweep.ts';
import { selectDatabaseTime } from '../../storage/billing-customers.ts';
import type { Database } from '../../storage/database.ts';
import { countNudges } from '../../storage/outbox.ts';
import { beginRound, finishRound, type ReconcilerCursors, type RoundRow } from '../../storage/reconciler-rounds.ts';
import { countFindings, deleteSettledOverdue } from '../../storage/workflow-findings.ts';
import type { ReconcileResult } from '../messages.ts';
import { findForeign, recheckForeign } from './find-foreign.ts';
import { findMissing, recheckMissing } from './find-missing.ts';
import { Pace } from './pace.ts';
import { reviveOverdue } from './revive-overdue.ts';
import { ROUND_BOUNDS, type RoundBounds, type RoundContext } from './round-context.ts';

interface RoundDeps {
  readonly db: Database;
  readonly client: Client;
  readonly livemode: boolean;
  readonly jitterWindowMs: number;
  readonly onProgress: () => void;
  readonly bounds?: RoundBounds;
}

type Compared = Omit<ReconcilerCursors, 'overdueAfter'> & { readonly missing: number; readonly problem: string | null };

/**
 * One round of the net under lost signals, lost starts and a wiped Temporal: it starts or nudges what is overdue, sweeps
 * (src/operations/sweep.ts), and compares a part of the subscriptions with a part of the running workflows, going on
 * where the round before stopped. It never bills and ends nothing. Repeatable; a round that dies is begun anew.
 */
export async function reconcileRound({
  onProgress,
  bounds = ROUND_BOUNDS,
  ...deps
}: RoundDeps): Promise<ReconcileResult> {
  const { db, livemode } = deps;
  const context: RoundContext = { ...deps, bounds, pace: new Pace(onProgress) };
  await ensureEventPartitions(db);
  const before = await beginRound(db, livemode);
  await deleteSettledOverdue(db, livemode);
  const { overdue, overdueAfter } = await reviveOverdue(context, before.overdueAfter);
  await sweep(db, livemode, onProgress);
  const compared = await compare(context, before);
  await finishRound(db, livemode, { ...compared, overdue, overdueAfter });
  return {
    overdue,
    started: overdue,
    missing: compared.missing,
    foreign: await countFindings(db, livemode, 'foreign'),
    waitingNudges: await countNudges(db),
    problem: compared.problem,
  };
}

/** What is overdue was started without it, so that a list that does not answer stops no billing: it is told as a problem. */
async function compare(context: RoundContext, before: RoundRow): Promise<Compared> {
  try {
    await recheckMissing(context);
    await recheckForeign(context);
    const walkStartedAt = before.walkAfter === null ? before.startedAt : before.walkStartedAt;
    const listStartedAt = before.listAfter === null ? before.startedAt : before.listStartedAt;
    const { missing, walkAfter } = await findMissing(context, before.walkAfter);
    const listAfter = await findForeign(context, before.listAfter);
    const now = await selectDatabaseTime(context.db);
    const whole = (from: typeof walkStartedAt) => (from === null ? null : { from, to: now });
    return {
      missing,
      walkAfter,
      listAfter,
      walkStartedAt,
      listStartedAt,
      walked: walkAfter === null ? whole(walkStartedAt) : before.walked,
      listed: listAfter === null ? whole(listStartedAt) : before.listed,
      problem: null,
    };
  } catch (error) {
    const { walkAfter, walkStartedAt, walked, listStartedAt, listed } = before;
    const problem = error instanceof Error ? error.message : String(error);
    // A place in the list that the server does not know any more would fail again.
    return { walkAfter, walkStartedAt, walked, listStartedAt, listed, listAfter: null, missing: 0, problem };
  }
}
