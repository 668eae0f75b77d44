import type { Instant } from '../domain/instant.ts';
import { type Queryable, timestamptz } from './database.ts';
import { fragment, sql } from './sql.ts';

/** Where the reconciler's looks go on in its next round; null: from the beginning. */
export interface ReconcilerCursors {
  readonly overdueAfter: { readonly dueAt: Instant; readonly subscriptionId: string } | null;
  readonly walkAfter: { readonly accountId: number; readonly subscriptionId: string } | null;
  readonly listAfter: Uint8Array | null;
  /** Since when the looks that are under way go. */
  readonly walkStartedAt: Instant | null;
  readonly listStartedAt: Instant | null;
  /** The last whole look at all subscriptions, and at all running workflows: from when to when. */
  readonly walked: { readonly from: Instant; readonly to: Instant } | null;
  readonly listed: { readonly from: Instant; readonly to: Instant } | null;
}

export interface RoundOutcome extends ReconcilerCursors {
  readonly overdue: number;
  readonly missing: number;
  /** Why workflows could not be compared. */
  readonly problem: string | null;
}

export interface RoundRow extends RoundOutcome {
  readonly startedAt: Instant;
  /** Of the last round that has ended; null: none yet. */
  readonly finishedAt: Instant | null;
}

/** As PostgreSQL has them. */
interface StoredRound {
  readonly startedAt: Instant;
  readonly finishedAt: Instant | null;
  readonly overdue: number;
  readonly missing: number;
  readonly problem: string | null;
  readonly overdueAfterDueAt: Instant | null;
  readonly overdueAfterId: string | null;
  readonly walkAfterAccountId: number | null;
  readonly walkAfterId: string | null;
  readonly walkStartedAt: Instant | null;
  readonly walkedFrom: Instant | null;
  readonly walkedTo: Instant | null;
  readonly listAfter: Uint8Array | null;
  readonly listStartedAt: Instant | null;
  readonly listedFrom: Instant | null;
  readonly listedTo: Instant | null;
}

const COLUMNS = fragment`
  started_at as "startedAt", finished_at as "finishedAt", overdue, missing, problem,
  overdue_after_due_at as "overdueAfterDueAt", overdue_after_id as "overdueAfterId",
  walk_after_account_id as "walkAfterAccountId", walk_after_id as "walkAfterId", walk_started_at as "walkStartedAt",
  walked_from as "walkedFrom", walked_to as "walkedTo", list_after as "listAfter", list_started_at as "listStartedAt",
  listed_from as "listedFrom", listed_to as "listedTo"`;

export async function selectRound(db: Queryable, livemode: boolean): Promise<RoundRow | null> {
  const [row] = await db.query<StoredRound>(sql`
    select ${COLUMNS} from reconciler_rounds where livemode = ${livemode}`);
  return row === undefined ? null : fromStored(row);
}

/** Notes that a round has begun, and returns where it goes on. */
export async function beginRound(db: Queryable, livemode: boolean): Promise<RoundRow> {
  const [row] = await db.query<StoredRound>(sql`
    insert into reconciler_rounds (livemode, started_at) values (${livemode}, now())
    on conflict (livemode) do update set started_at = excluded.started_at
    returning ${COLUMNS}`);
  if (row === undefined) throw new Error('an upsert returned no row');
  return fromStored(row);
}

export async function finishRound(db: Queryable, livemode: boolean, outcome: RoundOutcome): Promise<void> {
  const { overdueAfter, walkAfter, walked, listed } = outcome;
  await db.query(sql`
    update reconciler_rounds set finished_at = now(), overdue = ${outcome.overdue}, missing = ${outcome.missing},
      problem = ${outcome.problem}, overdue_after_due_at = ${timestamptz(overdueAfter?.dueAt ?? null)},
      overdue_after_id = ${overdueAfter?.subscriptionId ?? null}, walk_after_account_id = ${walkAfter?.accountId ?? null},
      walk_after_id = ${walkAfter?.subscriptionId ?? null}, walk_started_at = ${timestamptz(outcome.walkStartedAt)},
      walked_from = ${timestamptz(walked?.from ?? null)}, walked_to = ${timestamptz(walked?.to ?? null)},
      list_after = ${outcome.listAfter}, list_started_at = ${timestamptz(outcome.listStartedAt)},
      listed_from = ${timestamptz(listed?.from ?? null)}, listed_to = ${timestamptz(listed?.to ?? null)}
    where livemode = ${livemode}`);
}

function fromStored(row: StoredRound): RoundRow {
  const { startedAt, finishedAt, overdue, missing, problem, listAfter, walkStartedAt, listStartedAt } = row;
  return {
    ...{ startedAt, finishedAt, overdue, missing, problem, listAfter, walkStartedAt, listStartedAt },
    overdueAfter:
      row.overdueAfterDueAt === null || row.overdueAfterId === null
        ? null
        : { dueAt: row.overdueAfterDueAt, subscriptionId: row.overdueAfterId },
    walkAfter:
      row.walkAfterAccountId === null || row.walkAfterId === null
        ? null
        : { accountId: row.walkAfterAccountId, subscriptionId: row.walkAfterId },
    walked: spanOf(row.walkedFrom, row.walkedTo),
    listed: spanOf(row.listedFrom, row.listedTo),
  };
}

function spanOf(from: Instant | null, to: Instant | null): { readonly from: Instant; readonly to: Instant } | null {
  return from === null || to === null ? null : { from, to };
}
