import { type Decimal, decimal, ZERO } from '../domain/decimal.ts';
import type { Instant } from '../domain/instant.ts';
import type { Aggregation } from '../domain/plan.ts';
import type { UsagePiece } from '../domain/rating/model.ts';
import { type Queryable, type Tenant, timestamptz } from './database.ts';
import { sql } from './sql.ts';

/** Whose usage: the customer by its external_id, as events name it; events up to `cutoffSeq`, null: all. */
export interface UsageScope {
  readonly tenant: Tenant;
  readonly customerRef: string;
  readonly cutoffSeq: bigint | null;
}

/** The usage of one charge, in pieces. */
export interface UsageQuery {
  readonly chargeId: string;
  readonly eventName: string;
  /** null: events are only counted (a flat with `charge_when: used`). */
  readonly aggregation: Aggregation | null;
  /** Property name → accepted canonical texts; all must pass. */
  readonly filters: Readonly<Record<string, readonly string[]>>;
  /** At least two instants, ascending: the start, where to cut, the end. Pieces are half-open. */
  readonly cuts: readonly Instant[];
}

interface PieceRow {
  readonly ordinal: number;
  readonly piece: number;
  readonly eventCount: bigint;
  readonly quantity: string;
  readonly missingCount: bigint;
  readonly unusableCount: bigint;
}

/**
 * The one way in which usage is read (billing rules 3): for each query, in its order, a piece between each two cuts,
 * also where nothing was used. Sums are exact and may be negative. What makes the cut-off safe: `readUsageCutoff`.
 *
 * A raw scan of the index events_usage, a range for each query; `offset 0` keeps it from reading a customer's whole
 * history for a hash join.
 */
export async function readUsage(
  db: Queryable,
  scope: UsageScope,
  queries: readonly UsageQuery[],
): Promise<Map<string, UsagePiece[]>> {
  if (queries.length === 0) return new Map();
  const rows = await db.query<PieceRow>(sql`
    select q.ordinal, width_bucket(e.event_at, q.cuts) as piece,
      case when q.property is null then count(*) else count(e.number) end as "eventCount",
      case when q.property is null then count(*)::numeric else coalesce(sum(e.number), 0) end as quantity,
      count(*) filter (where q.property is not null and e.value is null) as "missingCount",
      count(*) filter (where e.value is not null and e.number is null) as "unusableCount"
    from jsonb_to_recordset(${queriesAsJson(queries)}::jsonb)
      as q (ordinal int, event_name text, property text, filters jsonb, cuts timestamptz[])
    cross join lateral (
      select e.event_at, e.properties -> q.property as value, metered_number(e.properties -> q.property) as number
      from events e
      where e.account_id = ${scope.tenant.accountId} and e.livemode = ${scope.tenant.livemode}
        and e.customer_ref = ${scope.customerRef} and e.event_name = q.event_name
        and e.event_at >= q.cuts[1] and e.event_at < q.cuts[cardinality(q.cuts)]
        and e.seq <= coalesce(${scope.cutoffSeq}::bigint, 9223372036854775807)
        and not exists (
          select from jsonb_each(q.filters) as f (property, accepted)
          where not coalesce(f.accepted ? canonical_text(e.properties -> f.property), false)
        )
      offset 0
    ) e
    group by q.ordinal, q.property, piece`);
  return new Map(queries.map((query, ordinal) => [query.chargeId, piecesOf(query, ordinal, rows)]));
}

function queriesAsJson(queries: readonly UsageQuery[]): string {
  return JSON.stringify(
    queries.map((query, ordinal) => ({
      ordinal,
      event_name: query.eventName,
      property: query.aggregation?.property ?? null,
      filters: query.filters,
      cuts: query.cuts.map((cut) => timestamptz(cut)),
    })),
  );
}

function piecesOf(query: UsageQuery, ordinal: number, rows: readonly PieceRow[]): UsagePiece[] {
  const found = new Map(rows.filter((row) => row.ordinal === ordinal).map((row) => [row.piece, row]));
  return query.cuts.slice(1).map((to, index) => {
    const from = query.cuts[index] ?? to;
    const row = found.get(index + 1);
    return {
      from,
      to,
      eventCount: Number(row?.eventCount ?? 0n),
      quantity: quantityOf(row),
      missingCount: Number(row?.missingCount ?? 0n),
      unusableCount: Number(row?.unusableCount ?? 0n),
    };
  });
}

function quantityOf(row: PieceRow | undefined): Decimal {
  return row === undefined ? ZERO : decimal(row.quantity);
}
