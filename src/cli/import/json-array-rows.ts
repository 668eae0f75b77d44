import { CliError } from '../cli-error.ts';
import { ByteWindow } from './byte-window.ts';
import { isWhitespace, MAX_ROW_BYTES, NEWLINE, type RawRow, type RowSplitter } from './raw-row.ts';

const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/** A row nested deeper is an attack or damage; the API takes 8 levels. */
const MAX_DEPTH = 1_000;

const REST_UNREAD = 'What follows in the file was not read.';

type Place = 'before the array' | 'before an element' | 'in an element' | 'behind the array' | 'lost';

/**
 * The elements of one top-level JSON array, each as its source bytes, so a file larger than memory can be read and
 * every number keeps its digits. Only brackets, strings and commas are understood here; whether an element is JSON
 * is for its parser to say. Where brackets or quotes do not match, nobody can tell where the next row starts, so
 * reading ends there and says so.
 */
export class JsonArraySplitter implements RowSplitter {
  readonly #window: ByteWindow;
  #place: Place = 'before the array';
  #scanned = 0;
  #line = 1;
  #rows: RawRow[] = [];
  /** Of the element being read: its first line, the closing brackets it waits for, and where in a string it is. */
  #firstLine = 1;
  #closers: number[] = [];
  #inString = false;
  #escaped = false;
  #tooLong = false;
  #elements = 0;

  constructor(startOffset = 0) {
    this.#window = new ByteWindow(startOffset);
  }

  push(chunk: Buffer): RawRow[] {
    this.#window.append(chunk);
    this.#rows = [];
    while (this.#scanned < this.#window.bytes.length) {
      const byte = this.#window.bytes[this.#scanned] ?? 0;
      if (this.#place === 'in an element') this.#readElement(byte);
      else this.#readBetween(byte);
      if (byte === NEWLINE) this.#line += 1;
    }
    if (this.#place === 'lost') this.#discard();
    if (this.#place === 'in an element' && this.#scanned > MAX_ROW_BYTES) this.#shorten();
    return this.#rows;
  }

  end(): RawRow[] {
    this.#rows = [];
    if (this.#place === 'before the array') throw notAnArray('The file is empty');
    if (this.#place === 'in an element') {
      if (this.#closers.length > 0 || this.#inString) this.#lose('The file ends inside this row.');
      else this.#finish();
    }
    if (this.#place === 'before an element') {
      this.#begin();
      this.#lose('The file ends without the closing `]`, so rows may be missing.');
    }
    return this.#rows;
  }

  #readBetween(byte: number): void {
    if (this.#place === 'lost' || isWhitespace(byte)) {
      this.#advance();
    } else if (this.#place === 'before the array') {
      if (byte !== OPEN_ARRAY) throw notAnArray(`The file begins with \`${String.fromCharCode(byte)}\``);
      this.#place = 'before an element';
      this.#advance();
    } else if (this.#place === 'behind the array') {
      this.#firstLine = this.#line;
      this.#lose(`There is text behind the closing \`]\`. ${REST_UNREAD}`);
    } else if (byte === CLOSE_ARRAY && this.#elements === 0) {
      this.#place = 'behind the array';
      this.#advance();
    } else {
      this.#begin();
    }
  }

  #begin(): void {
    this.#window.drop(this.#scanned);
    this.#scanned = 0;
    this.#firstLine = this.#line;
    this.#place = 'in an element';
  }

  #advance(): void {
    this.#scanned += 1;
  }

  #readElement(byte: number): void {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#inString = false;
      else if (byte === NEWLINE) return this.#lose(`A string does not end on its line. ${REST_UNREAD}`);
    } else if (byte === QUOTE) {
      this.#inString = true;
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      this.#closers.push(byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY);
      if (this.#closers.length > MAX_DEPTH) return this.#lose(`Its brackets never end. ${REST_UNREAD}`);
    } else if (this.#closers.length > 0) {
      const closes = byte === CLOSE_OBJECT || byte === CLOSE_ARRAY;
      if (closes && this.#closers.pop() !== byte) {
        return this.#lose(`Its brackets do not match. ${REST_UNREAD}`);
      }
    } else if (byte === COMMA || byte === CLOSE_ARRAY) {
      this.#finish();
      this.#place = byte === COMMA ? 'before an element' : 'behind the array';
    } else if (byte === CLOSE_OBJECT) {
      return this.#lose(`Its brackets do not match. ${REST_UNREAD}`);
    }
    this.#advance();
  }

  #finish(): void {
    let end = this.#scanned;
    while (end > 0 && isWhitespace(this.#window.bytes[end - 1])) end -= 1;
    const bytes = this.#window.bytes.subarray(0, end);
    const tooLong = this.#tooLong || end > MAX_ROW_BYTES;
    if (tooLong) this.#emit(bytes.subarray(0, MAX_ROW_BYTES), `The row is longer than ${MAX_ROW_BYTES} bytes.`);
    else this.#emit(bytes, end === 0 ? 'There is no row before this comma or bracket.' : null);
    this.#elements += 1;
    this.#place = 'before an element';
    this.#closers = [];
    this.#inString = false;
    this.#tooLong = false;
  }

  #lose(fault: string): void {
    const bytes = this.#window.bytes.subarray(0, Math.min(this.#scanned + 1, MAX_ROW_BYTES));
    this.#emit(bytes, fault, true);
    this.#place = 'lost';
    this.#discard();
  }

  #discard(): void {
    this.#window.drop(this.#window.bytes.length);
    this.#scanned = 0;
  }

  /** Keeps the beginning of an element that will be refused, so memory stays bounded while its end is looked for. */
  #shorten(): void {
    const extra = this.#window.bytes.length - MAX_ROW_BYTES;
    this.#window.bytes = this.#window.bytes.subarray(0, MAX_ROW_BYTES);
    this.#window.start += extra;
    this.#scanned = MAX_ROW_BYTES;
    this.#tooLong = true;
  }

  #emit(bytes: Buffer, fault: string | null, endsReading = false): void {
    const endOffset = this.#window.start + this.#scanned;
    this.#rows.push({ firstLine: this.#firstLine, lastLine: this.#line, endOffset, bytes, fault, endsReading });
  }
}

function notAnArray(what: string): CliError {
  return new CliError('usage', `${what}, but \`--format json\` reads one array of objects.`, {
    fix: 'For one object a line use `--format jsonl`.',
  });
}
