import { ByteWindow } from './byte-window.ts';
import { isBlank, MAX_ROW_BYTES, NEWLINE, type RawRow, type RowSplitter } from './raw-row.ts';

/** One row a line; blank lines are not rows. */
export class JsonLinesSplitter implements RowSplitter {
  readonly #window: ByteWindow;
  #line = 1;
  #searched = 0;
  /** The line is too long and already reported: drop the rest of it. */
  #skipping = false;

  constructor(startOffset = 0) {
    this.#window = new ByteWindow(startOffset);
  }

  push(chunk: Buffer): RawRow[] {
    const rows: RawRow[] = [];
    this.#window.append(chunk);
    for (;;) {
      const newline = this.#window.bytes.indexOf(NEWLINE, this.#searched);
      if (newline === -1) break;
      this.#finishLine(rows, newline);
      this.#window.drop(newline + 1);
      this.#searched = 0;
      this.#line += 1;
    }
    if (this.#skipping) {
      this.#window.drop(this.#window.bytes.length);
    } else if (this.#window.bytes.length > MAX_ROW_BYTES) {
      rows.push(this.#tooLong(this.#window.bytes));
      this.#skipping = true;
      this.#window.drop(this.#window.bytes.length);
    }
    this.#searched = this.#window.bytes.length;
    return rows;
  }

  end(): RawRow[] {
    const rows: RawRow[] = [];
    this.#finishLine(rows, this.#window.bytes.length);
    return rows;
  }

  #finishLine(rows: RawRow[], length: number): void {
    const bytes = this.#window.bytes.subarray(0, length);
    if (this.#skipping) this.#skipping = false;
    else if (bytes.length > MAX_ROW_BYTES) rows.push(this.#tooLong(bytes));
    else if (!isBlank(bytes)) rows.push(this.#row(bytes, null));
  }

  #tooLong(bytes: Buffer): RawRow {
    return this.#row(bytes.subarray(0, MAX_ROW_BYTES), `The line is longer than ${MAX_ROW_BYTES} bytes.`);
  }

  #row(bytes: Buffer, fault: string | null): RawRow {
    const endOffset = this.#window.start + bytes.length;
    return { firstLine: this.#line, lastLine: this.#line, endOffset, bytes, fault, endsReading: false };
  }
}
