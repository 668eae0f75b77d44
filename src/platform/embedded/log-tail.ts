import { readFile, rename, stat } from 'node:fs/promises';

const LOG_LIMIT_BYTES = 20_000_000;

/** The last lines of a log, to explain why a server did not come up; empty when there is none. */
export async function logTail(file: string, lines = 12): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}

/** Moves a grown log aside (to `<file>.1`), so that a home keeps at most two of them. */
export async function rotateLog(file: string): Promise<void> {
  const found = await stat(file).catch(() => null);
  if (found !== null && found.size > LOG_LIMIT_BYTES) await rename(file, `${file}.1`);
}
