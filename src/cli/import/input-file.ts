import { open, stat } from 'node:fs/promises';
import { CliError } from '../cli-error.ts';

export type InputFormat = 'csv' | 'json' | 'jsonl';

export interface InputFile {
  readonly path: string;
  readonly size: number;
  /** Offset of the first byte behind a byte order mark. */
  readonly start: number;
}

const UTF8_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const UNREADABLE = [
  { magic: Buffer.from([0xff, 0xfe]), what: 'UTF-16', fix: 'Convert it with `iconv -f UTF-16 -t UTF-8`.' },
  { magic: Buffer.from([0xfe, 0xff]), what: 'UTF-16', fix: 'Convert it with `iconv -f UTF-16 -t UTF-8`.' },
  { magic: Buffer.from([0x1f, 0x8b]), what: 'compressed by gzip', fix: 'Unpack it with `gunzip -k`.' },
  { magic: Buffer.from('PK\u0003\u0004'), what: 'a ZIP archive (a spreadsheet?)', fix: 'Unpack it, or export CSV.' },
];

const EXTENSIONS = new Map<string, InputFormat>([
  ['csv', 'csv'],
  ['tsv', 'csv'],
  ['json', 'json'],
  ['jsonl', 'jsonl'],
  ['ndjson', 'jsonl'],
]);

/** The format that the extension names; null when it names none. */
export function formatOf(path: string): InputFormat | null {
  const extension = /\.([^./\\]+)$/.exec(path)?.[1] ?? '';
  return EXTENSIONS.get(extension.toLowerCase()) ?? null;
}

/** @throws CliError when the file cannot be read or plainly is no UTF-8 text */
export async function inspectInput(path: string): Promise<InputFile> {
  try {
    const { size } = await regularFile(path);
    const head = await firstBytes(path, 4);
    const wrong = UNREADABLE.find(({ magic }) => head.subarray(0, magic.length).equals(magic));
    if (wrong !== undefined)
      throw new CliError('usage', `${path} is ${wrong.what}, not UTF-8 text.`, { fix: wrong.fix });
    return { path, size, start: head.subarray(0, 3).equals(UTF8_MARK) ? 3 : 0 };
  } catch (error) {
    if (error instanceof CliError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError('usage', `${path} cannot be read: ${reason}.`, { cause: error });
  }
}

async function regularFile(path: string): Promise<{ size: number }> {
  const found = await stat(path);
  if (found.isFile()) return found;
  throw new CliError('usage', `${path} is not a file.`, {
    fix: 'Save the rows to a file first: an import that is interrupted reads it again.',
  });
}

async function firstBytes(path: string, count: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(count), 0, count, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
