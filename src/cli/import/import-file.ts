import type { ApiClient } from '../api-client.ts';
import { CliError } from '../cli-error.ts';
import type { Batch } from './batch.ts';
import { batchRows } from './batch-rows.ts';
import {
  type Checkpoint,
  type CheckpointPlace,
  findCheckpoint,
  removeCheckpoint,
  requireCheckpointPlace,
} from './checkpoint.ts';
import { ImportLedger, type ImportTotals } from './import-ledger.ts';
import type { InputFile } from './input-file.ts';
import type { RowMapper } from './map-row.ts';
import { type ReadOptions, readRows } from './read-rows.ts';
import { RejectsFile } from './rejects-file.ts';
import { type SentBatch, sendBatch } from './send-batch.ts';

export interface ImportPlan {
  readonly file: InputFile;
  readonly read: ReadOptions;
  readonly mapRow: RowMapper;
  readonly rejectsPath: string;
  readonly checkpoint: CheckpointPlace;
  /** Requests under way at the same time, at least 1. */
  readonly concurrency: number;
}

export interface ImportRun {
  readonly client: ApiClient;
  readonly signal: AbortSignal;
  readonly onProgress: (totals: ImportTotals) => void;
  readonly onNote: (text: string) => void;
}

export interface ImportOutcome {
  readonly totals: ImportTotals;
  /** False after an interruption. */
  readonly finished: boolean;
}

/** The server or the file is not what the checkpoint was written for. */
class StaleCheckpoint extends Error {}

/**
 * Sends a file's rows as events, a few batches at a time, and settles them in the order of the file: totals, rejects
 * and checkpoint always describe a beginning of it. Repeating an import, after whatever end, is safe by the keys.
 *
 * @throws CliError, ApiError; what was acknowledged before stays in the checkpoint
 */
export async function importFile(plan: ImportPlan, run: ImportRun): Promise<ImportOutcome> {
  await requireCheckpointPlace(plan.checkpoint);
  const checkpoint = await findCheckpoint(plan.checkpoint);
  if (checkpoint === null) return importFrom(plan, run, null);
  try {
    return await importFrom(plan, run, checkpoint);
  } catch (error) {
    if (!(error instanceof StaleCheckpoint)) throw error;
    run.onNote(`${error.message} Starting at its first row; what is there already comes back as a duplicate.`);
    await removeCheckpoint(plan.checkpoint);
    return importFrom(plan, run, null);
  }
}

async function importFrom(plan: ImportPlan, run: ImportRun, checkpoint: Checkpoint | null): Promise<ImportOutcome> {
  const rejects = await RejectsFile.open(plan.rejectsPath, checkpoint?.rejects_bytes ?? 0);
  if (rejects === null) throw new StaleCheckpoint('The rejects of the interrupted import are gone.');
  const ledger = new ImportLedger({ rejects, place: plan.checkpoint, checkpoint });
  try {
    if (checkpoint !== null) run.onNote(`Going on behind row ${checkpoint.rows}, where the last import stopped.`);
    await sendAll(plan, run, { ledger, checkpoint });
    const finished = !run.signal.aborted;
    if (finished) await removeCheckpoint(plan.checkpoint);
    return { totals: ledger.totals, finished };
  } catch (error) {
    if (!(error instanceof CliError) || error.exitStatus !== 'interrupted') throw error;
    return { totals: ledger.totals, finished: false };
  } finally {
    await rejects.close();
  }
}

interface Progressing {
  readonly ledger: ImportLedger;
  readonly checkpoint: Checkpoint | null;
}

async function sendAll(plan: ImportPlan, run: ImportRun, { ledger, checkpoint }: Progressing): Promise<void> {
  const resumeAt = checkpoint?.rows ?? 0;
  const options = { mapRow: plan.mapRow, skipRows: checkpoint?.last_batch_from ?? 0, firstBatchTo: resumeAt };
  const underWay: Promise<() => Promise<void>>[] = [];
  const settleNext = async () => (await underWay.shift())?.();
  let confirmed = checkpoint === null;
  try {
    for await (const batch of batchRows(readRows(plan.file, plan.read), options)) {
      if (underWay.length >= plan.concurrency) await settleNext();
      if (run.signal.aborted) break;
      if (!confirmed && checkpoint !== null) {
        await confirmCheckpoint(run.client, batch, checkpoint);
        confirmed = true;
      } else {
        underWay.push(send(run, batch, ledger));
      }
    }
    if (!confirmed && !run.signal.aborted) throw new StaleCheckpoint('The file has become shorter.');
    while (underWay.length > 0) await settleNext();
  } finally {
    await Promise.all(underWay);
    await ledger.save();
  }
}

/** Never rejects: what became of a batch is told when its turn to be settled comes. */
async function send(run: ImportRun, batch: Batch, ledger: ImportLedger): Promise<() => Promise<void>> {
  try {
    const sent: SentBatch = await sendBatch(run.client, batch.items);
    return async () => {
      await ledger.settle(batch, sent);
      run.onProgress(ledger.totals);
    };
  } catch (error) {
    return () => Promise.reject(error);
  }
}

/** The last acknowledged batch must be the file's and the server's: a restored or emptied server must not lose rows. */
async function confirmCheckpoint(client: ApiClient, batch: Batch, checkpoint: Checkpoint): Promise<void> {
  if (batch.toRow !== checkpoint.rows || batch.rowsSha256 !== checkpoint.rows_sha256) {
    throw new StaleCheckpoint('The file has changed since the import that was interrupted.');
  }
  const { created } = await sendBatch(client, batch.items);
  if (created > 0) throw new StaleCheckpoint('The server does not have what the interrupted import sent.');
}
