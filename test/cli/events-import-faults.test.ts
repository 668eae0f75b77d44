import { access, writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { startTestApi } from '../support/api.ts';
import type { Gateway } from './support/gateway.ts';
import { readRejects, summaryOf, useImportWorld } from './support/import-world.ts';
import { runCommand } from './support/run-command.ts';

const world = useImportWorld();
const exists = (name: string) =>
  access(name).then(
    () => true,
    () => false,
  );

describe('a bad way to the API', () => {
  test('lost connections, lost answers and 5xx are tried again, and nothing is counted twice', async () => {
    const input = await world.write('usage.jsonl', world.jsonLines(0, 3_500));
    const way = await world.openWay();
    const fates = ['is lost', 'loses its answer', { status: 503, retryAfter: '0' }, { status: 502 }] as const;
    way.fateOf = (ordinal) => fates[ordinal] ?? 'passes';
    const result = await world.run(input, [], { url: way.url });
    expect(result.status).toBe(0);
    const { created, duplicates } = summaryOf(result);
    expect({ created, duplicates }).toEqual({ created: 2_500, duplicates: 1_000 });
    expect(await world.countStored()).toBe(3_500);
  });

  test('after a 429 no request comes before Retry-After has passed', async () => {
    const input = await world.write('usage.jsonl', world.jsonLines(0, 3_000));
    const way = await world.openWay();
    way.fateOf = (ordinal) => (ordinal === 0 ? { status: 429, retryAfter: '1' } : 'passes');
    const result = await world.run(input, ['--concurrency', '1'], { url: way.url });
    expect(result.status).toBe(0);
    const [refused, next] = way.requests;
    expect((next?.atMs ?? 0) - (refused?.atMs ?? 0)).toBeGreaterThanOrEqual(1_000);
    expect(result.stderr).toContain('The API limits the rate; waiting 1.0 s.');
  });

  test('a refused key ends the import at once with status 3 and the reason', async () => {
    const input = await world.write('usage.jsonl', world.jsonLines(0, 1));
    const args = ['events', 'import', input, '--url', world.api.url, '--event-name', 'call', '--key', 'fp_test_wrong'];
    const result = await runCommand(args);
    expect(result.status).toBe(3);
    expect(result.stderr).toMatch(/invalid_key.*request req_/);
  });
});

/** Stops the import as Ctrl-C does, when the given request arrives. */
async function interrupt(input: string, way: Gateway, atRequest: number): Promise<void> {
  const stop = new AbortController();
  way.fateOf = (ordinal) => {
    if (ordinal === atRequest) stop.abort();
    return 'passes';
  };
  const result = await world.run(input, ['--concurrency', '1'], { url: way.url, signal: stop.signal });
  expect(result.status).toBe(130);
  expect(result.stderr).toContain('Repeat the command to go on.');
  way.fateOf = () => 'passes';
  way.requests.length = 0;
}

describe('an interrupted import', () => {
  test('goes on where it stopped, sending only its last batch again, with the rejects of before kept', async () => {
    const input = await world.write('usage.jsonl', `{}\n${world.jsonLines(0, 4_998)}{}\n`);
    const way = await world.openWay();
    await interrupt(input, way, 2);
    const result = await world.run(input, [], { url: way.url });
    expect(result.stderr).toContain('Going on behind row 3001');
    expect(summaryOf(result)).toMatchObject({
      rows: 5_000,
      resumed_rows: 3_001,
      created: 4_998,
      duplicates: 0,
      rejected: 2,
    });
    expect(way.requests.map(({ events }) => events)).toEqual([1_000, 1_000, 998]);
    expect(await readRejects(input)).toMatchObject([{ row: 1 }, { row: 5_000 }]);
    expect(await world.countStored()).toBe(4_998);
    expect(await exists(`${input}.checkpoint.json`)).toBe(false);
  });

  test('keeps its checkpoint when the API becomes unreachable, and goes on from it', async () => {
    const input = await world.write('usage.jsonl', world.jsonLines(0, 4_000));
    const way = await world.openWay();
    way.fateOf = (ordinal) => (ordinal < 2 ? 'passes' : { status: 401 });
    expect((await world.run(input, ['--concurrency', '1'], { url: way.url })).status).toBe(4);
    way.fateOf = () => 'passes';
    const result = await world.run(input, [], { url: way.url });
    expect(summaryOf(result)).toMatchObject({ rows: 4_000, resumed_rows: 2_000, created: 4_000, duplicates: 0 });
  });
});

describe('an interrupted import whose checkpoint no longer holds', () => {
  test('starts at the first row when the file has changed in front of where it stopped', async () => {
    const input = await world.write('usage.jsonl', world.jsonLines(0, 4_000));
    const way = await world.openWay();
    await interrupt(input, way, 1);
    await writeFile(input, world.jsonLines(1, 4_001));
    const result = await world.run(input, [], { url: way.url });
    expect(result.stderr).toContain('The file has changed');
    expect(summaryOf(result)).toMatchObject({ rows: 4_000, created: 2_001, duplicates: 1_999 });
  });

  test('starts at the first row when the file has become shorter', async () => {
    const input = await world.write('usage.jsonl', world.jsonLines(0, 4_000));
    const way = await world.openWay();
    await interrupt(input, way, 1);
    await writeFile(input, world.jsonLines(0, 10));
    const result = await world.run(input, [], { url: way.url });
    expect(result.stderr).toContain('The file has become shorter.');
    expect(summaryOf(result)).toMatchObject({ rows: 10, duplicates: 10 });
  });

  test('starts at the first row when the server no longer has what it acknowledged', async () => {
    const input = await world.write('usage.jsonl', world.jsonLines(0, 4_000));
    const way = await world.openWay();
    await interrupt(input, way, 1);
    const other = await startTestApi();
    try {
      way.upstream = other;
      const result = await world.run(input, [], { url: way.url });
      expect(result.stderr).toContain('The server does not have what the interrupted import sent.');
      expect(summaryOf(result)).toMatchObject({ rows: 4_000, resumed_rows: 0, created: 3_000, duplicates: 1_000 });
    } finally {
      await other.close();
    }
  });

  test('starts at the first row when the options make other events', async () => {
    const input = await world.write('usage.jsonl', world.jsonLines(0, 4_000));
    const way = await world.openWay();
    await interrupt(input, way, 1);
    const result = await world.run(input, ['--key-prefix', 'other-'], { url: way.url });
    expect(summaryOf(result)).toMatchObject({ rows: 4_000, resumed_rows: 0, created: 4_000 });
  });
});
