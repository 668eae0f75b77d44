import { access, constants, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { CliError } from '../cli-error.ts';

const checkpointFile = z.object({
  version: z.literal(1),
  /** Hash of the URL, the mode and every option that changes events: another import must not go on from here. */
  binding: z.string(),
  /** Rows, from the first, whose every event is acknowledged or written to the rejects. */
  rows: z.int().min(1),
  /** The first row of the last of those batches: it is sent again to see that the server still has it. */
  last_batch_from: z.int().min(0),
  /** SHA-256 over the bytes of those rows: a file that changed in front of here is read from its start. */
  rows_sha256: z.string(),
  rejects_bytes: z.int().min(0),
  created: z.int().min(0),
  duplicates: z.int().min(0),
  rejected: z.int().min(0),
});

/** How far an interrupted import came. It only saves time: without it every event is sent again, as a duplicate. */
export type Checkpoint = z.infer<typeof checkpointFile>;

/** Where to read and write it; null keeps none. */
export interface CheckpointPlace {
  readonly path: string | null;
  readonly binding: string;
}

/** Null when there is none, it is damaged, or it belongs to another import. */
export async function findCheckpoint({ path, binding }: CheckpointPlace): Promise<Checkpoint | null> {
  if (path === null) return null;
  try {
    const found = checkpointFile.safeParse(JSON.parse(await readFile(path, 'utf8')));
    return found.success && found.data.binding === binding ? found.data : null;
  } catch {
    return null;
  }
}

/** So that nothing is sent before it is known that progress can be kept. */
export async function requireCheckpointPlace(place: CheckpointPlace): Promise<void> {
  if (place.path === null) return;
  await access(path.dirname(place.path), constants.W_OK).catch((error: unknown) => refuse(place.path, error));
}

/** Written whole or not at all. */
export async function saveCheckpoint(place: CheckpointPlace, checkpoint: Checkpoint): Promise<void> {
  if (place.path === null) return;
  const temporary = `${place.path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, JSON.stringify(checkpoint));
    await rename(temporary, place.path);
  } catch (error) {
    refuse(place.path, error);
  }
}

export async function removeCheckpoint({ path }: CheckpointPlace): Promise<void> {
  if (path !== null) await rm(path, { force: true });
}

function refuse(file: string | null, error: unknown): never {
  const reason = error instanceof Error ? error.message : String(error);
  throw new CliError('usage', `The checkpoint cannot be written to ${file}: ${reason}.`, {
    fix: 'Name another file with --checkpoint, or do without by --no-checkpoint.',
    cause: error,
  });
}
