import type { PlacedRow, Reject } from './reject.ts';

export interface BatchItem extends PlacedRow {
  /** The event's JSON text. */
  readonly event: string;
}

/** Consecutive rows: the events to send in one request, and the rows that are no events. */
export interface Batch {
  /** Rows before this batch. */
  readonly fromRow: number;
  /** Rows before this batch and in it. */
  readonly toRow: number;
  /** SHA-256 over the bytes of all rows up to `toRow`. */
  readonly rowsSha256: string;
  /** Bytes of the file up to `toRow`. */
  readonly endOffset: number;
  readonly items: readonly BatchItem[];
  readonly rejects: readonly Reject[];
}
