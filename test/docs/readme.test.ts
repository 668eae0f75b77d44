import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { SEARCH_ATTRIBUTES } from '../../src/orchestration/search-attributes.ts';
import { Installation, PROJECT_ROOT, removeHomes, temporaryHome } from '../support/installation.ts';

const run = promisify(execFile);
const BLOCK_TIMEOUT_MS = 60_000;

let readme = '';
let home = '';
beforeAll(async () => {
  readme = await readFile(path.join(PROJECT_ROOT, 'README.md'), 'utf8');
  home = await temporaryHome();
  await Installation.start({ home });
}, 120_000);
afterAll(removeHomes, 30_000);

/** The fenced block of that language that contains `text`. */
function blockWith(language: string, text: string): string {
  const blocks = [...readme.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)];
  const found = blocks.filter((match) => match[1] === language && match[2]?.includes(text) === true);
  expect(found).toHaveLength(1);
  return found[0]?.[2] ?? '';
}

/** Runs a block as a person who pastes it; rejects when its last command fails. */
async function paste(block: string, cwd: string): Promise<string> {
  const env = { ...process.env, DURABILL_HOME: home };
  const { stdout } = await run('bash', ['-c', block], { cwd, env, timeout: BLOCK_TIMEOUT_MS });
  return stdout;
}

/** What differs from one installation to the next: ports and ids. */
function withoutChance(text: string): string {
  return text.replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1').replaceAll(/\b([a-z]+)_(?:[0-9a-z]{26}|…)/g, '$1_…');
}

test(
  'the block that bills a first event prints the invoice that the README promises',
  async () => {
    const printed = await paste(blockWith('bash', 'POST /events'), PROJECT_ROOT);
    const promised = blockWith('', '"amount_due"');
    expect(promised).toContain('"total":"13.00"');
    expect(withoutChance(printed)).toBe(`cus_…\nevt_…\nclk_…\n${withoutChance(promised)}`);
  },
  BLOCK_TIMEOUT_MS + 10_000,
);

test(
  'the example of an import sends its three rows, and sends none of them twice',
  async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'durabill-readme-'));
    try {
      // npx finds the command in the project's folder only, and the example's files belong elsewhere.
      const command = `node '${path.join(PROJECT_ROOT, 'scripts', 'durabill.mjs')}'`;
      const block = blockWith('bash', 'events import').replaceAll('npx durabill', command);
      expect(await paste(block, folder)).toMatch(/created +3\n +duplicates +0\n +rejected +0/);
      expect(await paste(block, folder)).toMatch(/created +0\n +duplicates +3\n +rejected +0/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
  2 * BLOCK_TIMEOUT_MS + 10_000,
);

test('the table of variables has those that the settings read, and no others', async () => {
  const source = await readFile(path.join(PROJECT_ROOT, 'src/platform/config.ts'), 'utf8');
  const read = [...source.matchAll(/'([A-Z][A-Z_]{3,})'/g)].map((match) => match[1]);
  const [, table = ''] = /^\| variable \|.*\n((?:\|.*\n)+)/m.exec(readme) ?? [];
  const firstColumn = table.split('\n').map((row) => row.split('|')[1] ?? '');
  const documented = firstColumn.flatMap((cell) => [...cell.matchAll(/`([A-Z_]+)`/g)].map((match) => match[1]));
  expect(documented.toSorted()).toEqual([...new Set(read)].toSorted());
});

test('the commands for an external server make every search attribute with its type', () => {
  const block = blockWith('bash', 'search-attribute create');
  const made = [...block.matchAll(/--name (\w+) --type (\w+)/g)].map(
    (match) => `${match[1]} ${match[2]?.toUpperCase()}`,
  );
  const needed = Object.values(SEARCH_ATTRIBUTES).map(({ name, type }) => `${name} ${type}`);
  expect(made.toSorted()).toEqual(needed.toSorted());
});
