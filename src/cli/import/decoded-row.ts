import type { RawRow } from './raw-row.ts';

/** The cells of a row by column: texts in CSV, exact JSON values (see platform/exact-json) in JSON. */
export type Columns = Readonly<Record<string, unknown>>;

export interface DecodedRow {
  readonly raw: RawRow;
  /** Null when the row has a fault. */
  readonly columns: Columns | null;
  readonly fault: string | null;
}

export interface RowDecoder {
  decode(rows: readonly RawRow[]): DecodedRow[];
}

export function decodedRow(raw: RawRow, columns: Columns): DecodedRow {
  return { raw, columns, fault: null };
}

export function faultyRow(raw: RawRow, fault: string): DecodedRow {
  return { raw, columns: null, fault };
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const NOT_UTF8 = 'The row is not UTF-8 text.';

/** Null where the bytes are not UTF-8: a replaced character could make two customers one. */
export function utf8Text(bytes: Buffer): string | null {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return null;
  }
}
