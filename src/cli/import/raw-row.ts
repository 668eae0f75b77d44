/** One row of an input file as it stands there, before anybody knows what it means. */
export interface RawRow {
  /** 1-based line where the row starts. */
  readonly firstLine: number;
  /** 1-based line where it ends: later than `firstLine` for quoted line breaks and pretty-printed objects. */
  readonly lastLine: number;
  /** Bytes of the file up to and including this row; for progress. */
  readonly endOffset: number;
  /** The row's bytes; of a row with a fault as much of it as was kept. */
  readonly bytes: Buffer;
  /** Why the bytes cannot be a row, in a sentence; null when they may be one. */
  readonly fault: string | null;
  /** The file is so damaged here that what follows was not read. */
  readonly endsReading: boolean;
}

/** Cuts a file into rows; how the file is chunked never changes the rows. */
export interface RowSplitter {
  push(chunk: Buffer): RawRow[];
  /** The rows that only the end of the file completes. */
  end(): RawRow[];
}

/** No event is larger than a request; a longer row is an unclosed quote or bracket, and memory has a limit. */
export const MAX_ROW_BYTES = 1_000_000;

export const NEWLINE = 0x0a;
export const CARRIAGE_RETURN = 0x0d;

const TAB = 0x09;
const SPACE = 0x20;

export function isWhitespace(byte: number | undefined): boolean {
  return byte === SPACE || byte === NEWLINE || byte === CARRIAGE_RETURN || byte === TAB;
}

export function isBlank(bytes: Buffer): boolean {
  return bytes.every(isWhitespace);
}
