import type { Batch } from './batch.ts';
import { type Checkpoint, type CheckpointPlace, saveCheckpoint } from './checkpoint.ts';
import type { RejectsFile } from './rejects-file.ts';
import type { SentBatch } from './send-batch.ts';

/** Of a beginning of the file, including what an interrupted import had done. */
export interface ImportTotals {
  readonly rows: number;
  readonly created: number;
  readonly duplicates: number;
  readonly rejected: number;
  /** Bytes of the file up to there. */
  readonly offset: number;
  /** Of `rows`, those that an interrupted import had done. */
  readonly resumedRows: number;
  /** The line at which the file is so damaged that the rest was not read. */
  readonly unreadFromLine: number | null;
}

interface LedgerStart {
  readonly rejects: RejectsFile;
  readonly place: CheckpointPlace;
  readonly checkpoint: Checkpoint | null;
}

const SAVE_INTERVAL_MS = 1_000;

/** Books settled batches, in the order of the file: first the rejects, then the checkpoint that counts on them. */
export class ImportLedger {
  readonly #rejects: RejectsFile;
  readonly #place: CheckpointPlace;
  #totals: ImportTotals;
  #unsaved: Checkpoint | null = null;
  #savedAtMs = Number.NEGATIVE_INFINITY;

  constructor({ rejects, place, checkpoint }: LedgerStart) {
    this.#rejects = rejects;
    this.#place = place;
    const { rows = 0, created = 0, duplicates = 0, rejected = 0 } = checkpoint ?? {};
    this.#totals = { rows, created, duplicates, rejected, offset: 0, resumedRows: rows, unreadFromLine: null };
  }

  get totals(): ImportTotals {
    return this.#totals;
  }

  async settle(batch: Batch, sent: SentBatch): Promise<void> {
    const rejects = [...batch.rejects, ...sent.rejects].sort((left, right) => left.number - right.number);
    await this.#rejects.append(rejects);
    this.#totals = {
      ...this.#totals,
      rows: batch.toRow,
      created: this.#totals.created + sent.created,
      duplicates: this.#totals.duplicates + sent.duplicates,
      rejected: this.#totals.rejected + rejects.length,
      offset: batch.endOffset,
      unreadFromLine: rejects.find(({ raw }) => raw.endsReading)?.raw.firstLine ?? null,
    };
    this.#unsaved = this.#checkpointBehind(batch);
    if (performance.now() - this.#savedAtMs > SAVE_INTERVAL_MS) await this.save();
  }

  async save(): Promise<void> {
    if (this.#unsaved === null) return;
    await saveCheckpoint(this.#place, this.#unsaved);
    this.#unsaved = null;
    this.#savedAtMs = performance.now();
  }

  #checkpointBehind(batch: Batch): Checkpoint {
    const { rows, created, duplicates, rejected } = this.#totals;
    return {
      version: 1,
      binding: this.#place.binding,
      rows,
      last_batch_from: batch.fromRow,
      rows_sha256: batch.rowsSha256,
      rejects_bytes: this.#rejects.bytes,
      created,
      duplicates,
      rejected,
    };
  }
}
