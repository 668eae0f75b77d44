import { ByteWindow } from './byte-window.ts';
import { CARRIAGE_RETURN, MAX_ROW_BYTES, NEWLINE, type RawRow, type RowSplitter } from './raw-row.ts';

const QUOTE = 0x22;

type Cell = 'at its start' | 'plain' | 'quoted' | 'behind a quote';

/**
 * Cuts CSV at the line breaks outside quotes (RFC 4180). It exists beside the CSV parser because a parser that meets
 * a stray quote goes on at an arbitrary place and drops good rows; cut first, a bad row hurts only itself. A quote
 * that never closes costs its own line: reading goes on at the next one.
 */
export class CsvSplitter implements RowSplitter {
  readonly #window: ByteWindow;
  readonly #delimiter: number;
  #scanned = 0;
  #cell: Cell = 'at its start';
  #firstLine = 1;
  #line = 1;
  /** The row is too long and already reported: drop its remaining bytes. */
  #skipping = false;
  #rows: RawRow[] = [];

  constructor(delimiter: string, startOffset = 0) {
    this.#delimiter = delimiter.charCodeAt(0);
    this.#window = new ByteWindow(startOffset);
  }

  push(chunk: Buffer): RawRow[] {
    this.#window.append(chunk);
    this.#rows = [];
    this.#scan();
    while (this.#scanned > MAX_ROW_BYTES) {
      if (this.#cell === 'quoted' && !this.#skipping) this.#giveUpFirstLine();
      else this.#skipRow(`The row is longer than ${MAX_ROW_BYTES} bytes.`);
      this.#scan();
    }
    return this.#rows;
  }

  end(): RawRow[] {
    this.#rows = [];
    while (this.#cell === 'quoted' && !this.#skipping) {
      this.#giveUpFirstLine();
      this.#scan();
    }
    this.#finishRow(this.#scanned);
    return this.#rows;
  }

  #scan(): void {
    while (this.#scanned < this.#window.bytes.length && this.#scanned <= MAX_ROW_BYTES) {
      const byte = this.#window.bytes[this.#scanned] ?? 0;
      this.#scanned += 1;
      if (byte === NEWLINE && (this.#cell !== 'quoted' || this.#skipping)) {
        this.#finishRow(this.#scanned - 1);
        this.#startRowBehind(this.#scanned);
      } else {
        if (byte === NEWLINE) this.#line += 1;
        this.#cell = this.#cellAfter(byte);
      }
    }
  }

  #cellAfter(byte: number): Cell {
    if (this.#cell === 'quoted') return byte === QUOTE ? 'behind a quote' : 'quoted';
    if (byte === this.#delimiter) return 'at its start';
    if (byte !== QUOTE) return 'plain';
    return this.#cell === 'plain' ? 'plain' : 'quoted';
  }

  #finishRow(length: number): void {
    const bytes = this.#window.bytes.subarray(0, length);
    const row = bytes[length - 1] === CARRIAGE_RETURN ? bytes.subarray(0, -1) : bytes;
    if (!this.#skipping && row.length > 0) this.#emit(row, null);
    this.#skipping = false;
  }

  #startRowBehind(length: number): void {
    this.#window.drop(length);
    this.#scanned = 0;
    this.#line += 1;
    this.#firstLine = this.#line;
    this.#cell = 'at its start';
  }

  #giveUpFirstLine(): void {
    const fault = 'A quote opens on this line and never closes.';
    const newline = this.#window.bytes.indexOf(NEWLINE);
    this.#line = this.#firstLine;
    if (newline === -1 || newline > MAX_ROW_BYTES) return this.#skipRow(fault);
    this.#scanned = newline;
    this.#emit(this.#window.bytes.subarray(0, newline), fault);
    this.#startRowBehind(newline + 1);
  }

  #skipRow(fault: string): void {
    if (!this.#skipping) this.#emit(this.#window.bytes.subarray(0, Math.min(this.#scanned, MAX_ROW_BYTES)), fault);
    this.#skipping = true;
    this.#window.drop(this.#scanned);
    this.#scanned = 0;
  }

  #emit(bytes: Buffer, fault: string | null): void {
    const endOffset = this.#window.start + this.#scanned;
    this.#rows.push({ firstLine: this.#firstLine, lastLine: this.#line, endOffset, bytes, fault, endsReading: false });
  }
}
