import { type Decimal, decimal, ZERO } from '../domain/decimal.ts';
import type { Instant } from '../domain/instant.ts';
import type { Aggregation } from '../domain/plan.ts';
import { averageOf, canBeCut } from '../domain/rating/aggregation.ts';
import type { UsagePiece } from '../domain/rating/model.ts';
import { type SeqRanges, seqRangesText } from '../domain/rating/seq-ranges.ts';
import { type Queryable, type Tenant, timestamptz } from './database.ts';
import { sql } from './sql.ts';

/** Whose usage: the customer by its external_id, as events name it; which of its events, null: all. */
export interface UsageScope {
  readonly tenant: Tenant;
  readonly customerRef: string;
  readonly counted: SeqRanges | null;
}

/** The usage of one charge, in pieces. */
export interface UsageQuery {
  readonly chargeId: string;
  readonly eventName: string;
  /** null: events are only counted (a flat with `charge_when: used`). */
  readonly aggregation: Aggregation | null;
  /** Property name → accepted canonical texts; all must pass. */
  readonly filters: Readonly<Record<string, readonly string[]>>;
  /**
   * At least two instants, ascending: the start, where to cut, the end. Pieces are half-open. Only count and sum can
   * be cut: the others have a start and an end.
   */
  readonly cuts: readonly Instant[];
}

interface PieceRow {
  readonly ordinal: number;
  readonly piece: number;
  readonly eventCount: bigint;
  /** For an average the sum. null: no event counts. */
  readonly quantity: string | null;
  readonly missingCount: bigint;
  readonly unusableCount: bigint;
}

/**
 * The one way in which usage is read (billing rules 3): for each query, in its order, a piece between each two cuts,
 * also where nothing was used. Quantities are exact and may be negative. What makes a cut-off safe: `readUsageCutoff`.
 *
 * A raw scan of the index events_usage, a range for each query; `offset 0` keeps it from reading a customer's whole
 * history for a hash join. Unique values are groups of the inner query, in which `1` and `1.0` are one, key order is
 * none, and JSON null is a value; so that no aggregate has to sort. The latest event has the greatest timestamp, then
 * the greatest key by bytes. Throws a RangeError for cuts of what can't be cut.
 */
export async function readUsage(
  db: Queryable,
  scope: UsageScope,
  queries: readonly UsageQuery[],
): Promise<Map<string, UsagePiece[]>> {
  if (queries.length === 0) return new Map();
  const rows = await db.query<PieceRow>(sql`
    select ordinal, piece, sum(event_count)::bigint as "eventCount",
      case type
        when 'count' then sum(event_count)
        when 'unique_count' then count(unique_value)
        when 'max' then max(greatest_number)
        when 'latest' then (max(latest_number))[3]::numeric
        else sum(sum_of_numbers)
      end as quantity,
      sum(missing_count)::bigint as "missingCount", sum(unusable_count)::bigint as "unusableCount"
    from (
      select q.ordinal, q.type, width_bucket(e.event_at, q.cuts) as piece,
        case q.type when 'unique_count' then e.value end as unique_value,
        case q.type when 'count' then count(*) when 'unique_count' then count(e.value) else count(e.number) end as event_count,
        sum(e.number) as sum_of_numbers, max(e.number) as greatest_number,
        max(array[to_char(e.event_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), e.idempotency_key, e.number::text]
          collate "C") filter (where q.type = 'latest' and e.number is not null) as latest_number,
        count(*) filter (where q.type <> 'count' and e.value is null) as missing_count,
        count(*) filter (where q.type <> 'unique_count' and e.value is not null and e.number is null) as unusable_count
      from jsonb_to_recordset(${queriesAsJson(queries)}::jsonb)
        as q (ordinal int, event_name text, type text, property text, filters jsonb, cuts timestamptz[])
      cross join lateral (
        select e.event_at, e.idempotency_key, e.properties -> q.property as value,
          case when q.type <> 'unique_count' then metered_number(e.properties -> q.property) end as number
        from events e
        where e.account_id = ${scope.tenant.accountId} and e.livemode = ${scope.tenant.livemode}
          and e.customer_ref = ${scope.customerRef} and e.event_name = q.event_name
          and e.event_at >= q.cuts[1] and e.event_at < q.cuts[cardinality(q.cuts)]
          and e.seq <@ coalesce(${scope.counted === null ? null : seqRangesText(scope.counted)}::int8multirange, '{(,)}')
          and not exists (
            select from jsonb_each(q.filters) as f (property, accepted)
            where not coalesce(f.accepted ? canonical_text(e.properties -> f.property), false)
          )
        offset 0
      ) e
      group by q.ordinal, q.type, piece, unique_value
    ) part
    group by ordinal, type, piece`);
  return new Map(queries.map((query, ordinal) => [query.chargeId, piecesOf(query, ordinal, rows)]));
}

function queriesAsJson(queries: readonly UsageQuery[]): string {
  return JSON.stringify(
    queries.map((query, ordinal) => ({
      ordinal,
      event_name: query.eventName,
      type: query.aggregation?.type ?? 'count',
      property: query.aggregation?.property ?? null,
      filters: query.filters,
      cuts: cutsOf(query).map((cut) => timestamptz(cut)),
    })),
  );
}

function cutsOf({ chargeId, aggregation, cuts }: UsageQuery): readonly Instant[] {
  if (cuts.length === 2 || aggregation === null || canBeCut(aggregation)) return cuts;
  throw new RangeError(`${aggregation.type} of ${chargeId} can't be cut`);
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
      quantity: quantityOf(query, row),
      missingCount: Number(row?.missingCount ?? 0n),
      unusableCount: Number(row?.unusableCount ?? 0n),
    };
  });
}

function quantityOf({ aggregation }: UsageQuery, row: PieceRow | undefined): Decimal {
  if (row === undefined || row.quantity === null) return ZERO;
  const quantity = decimal(row.quantity);
  return aggregation?.type === 'average' ? averageOf(quantity, row.eventCount) : quantity;
}
