import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { median, readable, spreadPercent } from '../../bench/support/statistics.ts';
import { PROJECT_ROOT } from '../support/installation.ts';

const run = promisify(execFile);
const TIMEOUT_MS = 280_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'durabill-bench-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const bench = (...args: string[]) =>
  run(process.execPath, ['scripts/run.mjs', 'bench/run.ts', ...args], {
    cwd: PROJECT_ROOT,
    timeout: TIMEOUT_MS - 10_000,
  });

describe('a benchmark, small', () => {
  test.each(['closes-at-one-instant', 'year-by-test-clock', 'cost-of-a-period', 'memory-of-sleepers'])(
    '%s does its work rightly, prints its figures and writes them',
    async (name) => {
      const out = path.join(folder, name);
      const { stdout } = await bench(name, '--small', '--out', out);
      expect(stdout).toContain(`\n${name}\n`);
      const [file = ''] = await readdir(out);
      const written = JSON.parse(await readFile(path.join(out, file), 'utf8'));
      expect(written).toMatchObject({ benchmark: name, n: expect.any(Number), runs: 1, method: expect.any(String) });
      for (const { label, values } of written.series) {
        expect([label, values]).toEqual([label, [expect.any(Number)]]);
        expect(stdout).toContain(`${label}: `);
      }
    },
    TIMEOUT_MS,
  );

  test(
    'of an unknown name is refused with the names that there are',
    async () => {
      await expect(bench('speed')).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/There is no benchmark speed\.[^]*year-by-test-clock/),
      });
    },
    TIMEOUT_MS,
  );
});

test('figures are told by their median, their spread and three digits', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
  expect(spreadPercent([9, 10, 11])).toBe(20);
  expect([0.12345, 12.345, 1234.5, 0].map(readable)).toEqual(['0.123', '12.3', '1235', '0']);
});
