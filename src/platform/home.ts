import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** The first account's two keys, as the home keeps them so that the command line finds them. */
export interface HomeKeys {
  readonly testKey: string;
  readonly liveKey: string;
}

/** Makes the folder, readable by its owner only. */
export async function openHome(home: string): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  await chmod(home, 0o700);
  await mkdir(path.join(home, 'logs'), { recursive: true, mode: 0o700 });
}

/** Keys that an earlier start put into the home (`keys.json`); null when there are none. */
export async function readHomeKeys(home: string): Promise<HomeKeys | null> {
  const found = await readJson(path.join(home, 'keys.json'));
  if (typeof found?.['test_key'] !== 'string' || typeof found['live_key'] !== 'string') return null;
  return { testKey: found['test_key'], liveKey: found['live_key'] };
}

export async function writeHomeKeys(home: string, keys: HomeKeys): Promise<void> {
  await writeJson(path.join(home, 'keys.json'), { test_key: keys.testKey, live_key: keys.liveKey });
}

/** Where the API of this home serves, or last served (`api.json`); null before the first start. */
export async function readHomeUrl(home: string): Promise<string | null> {
  const found = await readJson(path.join(home, 'api.json'));
  return typeof found?.['url'] === 'string' ? found['url'] : null;
}

export async function writeHomeUrl(home: string, url: string): Promise<void> {
  await writeJson(path.join(home, 'api.json'), { url });
}

/** A JSON object of a file; null when there is none, or nothing that can be read. */
export async function readJson(file: string): Promise<Readonly<Record<string, unknown>> | null> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

/** Writes the whole file or nothing, readable by its owner only. */
export async function writeJson(file: string, value: Readonly<Record<string, unknown>>): Promise<void> {
  const fresh = `${file}.${process.pid}.tmp`;
  await writeFile(fresh, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  await rename(fresh, file);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
