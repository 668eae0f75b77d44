import { createReadStream } from 'node:fs';
import { CsvDecoder } from './csv-decoder.ts';
import { CsvSplitter } from './csv-rows.ts';
import type { DecodedRow, RowDecoder } from './decoded-row.ts';
import type { InputFile, InputFormat } from './input-file.ts';
import { JsonArraySplitter } from './json-array-rows.ts';
import { JsonDecoder } from './json-decoder.ts';
import { JsonLinesSplitter } from './json-lines-rows.ts';
import type { RowSplitter } from './raw-row.ts';

export interface ReadOptions {
  readonly format: InputFormat;
  /** One ASCII character; CSV only. */
  readonly delimiter: string;
  /** Called with the column names of CSV before the first row; may throw. */
  readonly checkHeader: (names: readonly string[]) => void;
}

const CHUNK_BYTES = 256 * 1024;

/** All rows of the file in order, some hundred at a time, in bounded memory. */
export async function* readRows(file: InputFile, options: ReadOptions): AsyncGenerator<DecodedRow[]> {
  const splitter = splitterOf(file.start, options);
  const decoder = decoderOf(options);
  const chunks: AsyncIterable<Buffer> = createReadStream(file.path, { start: file.start, highWaterMark: CHUNK_BYTES });
  for await (const chunk of chunks) {
    const rows = decoder.decode(splitter.push(chunk));
    if (rows.length > 0) yield rows;
  }
  yield decoder.decode(splitter.end());
}

function splitterOf(start: number, { format, delimiter }: ReadOptions): RowSplitter {
  switch (format) {
    case 'csv':
      return new CsvSplitter(delimiter, start);
    case 'json':
      return new JsonArraySplitter(start);
    case 'jsonl':
      return new JsonLinesSplitter(start);
  }
}

function decoderOf({ format, delimiter, checkHeader }: ReadOptions): RowDecoder {
  return format === 'csv' ? new CsvDecoder(delimiter, checkHeader) : new JsonDecoder();
}
