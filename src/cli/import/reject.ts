import type { RowFault } from './map-row.ts';
import type { RawRow } from './raw-row.ts';

/** A row and its place among the rows of the file, from 1; the header is none. */
export interface PlacedRow {
  readonly number: number;
  readonly raw: RawRow;
}

export interface Reject extends PlacedRow {
  readonly faults: readonly RowFault[];
}

/** One line of the rejects file; `source` is the row as it stands in the input, to correct and import again. */
export function rejectLine({ number, raw, faults }: Reject): string {
  return `${JSON.stringify({
    line: raw.firstLine,
    last_line: raw.lastLine,
    row: number,
    faults,
    source: raw.bytes.toString('utf8'),
  })}\n`;
}
