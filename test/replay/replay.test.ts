import { readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { readProjectFiles } from '../support/project-files.ts';
import { workflowBundle } from '../support/temporal.ts';

const FOLDER = fileURLToPath(new URL('./histories/', import.meta.url));

Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('ERROR') });

async function histories(): Promise<{ workflowId: string; history: unknown }[]> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.json'));
  return Promise.all(
    names.map(async (name) => ({
      workflowId: name.replace('.json', ''),
      history: JSON.parse(await readFile(path.join(FOLDER, name), 'utf8')) as unknown,
    })),
  );
}

/** Replays every recorded history; gives the names of those that the code would not have produced. */
async function failures(codePath: string): Promise<string[]> {
  const failed: string[] = [];
  const results = Worker.runReplayHistories({ workflowBundle: { codePath } }, await histories());
  for await (const { workflowId, error } of results) if (error !== undefined) failed.push(workflowId);
  return failed;
}

test('every recorded run replays against the workflow code of today', async () => {
  const { codePath } = await workflowBundle();
  expect(await failures(codePath)).toEqual([]);
}, 120_000);

test('every behaviour that a test records has its history here', async () => {
  const tests = (await readProjectFiles()).filter(({ path: file }) => file.startsWith('test/workflow/'));
  const recorded = tests.flatMap(({ text }) =>
    [...text.matchAll(/keep\('([a-z-]+)'|name: '([a-z-]+)',\s*workflowId/g)].map((match) => match[1] ?? match[2]),
  );
  expect(recorded.length).toBeGreaterThan(25);
  expect((await histories()).map(({ workflowId }) => workflowId)).toEqual(expect.arrayContaining(recorded));
});

test('a change that breaks running workflows is caught', async () => {
  const { codePath } = await workflowBundle();
  const code = await readFile(codePath, 'utf8');
  // Another activity in the same place is what an unguarded change of the loop looks like.
  const broken = code.replaceAll('finalizeInvoice', 'finalizeInvoiceAnew');
  expect(broken).not.toBe(code);
  const brokenPath = path.join(tmpdir(), `broken-workflow-bundle-${process.pid}.js`);
  await writeFile(brokenPath, broken);
  expect((await failures(brokenPath)).length).toBeGreaterThan(0);
}, 120_000);
