import { beforeAll, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { importsOf, type ProjectFile, readProjectFiles } from './support/project-files.ts';

let files: ProjectFile[];
beforeAll(async () => {
  files = await readProjectFiles();
});

const isCode = ({ path }: ProjectFile) => /^(?:src|workflows|activities|bench)\/.*\.ts$/.test(path);

/** Paths of the files that break a rule, with what breaks it: a failure reads as the list of what to mend. */
function breaches(chosen: readonly ProjectFile[], find: (file: ProjectFile) => readonly string[]): string[] {
  return chosen.flatMap((file) => find(file).map((fault) => `${file.path}: ${fault}`));
}

/** What each layer may import of this project; packages are listed below. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'src/domain': ['src/domain'],
  'src/platform': ['src/platform', 'src/domain'],
  'src/storage': ['src/storage', 'src/platform', 'src/domain'],
  'src/operations': ['src/operations', 'src/storage', 'src/platform', 'src/domain'],
  'src/orchestration': [
    'src/orchestration',
    'src/operations',
    'src/storage',
    'src/platform',
    'src/domain',
    'activities',
  ],
  'src/api': ['src/api', 'src/operations', 'src/storage', 'src/orchestration', 'src/platform', 'src/domain'],
  'src/cli': ['src/cli', 'src/platform', 'src/domain'],
  'src/demo/company': ['src/demo/company', 'src/domain'],
  'src/demo': ['src/demo', 'src/cli', 'src/platform', 'src/domain'],
  bench: ['bench', 'src', 'workflows'],
  activities: ['activities', 'src/operations', 'src/orchestration', 'src/storage', 'src/platform', 'src/domain'],
  workflows: [
    'workflows',
    'src/domain',
    'src/orchestration/messages.ts',
    'src/orchestration/search-attributes.ts',
    'activities',
  ],
};

/** Packages that a layer must do without; every layer above may use them. */
const MUST_NOT_IMPORT: Readonly<Record<string, RegExp>> = {
  'src/domain': /^(?:node:|pg$|zod|express|pino|@temporalio\/)/,
  'src/storage': /^(?:zod|express|@temporalio\/)/,
  'src/operations': /^(?:zod|express|pg$|@temporalio\/)/,
  'src/api': /^(?:pg$|@temporalio\/)/,
  'src/cli': /^(?:pg$|express|@temporalio\/)/,
  'src/demo/company': /^/,
  'src/demo': /^(?:pg$|express|@temporalio\/)/,
  workflows: /^(?!@temporalio\/(?:workflow|common)$)/,
};

const layerOf = (path: string) => Object.keys(MAY_IMPORT).find((layer) => path.startsWith(`${layer}/`));
const isPath = (imported: string) => /^(?:src|workflows|activities|bench|test|scripts)\//.test(imported);

test('each layer imports only what lies below it', () => {
  const found = breaches(files.filter(isCode), (file) => {
    const layer = layerOf(file.path);
    if (layer === undefined) return [];
    const allowed = MAY_IMPORT[layer] ?? [];
    return importsOf(file).filter((imported) =>
      isPath(imported)
        ? !allowed.some((below) => imported === below || imported.startsWith(`${below}/`))
        : MUST_NOT_IMPORT[layer]?.test(imported) === true,
    );
  });
  expect(found).toEqual([]);
});

test('workflow code takes from the activities their types only', () => {
  const found = breaches(
    files.filter(({ path }) => path.startsWith('workflows/')),
    ({ text }) => [...text.matchAll(/^import (?!type )[^;]*activities\/[^;]*;/gm)].map((match) => match[0]),
  );
  expect(found).toEqual([]);
});

test('decimal.js and temporal-polyfill are imported in one place each', () => {
  const importers = (name: string) => files.filter((file) => isCode(file) && importsOf(file).includes(name));
  expect(importers('decimal.js').map(({ path }) => path)).toEqual(['src/domain/decimal.ts']);
  expect(importers('temporal-polyfill').map(({ path }) => path)).toEqual(['src/domain/calendar.ts']);
});

test('a file is one idea: 300 lines at most, 400 for a test', () => {
  const found = breaches(
    files.filter(({ path }) => /\.(?:ts|mjs|js)$/.test(path)),
    ({ path, text }) => {
      const lines = text.split('\n').length - 1;
      return lines > (path.startsWith('test/') ? 400 : 300) ? [`${lines} lines`] : [];
    },
  );
  expect(found).toEqual([]);
});

test('no drawers named utils, helpers or types, no barrels, and file names in kebab-case', () => {
  const found = breaches(files.filter(isCode), ({ path }) => {
    const names = path.replace(/\.ts$/, '').split('/');
    return names.filter((name) => /^(?:utils?|helpers?|types?|common|misc)$/.test(name) || !/^[a-z0-9-]+$/.test(name));
  });
  expect(found).toEqual([]);
  // The workflow bundle needs one entry that exports every workflow.
  const barrels = files.filter(
    (file) => isCode(file) && file.path.endsWith('/index.ts') && file.path !== 'workflows/index.ts',
  );
  expect(barrels.map(({ path }) => path)).toEqual([]);
});

test('nothing is left for later by a mark in the text', () => {
  const marks = new RegExp(`\\b(?:${'TO'}DO|${'FIX'}ME)\\b`, 'g');
  expect(breaches(files, ({ text }) => text.match(marks) ?? [])).toEqual([]);
});

test('each Markdown file has one title, on its first line', () => {
  const found = breaches(
    files.filter(({ path }) => path.endsWith('.md')),
    ({ text }) => {
      const titles = text.replace(/^```[\s\S]*?^```/gm, '').match(/^# .+$/gm) ?? [];
      return titles.length === 1 && text.startsWith('# ') ? [] : [`${titles.length} titles`];
    },
  );
  expect(found).toEqual([]);
});

test('SQL keywords are lower-case', () => {
  const keyword = /\b(?:SELECT|INSERT|UPDATE|DELETE|CREATE|FROM|WHERE|ORDER BY|ON CONFLICT)\b/g;
  const found = breaches(
    files.filter(({ path }) => path.startsWith('src/storage/')),
    (file) => sqlTextsOf(file).flatMap((text) => text.match(keyword) ?? []),
  );
  expect(found).toEqual([]);
});

test('every npm script is one command that npm becomes, so that a signal to npm reaches it', () => {
  const scripts = JSON.parse(files.find(({ path }) => path === 'package.json')?.text ?? '{}').scripts;
  const others = Object.entries(scripts).filter(
    ([, command]) => !/^exec node scripts\/run\.mjs [^&|;]+$/.test(String(command)),
  );
  expect(others).toEqual([]);
});

test('the lock file names no registry', async () => {
  expect(await readFile(new URL('../package-lock.json', import.meta.url), 'utf8')).not.toContain('"resolved"');
});

function sqlTextsOf({ path, text }: ProjectFile): string[] {
  if (path.endsWith('.sql')) return [text.replace(/--.*$|'[^']*'/gm, '')];
  const statements = text.matchAll(/\bsql(?:\.\w+)?`([^`]*)`/g);
  return [...statements].map((match) => (match[1] ?? '').replace(/\$\{[^}]*\}/g, ''));
}
