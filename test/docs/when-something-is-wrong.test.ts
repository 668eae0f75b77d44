import { expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { PROBLEM_CODES } from '../../src/operations/health-problems.ts';
import { PROJECT_ROOT } from '../support/installation.ts';

test('the page for operators has every problem that a report can name, in its order, and no other', async () => {
  const text = await readFile(path.join(PROJECT_ROOT, 'docs/when-something-is-wrong.md'), 'utf8');
  expect([...text.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, code]) => code)).toEqual([...PROBLEM_CODES]);
});
