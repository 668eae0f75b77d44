import { CsvError, type Options, parse } from 'csv-parse/sync';
import { CliError } from '../cli-error.ts';
import { type DecodedRow, decodedRow, faultyRow, NOT_UTF8, type RowDecoder, utf8Text } from './decoded-row.ts';
import type { RawRow } from './raw-row.ts';

const NEWLINE_BYTES = Buffer.from('\n');

/** The first row names the columns. Rows are parsed together; only where that fails one by one, to find the bad ones. */
export class CsvDecoder implements RowDecoder {
  readonly #options: Options;
  readonly #checkHeader: (names: readonly string[]) => void;
  #header: readonly string[] | null = null;

  /**
   * @param checkHeader called once with the column names; may throw
   */
  constructor(delimiter: string, checkHeader: (names: readonly string[]) => void = () => undefined) {
    this.#options = { delimiter, record_delimiter: ['\r\n', '\n'], relax_column_count: true };
    this.#checkHeader = checkHeader;
  }

  decode(rows: readonly RawRow[]): DecodedRow[] {
    const [first] = rows;
    if (first === undefined) return [];
    if (this.#header !== null) return this.#decodeData(rows, this.#header);
    const header = this.#readHeader(first);
    this.#header = header;
    return this.#decodeData(rows.slice(1), header);
  }

  #readHeader(row: RawRow): readonly string[] {
    const parsed = row.fault === null ? this.#parseOne(row) : row.fault;
    if (typeof parsed === 'string') throw new CliError('usage', `The first line must name the columns. ${parsed}`);
    const repeated = parsed.find((name, index) => parsed.indexOf(name) !== index);
    if (repeated !== undefined) {
      throw new CliError('usage', `Two columns are named \`${repeated}\`, so neither can be meant.`, {
        fix: 'Give each column its own name in the first line.',
      });
    }
    this.#checkHeader(parsed);
    return parsed;
  }

  #decodeData(rows: readonly RawRow[], header: readonly string[]): DecodedRow[] {
    const together = this.#parseTogether(rows);
    return rows.map((row, index) => {
      if (row.fault !== null) return faultyRow(row, row.fault);
      const cells = together?.[index] ?? this.#parseOne(row);
      if (typeof cells === 'string') return faultyRow(row, cells);
      if (cells.length !== header.length) {
        return faultyRow(row, `The row has ${cells.length} cells, the header names ${header.length} columns.`);
      }
      return decodedRow(row, Object.fromEntries(header.map((name, column) => [name, cells[column]])));
    });
  }

  /** Null unless every row is good and each gives one record. */
  #parseTogether(rows: readonly RawRow[]): string[][] | null {
    if (rows.some((row) => row.fault !== null)) return null;
    const text = utf8Text(Buffer.concat(rows.flatMap((row) => [row.bytes, NEWLINE_BYTES])));
    const records = text === null ? null : this.#parse(text);
    return Array.isArray(records) && records.length === rows.length ? records : null;
  }

  #parseOne(row: RawRow): string[] | string {
    const text = utf8Text(row.bytes);
    if (text === null) return NOT_UTF8;
    const records = this.#parse(text);
    if (typeof records === 'string') return records;
    const [cells] = records;
    return cells === undefined || records.length > 1 ? 'The row is not one CSV record.' : cells;
  }

  /** The records, or the fault in a sentence. */
  #parse(text: string): string[][] | string {
    try {
      return parse(text, this.#options);
    } catch (error) {
      if (error instanceof CsvError) return faultOf(error);
      throw error;
    }
  }
}

/** The parser's own messages count lines within what it was given, which is not the file. */
function faultOf(error: CsvError): string {
  switch (error.code) {
    case 'INVALID_OPENING_QUOTE':
      return 'A quote stands inside a cell that is not quoted.';
    case 'CSV_INVALID_CLOSING_QUOTE':
      return 'A quoted cell goes on behind its closing quote.';
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'A quote opens in this row and never closes.';
    default:
      return `The row is not CSV: ${error.code}.`;
  }
}
