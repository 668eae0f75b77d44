import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { SEARCH_ATTRIBUTES } from '../../src/orchestration/search-attributes.ts';
import { PROJECT_ROOT } from '../support/installation.ts';

/** As an operator writes them: `CustomerId Keyword`. */
const WANTED = Object.values(SEARCH_ATTRIBUTES)
  .map(({ name, type }) => `${name} ${type.charAt(0)}${type.slice(1).toLowerCase()}`)
  .toSorted();

/** The places that tell how to make the attributes, and how each writes one. */
const PLACES: [file: string, pattern: RegExp][] = [
  ['deploy/temporal/namespaces.sh', /^ {2}ensure_attribute "\$1" (\w+) (\w+)$/gm],
  ['docs/production.md', /--name (\w+) --type (\w+)/g],
  ['docs/production.md', /--search-attribute (\w+)=(\w+)/g],
  ['README.md', /--name (\w+) --type (\w+)/g],
];

test.each(PLACES)('%s makes exactly the search attributes that workflows set (%s)', async (file, pattern) => {
  const text = await readFile(path.join(PROJECT_ROOT, file), 'utf8');
  const found = [...text.matchAll(pattern)].map(([, name, type]) => `${name} ${type}`);
  expect(found.toSorted()).toEqual(WANTED);
});
