import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { EXAMPLE_PASSWORDS, readCompose } from '../support/compose-file.ts';
import { PROJECT_ROOT } from '../support/installation.ts';

const run = promisify(execFile);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'durabill-schema-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Runs the job with a program in place of Temporal's that notes how it is called, and fails at `failsAt`. */
async function callsOfSchemaJob(failsAt = 'nothing'): Promise<{ calls: string[]; failed: boolean }> {
  const log = path.join(folder, 'calls');
  const tool = [
    '#!/bin/sh',
    `echo "$SQL_PLUGIN $SQL_USER@$SQL_HOST:$SQL_PORT/$SQL_DATABASE $*" >>'${log}'`,
    `case "$*" in *${failsAt}*) exit 1 ;; esac`,
  ].join('\n');
  await writeFile(path.join(folder, 'temporal-sql-tool'), tool, { mode: 0o755 });
  const settings = (await readCompose(EXAMPLE_PASSWORDS)).services['temporal-schema']?.environment;
  const env = { ...settings, PATH: `${folder}${path.delimiter}${process.env['PATH']}` };
  const failed = await run('sh', [path.join(PROJECT_ROOT, 'deploy/temporal/schema.sh')], { env }).then(
    () => false,
    () => true,
  );
  return { calls: (await readFile(log, 'utf8')).trimEnd().split('\n'), failed };
}

test('the schema job sets up and updates the tables of both databases, as the role that owns them', async () => {
  const schemas = '/etc/temporal/schema/postgresql/v12';
  expect(await callsOfSchemaJob()).toEqual({
    calls: [
      'postgres12 temporal@postgres:5432/temporal setup-schema -v 0.0',
      `postgres12 temporal@postgres:5432/temporal update-schema -d ${schemas}/temporal/versioned`,
      'postgres12 temporal@postgres:5432/temporal_visibility setup-schema -v 0.0',
      `postgres12 temporal@postgres:5432/temporal_visibility update-schema -d ${schemas}/visibility/versioned`,
    ],
    failed: false,
  });
});

test('the schema job ends at the first failure, so that no server starts on half a schema', async () => {
  const { calls, failed } = await callsOfSchemaJob('update-schema');
  expect([calls.length, failed]).toEqual([2, true]);
});
