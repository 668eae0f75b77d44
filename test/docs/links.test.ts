import { expect, test } from '@jest/globals';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { PROJECT_ROOT } from '../support/installation.ts';
import { readProjectFiles } from '../support/project-files.ts';

test('every link between the documents leads to a file', async () => {
  const documents = (await readProjectFiles()).filter((file) => file.path.endsWith('.md'));
  const links = documents.flatMap((file) =>
    [...file.text.matchAll(/\]\((?!https?:)([^)#\s]+)[^)]*\)/g)].map((match) => ({
      from: file.path,
      to: path.join(path.dirname(file.path), match[1] ?? ''),
    })),
  );
  const broken: string[] = [];
  for (const { from, to } of links) {
    await access(path.join(PROJECT_ROOT, to)).catch(() => broken.push(`${from}: ${to}`));
  }
  expect(links.length).toBeGreaterThan(0);
  expect(broken).toEqual([]);
});
