import type { Actor, HistoryCause, HistoryKind } from '../domain/subscription/history.ts';
import { formatInstant, type Instant } from '../domain/instant.ts';
import { newId } from '../platform/new-id.ts';
import type { Queryable, Tenant, Transaction } from './database.ts';
import { sql } from './sql.ts';

/** Something that happens to a subscription. */
export interface HistoryFacts {
  readonly kind: HistoryKind;
  /** In business time: the instant that it counts from. */
  readonly at: Instant;
  readonly periodNumber?: number | null;
  readonly invoice?: { readonly id: string; readonly number: string | null };
  /** What it is on from here on, or is to move to. */
  readonly plan?: { readonly planId: string; readonly planVersion: number };
  /** Of what is planned: when it takes effect. */
  readonly effectiveAt?: Instant | null;
  /** Why, in words. */
  readonly message?: string | null;
}

/** With the subscription that it happens to, and why. */
export interface HistoryNote extends HistoryFacts {
  readonly tenant: Tenant;
  readonly subscriptionId: string;
  readonly cause: HistoryCause;
}

export interface HistoryRow {
  readonly id: string;
  readonly seq: number;
  readonly subscriptionId: string;
  readonly kind: HistoryKind;
  readonly cause: HistoryCause;
  readonly at: Instant;
  readonly recordedAt: Instant;
  readonly actorType: Actor['type'];
  readonly actorId: string | null;
  readonly actorRole: string | null;
  readonly runId: string | null;
  readonly periodNumber: number | null;
  readonly invoiceId: string | null;
  readonly invoiceNumber: string | null;
  readonly planId: string | null;
  readonly planVersion: number | null;
  readonly effectiveAt: Instant | null;
  readonly message: string | null;
}

/**
 * Tells that something happens to a subscription in this transaction: whoever carries a change out says so, once. All that
 * is told is written by one statement before the commit, so it is there exactly when the change is. The caller holds the
 * customer's row lock.
 */
export function noteHistory(
  tx: Transaction,
  key: { readonly tenant: Tenant; readonly id: string },
  facts: HistoryFacts,
): void {
  tx.history.push({ ...facts, tenant: key.tenant, subscriptionId: key.id, cause: tx.cause });
}

/** The same transaction, in which what happens from here on has another cause. */
export function causedBy(tx: Transaction, cause: HistoryCause): Transaction {
  return { ...tx, cause };
}

/** Appends what happened in a transaction, numbered on from the last row of each subscription; by the primary key. */
export async function insertHistory(db: Queryable, actor: Actor, notes: readonly HistoryNote[]): Promise<void> {
  if (notes.length === 0) return;
  await db.query(sql`
    insert into subscription_history (account_id, livemode, subscription_id, seq, id, kind, cause, at, actor_type,
      actor_id, actor_role, run_id, period_number, invoice_id, invoice_number, plan_id, plan_version, effective_at, message)
    select n.account_id, n.livemode, n.subscription_id,
      coalesce((
        select h.seq from subscription_history h
        where h.account_id = n.account_id and h.livemode = n.livemode and h.subscription_id = n.subscription_id
        order by h.seq desc limit 1
      ), 0) + row_number() over (partition by n.account_id, n.livemode, n.subscription_id order by n.ordinal),
      n.id, n.kind, n.cause, n.at, ${actor.type}, ${'id' in actor ? actor.id : null}, ${'role' in actor ? actor.role : null},
      ${'runId' in actor ? actor.runId : null}, n.period_number, n.invoice_id, n.invoice_number, n.plan_id, n.plan_version,
      n.effective_at, n.message
    from jsonb_to_recordset(${JSON.stringify(notes.map(recordOf))}::jsonb) as n (ordinal int, account_id int,
      livemode boolean, subscription_id text, id text, kind text, cause text, at timestamptz, period_number int,
      invoice_id text, invoice_number text, plan_id text, plan_version int, effective_at timestamptz, message text)
    order by n.ordinal`);
}

function recordOf(note: HistoryNote, ordinal: number) {
  return {
    ordinal,
    account_id: note.tenant.accountId,
    livemode: note.tenant.livemode,
    subscription_id: note.subscriptionId,
    id: newId('historyEntry'),
    kind: note.kind,
    cause: note.cause,
    at: formatInstant(note.at),
    period_number: note.periodNumber,
    invoice_id: note.invoice?.id,
    invoice_number: note.invoice?.number,
    plan_id: note.plan?.planId,
    plan_version: note.plan?.planVersion,
    effective_at: formatInstant(note.effectiveAt ?? null),
    message: note.message,
  };
}

/** A subscription's, newest first, below `before` where it is given. By the primary key. */
export async function selectHistoryPage(
  db: Queryable,
  tenant: Tenant,
  page: { readonly subscriptionId: string; readonly before: number | null; readonly limit: number },
): Promise<HistoryRow[]> {
  return db.query<HistoryRow>(sql`
    select h.id, h.seq, h.subscription_id as "subscriptionId", h.kind, h.cause, h.at, h.recorded_at as "recordedAt",
      h.actor_type as "actorType", h.actor_id as "actorId", h.actor_role as "actorRole", h.run_id as "runId",
      h.period_number as "periodNumber", h.invoice_id as "invoiceId", h.invoice_number as "invoiceNumber",
      h.plan_id as "planId", h.plan_version as "planVersion", h.effective_at as "effectiveAt", h.message
    from subscription_history h
    where h.account_id = ${tenant.accountId} and h.livemode = ${tenant.livemode}
      and h.subscription_id = ${page.subscriptionId} and h.seq < ${page.before ?? LAST_SEQ}
    order by h.seq desc
    limit ${page.limit}`);
}

/** The first page starts here, so every page is one range of the same index. */
const LAST_SEQ = 2 ** 31 - 1;
