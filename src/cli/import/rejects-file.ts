import { type FileHandle, open, rm } from 'node:fs/promises';
import { CliError } from '../cli-error.ts';
import { type Reject, rejectLine } from './reject.ts';

/**
 * Where rows that could not be imported are written, in the order of the file. It is opened before the first event is
 * sent, so no row is rejected without a place to say so, and removed when it stays empty.
 */
export class RejectsFile {
  readonly #path: string;
  readonly #file: FileHandle;
  #bytes: number;

  private constructor(path: string, file: FileHandle, bytes: number) {
    this.#path = path;
    this.#file = file;
    this.#bytes = bytes;
  }

  /**
   * @param keptBytes what an interrupted import had written for the rows it had done; the rest is cut off
   * @returns null when the file has less than that
   * @throws CliError when it cannot be written
   */
  static async open(path: string, keptBytes: number): Promise<RejectsFile | null> {
    try {
      const file = await open(path, keptBytes === 0 ? 'w' : 'r+');
      const { size } = await file.stat();
      if (size >= keptBytes) {
        await file.truncate(keptBytes);
        return new RejectsFile(path, file, keptBytes);
      }
      await file.close();
      return null;
    } catch (error) {
      if (keptBytes > 0 && error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
      const reason = error instanceof Error ? error.message : String(error);
      throw new CliError('usage', `Rejected rows cannot be written to ${path}: ${reason}.`, {
        fix: 'Name another file with --rejects.',
        cause: error,
      });
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  async append(rejects: readonly Reject[]): Promise<void> {
    if (rejects.length === 0) return;
    const text = Buffer.from(rejects.map(rejectLine).join(''));
    for (let written = 0; written < text.length; ) {
      const { bytesWritten } = await this.#file.write(text, written, text.length - written, this.#bytes + written);
      written += bytesWritten;
    }
    this.#bytes += text.length;
  }

  async close(): Promise<void> {
    if (this.#bytes > 0) await this.#file.sync();
    await this.#file.close();
    if (this.#bytes === 0) await rm(this.#path, { force: true });
  }
}
