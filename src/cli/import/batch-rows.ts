import { createHash } from 'node:crypto';
import { LIMITS } from '../../domain/limits.ts';
import type { Batch, BatchItem } from './batch.ts';
import type { DecodedRow } from './decoded-row.ts';
import type { RowMapper } from './map-row.ts';
import { MAX_ROW_BYTES } from './raw-row.ts';
import type { Reject } from './reject.ts';
import { rowKey } from './row-key.ts';
import { RowOrdinals } from './row-ordinals.ts';

export interface BatchOptions {
  readonly mapRow: RowMapper;
  /** Rows that need no batch: they are read only for the ordinals and the hash. */
  readonly skipRows: number;
  /** The rows from `skipRows` to here make one batch. */
  readonly firstBatchTo: number;
}

/** Room for the brackets and commas around the events. */
const MAX_BATCH_BYTES = LIMITS.bodyBytes - 10_000;
/** Without any good row, progress is still reported and rejects written. */
const MAX_BATCH_ROWS = 5_000;

/** Gathers rows into requests: at most 1,000 events and 5 MB, in the order of the file. */
export async function* batchRows(source: AsyncIterable<DecodedRow[]>, options: BatchOptions): AsyncGenerator<Batch> {
  const gatherer = new BatchGatherer(options);
  for await (const rows of source) {
    for (const row of rows) {
      if (gatherer.isFull) yield gatherer.take();
      gatherer.add(row);
    }
  }
  if (gatherer.hasRows) yield gatherer.take();
}

class BatchGatherer {
  readonly #options: BatchOptions;
  readonly #ordinals = new RowOrdinals();
  readonly #hash = createHash('sha256');
  #fromRow = 0;
  #toRow = 0;
  #endOffset = 0;
  #items: BatchItem[] = [];
  #rejects: Reject[] = [];
  #bytes = 0;

  constructor(options: BatchOptions) {
    this.#options = options;
  }

  get hasRows(): boolean {
    return this.#toRow > this.#fromRow;
  }

  get isFull(): boolean {
    if (this.#toRow <= this.#options.skipRows) return false;
    if (this.#toRow <= this.#options.firstBatchTo) return this.#toRow === this.#options.firstBatchTo;
    return (
      this.#items.length >= LIMITS.batchEvents ||
      this.#bytes > MAX_BATCH_BYTES - MAX_ROW_BYTES ||
      this.#toRow - this.#fromRow >= MAX_BATCH_ROWS
    );
  }

  add({ raw, columns, fault }: DecodedRow): void {
    this.#toRow += 1;
    this.#endOffset = raw.endOffset;
    this.#hash.update(raw.bytes).update('\n');
    const key = columns === null ? '' : rowKey(columns, this.#ordinals);
    if (this.#toRow <= this.#options.skipRows) {
      this.#fromRow = this.#toRow;
    } else if (columns === null) {
      this.#reject({ number: this.#toRow, raw, faults: [unreadable(fault)] });
    } else {
      const mapped = this.#options.mapRow(columns, key);
      if ('event' in mapped) this.#accept({ number: this.#toRow, raw, event: mapped.event });
      else this.#reject({ number: this.#toRow, raw, faults: mapped.faults });
    }
  }

  take(): Batch {
    const batch: Batch = {
      fromRow: this.#fromRow,
      toRow: this.#toRow,
      rowsSha256: this.#hash.copy().digest('hex'),
      endOffset: this.#endOffset,
      items: this.#items,
      rejects: this.#rejects,
    };
    this.#fromRow = this.#toRow;
    this.#items = [];
    this.#rejects = [];
    this.#bytes = 0;
    return batch;
  }

  #accept(item: BatchItem): void {
    this.#items.push(item);
    this.#bytes += Buffer.byteLength(item.event) + 1;
  }

  #reject(reject: Reject): void {
    this.#rejects.push(reject);
  }
}

function unreadable(fault: string | null) {
  return { param: null, code: 'unreadable_row', message: fault ?? 'The row cannot be read.' };
}
