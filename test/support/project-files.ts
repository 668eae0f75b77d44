import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const NOT_OURS = new Set(['.git', 'node_modules', '.cache', '.durabill', 'coverage']);
const TEXT = /\.(?:ts|mjs|js|json|md|sql|yml|yaml)$/;

/** A text file of this project; `path` is relative to the root, with forward slashes. */
export interface ProjectFile {
  readonly path: string;
  readonly text: string;
}

/** Every text file of the project but the lock file and recordings, which programs write. */
export async function readProjectFiles(): Promise<ProjectFile[]> {
  const top = (await readdir(ROOT)).filter((name) => !NOT_OURS.has(name));
  const found = await Promise.all(top.map(listUnder));
  const paths = found.flat().filter((name) => TEXT.test(name) && !isWrittenByPrograms(name));
  return Promise.all(
    paths.sort().map(async (name) => ({ path: name, text: await readFile(path.join(ROOT, name), 'utf8') })),
  );
}

function isWrittenByPrograms(name: string): boolean {
  return name === 'package-lock.json' || name.startsWith('test/replay/histories/');
}

async function listUnder(name: string): Promise<string[]> {
  const entries = await readdir(path.join(ROOT, name), { recursive: true, withFileTypes: true }).catch(() => null);
  if (entries === null) return [name];
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(ROOT, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'));
}

/** What a TypeScript file imports: paths of this project, and names of packages. */
export function importsOf(file: ProjectFile): string[] {
  const specifiers = file.text.matchAll(
    /^(?:import|export)\b[^;'"`]*?\bfrom\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm,
  );
  return [...specifiers].flatMap((match) => {
    const specifier = match[1] ?? match[2] ?? match[3];
    if (specifier === undefined) return [];
    return specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file.path), specifier) : specifier;
  });
}
