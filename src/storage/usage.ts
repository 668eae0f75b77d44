import { type Decimal, decimal, ZERO } from '../domain/decimal.ts';
import type { Instant } from '../domain/instant.ts';
import type { Aggregation } from '../domain/plan.ts';
import { averageOf, canBeCut } from '../domain/rating/aggregation.ts';
import type { UsagePiece } from '../domain/rating/model.ts';
import { type SeqRanges, seqRangesText } from '../domain/rating/seq-ranges.ts';
import { type Queryable, type Tenant, timestamptz } from './database.ts';
import { fragment, sql } from './sql.ts';

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
 * The events that query `q` counts in its piece, by the index events_usage; `offset 0` keeps PostgreSQL from reading a
 * customer's whole history for a hash join.
 */
const COUNTED_EVENTS = fragment`
  select e.event_at, e.idempotency_key, e.properties -> q.property as value,
    case when q.type <> 'unique_count' then metered_number(e.properties -> q.property) end as number
  from events e
  where e.account_id = scope.account_id and e.livemode = scope.livemode and e.customer_ref = scope.customer_ref
    and e.event_name = q.event_name and e.event_at >= q.from_at and e.event_at < q.to_at
    and e.seq <@ coalesce(scope.counted, '{(,)}')
    and not exists (
      select from jsonb_each(q.filters) as f (property, accepted)
      where not coalesce(f.accepted ? canonical_text(e.properties -> f.property), false)
    )
  offset 0`;

/**
 * The one way in which usage is read (billing rules 3): for each query, in its order, a piece between each two cuts,
 * also where nothing was used. Quantities are exact and may be negative. What makes a cut-off safe: `readUsageCutoff`.
 *
 * A raw scan for each piece, and a second one where unique values are counted: in jsonb `1` and `1.0` are one, the order
 * of keys is none, and JSON null is a value. The latest event has the greatest timestamp, then the greatest key by bytes.
 * Throws a RangeError for cuts of what can't be cut.
 */
export async function readUsage(
  db: Queryable,
  scope: UsageScope,
  queries: readonly UsageQuery[],
): Promise<Map<string, UsagePiece[]>> {
  if (queries.length === 0) return new Map();
  const rows = await db.query<PieceRow>(sql`
    select q.ordinal, q.piece,
      case q.type when 'count' then used.events when 'unique_count' then used.present else used.numbers end as "eventCount",
      case q.type
        when 'count' then used.events
        when 'unique_count' then uniques.found
        when 'max' then used.greatest
        when 'latest' then used.latest[3]::numeric
        else used.sum
      end as quantity,
      case when q.type = 'count' then 0 else used.events - used.present end as "missingCount",
      case when q.type = 'unique_count' then 0 else used.present - used.numbers end as "unusableCount"
    from (
      select ${scope.tenant.accountId}::int as account_id, ${scope.tenant.livemode}::boolean as livemode,
        ${scope.customerRef}::text as customer_ref,
        ${scope.counted === null ? null : seqRangesText(scope.counted)}::int8multirange as counted
    ) scope
    cross join jsonb_to_recordset(${piecesAsJson(queries)}::jsonb) as q (ordinal int, piece int, event_name text,
      type text, property text, filters jsonb, from_at timestamptz, to_at timestamptz)
    cross join lateral (
      select count(*) as events, count(e.value) as present, count(e.number) as numbers, sum(e.number) as sum,
        max(e.number) as greatest,
        max(array[to_char(e.event_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), e.idempotency_key, e.number::text]
          collate "C") filter (where q.type = 'latest' and e.number is not null) as latest
      from (${COUNTED_EVENTS}) e
    ) used
    cross join lateral (
      select count(distinct e.value) as found from (${COUNTED_EVENTS}) e where q.type = 'unique_count'
    ) uniques
    where used.events > 0`);
  const found = new Map(rows.map((row) => [`${row.ordinal}/${row.piece}`, row]));
  return new Map(
    queries.map((query, ordinal) => [
      query.chargeId,
      spansOf(query).map((span, piece) => pieceOf(query, span, found.get(`${ordinal}/${piece}`))),
    ]),
  );
}

interface Span {
  readonly from: Instant;
  readonly to: Instant;
}

function spansOf({ chargeId, aggregation, cuts }: UsageQuery): Span[] {
  if (cuts.length > 2 && aggregation !== null && !canBeCut(aggregation)) {
    throw new RangeError(`${aggregation.type} of ${chargeId} can't be cut`);
  }
  return cuts.slice(1).map((to, index) => ({ from: cuts[index] ?? to, to }));
}

function piecesAsJson(queries: readonly UsageQuery[]): string {
  return JSON.stringify(
    queries.flatMap((query, ordinal) =>
      spansOf(query).map(({ from, to }, piece) => ({
        ordinal,
        piece,
        event_name: query.eventName,
        type: query.aggregation?.type ?? 'count',
        property: query.aggregation?.property ?? null,
        filters: query.filters,
        from_at: timestamptz(from),
        to_at: timestamptz(to),
      })),
    ),
  );
}

function pieceOf(query: UsageQuery, span: Span, row: PieceRow | undefined): UsagePiece {
  return {
    ...span,
    eventCount: Number(row?.eventCount ?? 0n),
    quantity: row === undefined ? ZERO : quantityOf(query, row),
    missingCount: Number(row?.missingCount ?? 0n),
    unusableCount: Number(row?.unusableCount ?? 0n),
  };
}

function quantityOf({ aggregation }: UsageQuery, row: PieceRow): Decimal {
  if (row.quantity === null) return ZERO;
  const quantity = decimal(row.quantity);
  return aggregation?.type === 'average' ? averageOf(quantity, row.eventCount) : quantity;
}
