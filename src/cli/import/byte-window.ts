/** The bytes of a file from the start of an unfinished row to the end of the last chunk. */
export class ByteWindow {
  bytes: Buffer = Buffer.alloc(0);
  /** Offset in the file of `bytes[0]`. */
  start: number;

  constructor(start: number) {
    this.start = start;
  }

  append(chunk: Buffer): void {
    this.bytes = this.bytes.length === 0 ? chunk : Buffer.concat([this.bytes, chunk]);
  }

  drop(count: number): void {
    this.bytes = this.bytes.subarray(count);
    this.start += count;
  }
}
