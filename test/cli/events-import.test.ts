import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../support/api.ts';
import { type Gateway, openGateway } from './support/gateway.ts';
import { type CommandResult, runCommand } from './support/run-command.ts';

let api: TestApi;
let folder: string;
let gateways: Gateway[] = [];
/** Every test has customers of its own, so their events are told apart. */
let customers = 0;
let customer: string;

beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'durabill-import-'));
  customers += 1;
  customer = `customer-${customers}`;
});
afterEach(async () => {
  await Promise.all(gateways.map((gateway) => gateway.close()));
  gateways = [];
  await rm(folder, { recursive: true });
});

async function openWay(): Promise<Gateway> {
  const way = await openGateway(api);
  gateways.push(way);
  return way;
}

async function file(name: string, content: string | Buffer): Promise<string> {
  const written = path.join(folder, name);
  await writeFile(written, content);
  return written;
}

interface ImportSurroundings {
  readonly url?: string;
  readonly signal?: AbortSignal;
}

function run(input: string, options: readonly string[], surroundings: ImportSurroundings = {}): Promise<CommandResult> {
  const { url = api.url, ...rest } = surroundings;
  const args = [
    'events',
    'import',
    input,
    '--url',
    url,
    '--key',
    api.testKey,
    '--event-name',
    'call',
    '--json',
    ...options,
  ];
  return runCommand(args, rest);
}

const summary = (result: CommandResult) => JSON.parse(result.stdout);

async function stored(): Promise<{ timestamp: string; properties: Record<string, unknown> }[]> {
  const { body } = await api.call('GET', `/events?customer_id=${customer}&limit=200`);
  return body.data;
}

async function countStored(): Promise<number> {
  for (let count = 0, cursor = ''; ; ) {
    const { body } = await api.call('GET', `/events?customer_id=${customer}&limit=200${cursor}`);
    count += body.data.length;
    if (!body.has_more) return count;
    cursor = `&cursor=${body.next_cursor}`;
  }
}

const rejects = async (input: string) =>
  (await readFile(`${input}.rejected.jsonl`, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const exists = (name: string) =>
  access(name).then(
    () => true,
    () => false,
  );

/** JSON lines with values `from` to `to` - 1. */
const jsonLines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => {
    const event = { customer_id: customer, timestamp: '2001-01-01T00:00:00Z', n: from + index };
    return `${JSON.stringify(event)}\n`;
  }).join('');

describe('the three formats give the same events', () => {
  const options = [
    '--customer-column',
    'who',
    '--timestamp-column',
    'at',
    '--timestamp-format',
    'yyyy/MM/dd HH:mm',
    '--timezone',
    'UTC',
  ];

  test('CSV, with quoted line breaks and typed cells', async () => {
    const input = await file('usage.csv', `who,at,note,distance\n${customer},2001/01/01 00:47,"a ""b""\nc",1750\n`);
    const result = await run(input, [...options, '--property', 'note', '--property', 'distance:number']);
    expect(result).toMatchObject({ status: 0 });
    expect(summary(result)).toMatchObject({ rows: 1, created: 1, duplicates: 0, rejected: 0, rejects_file: null });
    expect(await stored()).toMatchObject([
      { timestamp: '2001-01-01T00:47:00Z', properties: { note: 'a "b"\nc', distance: 1750 } },
    ]);
  });

  test('a JSON array, with numbers that no double holds', async () => {
    const input = await file(
      'usage.json',
      `\ufeff[{"who":"${customer}","at":"2001/01/01 00:47","distance":1234567890.12345678901234567}]`,
    );
    expect(await run(input, options)).toMatchObject({ status: 0 });
    const { text } = await api.call('GET', `/events?customer_id=${customer}`);
    expect(text).toContain('1234567890.12345678901234567');
  });

  test('JSON lines', async () => {
    const input = await file('usage.jsonl', `{"who":"${customer}","at":"2001/01/01 00:47","distance":1750}\n`);
    expect(await run(input, options)).toMatchObject({ status: 0 });
    expect(await stored()).toMatchObject([{ timestamp: '2001-01-01T00:47:00Z', properties: { distance: 1750 } }]);
  });
});

describe('repeating an import', () => {
  test('gives duplicates only, also with the rows in another order and equal rows among them', async () => {
    const lines = [...jsonLines(0, 5).trim().split('\n'), ...jsonLines(0, 5).trim().split('\n')];
    const input = await file('usage.jsonl', lines.join('\n'));
    expect(summary(await run(input, []))).toMatchObject({ rows: 10, created: 10, duplicates: 0 });
    await writeFile(input, lines.reverse().join('\n'));
    expect(summary(await run(input, []))).toMatchObject({ rows: 10, created: 0, duplicates: 10 });
    expect(await stored()).toHaveLength(10);
  });

  test('with another mapping never bills the rows a second time: they are conflicts', async () => {
    const input = await file('usage.jsonl', jsonLines(0, 2));
    await run(input, []);
    const result = await run(input, ['--no-properties']);
    expect(result.status).toBe(1);
    expect(summary(result)).toMatchObject({ created: 0, rejected: 2 });
    expect(await stored()).toHaveLength(2);
  });

  test('with a key prefix makes second events of the same rows, as asked', async () => {
    const input = await file('usage.jsonl', jsonLines(0, 2));
    await run(input, []);
    expect(summary(await run(input, ['--key-prefix', 'second-']))).toMatchObject({ created: 2 });
  });
});

describe('no row disappears silently', () => {
  test('bad rows of CSV are told with line, row, reason and source; the others are imported', async () => {
    const input = await file(
      'usage.csv',
      [
        'customer_id,timestamp,n',
        `${customer},2001-01-01T00:00:00Z,1`,
        `${customer},yesterday,2`,
        `,"2001-01-01T00:00:00\nZ",3`,
        `${customer},2001-01-01T00:00:00Z,4,5`,
        `${customer},2999-01-01T00:00:00Z,6`,
        `${customer},2001-01-01T00:00:00Z,"7"x`,
        `${customer},2001-01-01T00:00:00Z,8`,
      ].join('\n'),
    );
    const result = await run(input, []);
    expect(result.status).toBe(1);
    expect(summary(result)).toMatchObject({
      rows: 7,
      created: 2,
      rejected: 5,
      rejects_file: `${input}.rejected.jsonl`,
    });
    const found = await rejects(input);
    expect(found).toMatchObject([
      { line: 3, row: 2, faults: [{ param: 'timestamp', code: 'invalid_timestamp' }] },
      { line: 4, last_line: 5, row: 3, faults: [{ param: 'customer_id' }, { param: 'timestamp' }] },
      { line: 6, row: 4, faults: [{ param: null, code: 'unreadable_row' }] },
      { line: 7, row: 5, faults: [{ param: 'timestamp' }] },
      { line: 8, row: 6, faults: [{ param: null, code: 'unreadable_row' }] },
    ]);
    expect(found[1].source).toBe(',"2001-01-01T00:00:00\nZ",3');
  });

  test('where the API refuses a whole request, only the rows to blame are rejected', async () => {
    const bad = JSON.stringify({ customer_id: customer, timestamp: '2001-01-01T00:00:00Z', deep: [[[[[[1]]]]]] });
    const input = await file('usage.jsonl', `${jsonLines(0, 20)}${bad}\n${jsonLines(20, 40)}`);
    const result = await run(input, []);
    expect(summary(result)).toMatchObject({ rows: 41, created: 40, rejected: 1 });
    expect(await rejects(input)).toMatchObject([{ line: 21, row: 21 }]);
  });

  test('a damaged array is imported up to the damage, and that is said', async () => {
    const input = await file('usage.json', `[${jsonLines(0, 3).trim().split('\n').join(',')},{"a`);
    const result = await run(input, []);
    expect(result.status).toBe(1);
    expect(summary(result)).toMatchObject({ created: 3, rejected: 1, unread_from_line: 1 });
  });

  test('a file of rejects is removed when an import has none', async () => {
    const input = await file('usage.jsonl', `{}\n`);
    await run(input, []);
    expect(await exists(`${input}.rejected.jsonl`)).toBe(true);
    await writeFile(input, jsonLines(0, 1));
    await run(input, []);
    expect(await exists(`${input}.rejected.jsonl`)).toBe(false);
  });
});

describe('a bad way to the API', () => {
  test('lost connections, lost answers and 5xx are tried again, and nothing is counted twice', async () => {
    const input = await file('usage.jsonl', jsonLines(0, 3_500));
    const way = await openWay();
    const fates = ['is lost', 'loses its answer', { status: 503, retryAfter: '0' }, { status: 502 }] as const;
    way.fateOf = (ordinal) => fates[ordinal] ?? 'passes';
    const result = await run(input, [], { url: way.url });
    expect(result.status).toBe(0);
    const { created, duplicates } = summary(result);
    expect({ created, duplicates }).toEqual({ created: 2_500, duplicates: 1_000 });
    expect(await countStored()).toBe(3_500);
  });

  test('after a 429 no request comes before Retry-After has passed', async () => {
    const input = await file('usage.jsonl', jsonLines(0, 3_000));
    const way = await openWay();
    way.fateOf = (ordinal) => (ordinal === 0 ? { status: 429, retryAfter: '1' } : 'passes');
    const result = await run(input, ['--concurrency', '1'], { url: way.url });
    expect(result.status).toBe(0);
    const [refused, next] = way.requests;
    expect((next?.atMs ?? 0) - (refused?.atMs ?? 0)).toBeGreaterThanOrEqual(1_000);
    expect(result.stderr).toContain('The API limits the rate; waiting 1.0 s.');
  });

  test('a refused key ends the import at once with status 3 and the reason', async () => {
    const input = await file('usage.jsonl', jsonLines(0, 1));
    const args = ['events', 'import', input, '--url', api.url, '--event-name', 'call', '--key', 'fp_test_wrong'];
    const result = await runCommand(args);
    expect(result.status).toBe(3);
    expect(result.stderr).toMatch(/invalid_key.*request req_/);
  });
});

describe('an interrupted import', () => {
  /** Stops the import as Ctrl-C does, when the given request arrives. */
  async function interrupt(input: string, way: Gateway, atRequest: number): Promise<void> {
    const stop = new AbortController();
    way.fateOf = (ordinal) => {
      if (ordinal === atRequest) stop.abort();
      return 'passes';
    };
    const result = await run(input, ['--concurrency', '1'], { url: way.url, signal: stop.signal });
    expect(result.status).toBe(130);
    expect(result.stderr).toContain('Repeat the command to go on.');
    way.fateOf = () => 'passes';
    way.requests.length = 0;
  }

  test('goes on where it stopped, sending only its last batch again, with the rejects of before kept', async () => {
    const input = await file('usage.jsonl', `{}\n${jsonLines(0, 4_998)}{}\n`);
    const way = await openWay();
    await interrupt(input, way, 2);
    const result = await run(input, [], { url: way.url });
    expect(result.stderr).toContain('Going on behind row 3001');
    expect(summary(result)).toMatchObject({
      rows: 5_000,
      resumed_rows: 3_001,
      created: 4_998,
      duplicates: 0,
      rejected: 2,
    });
    expect(way.requests.map(({ events }) => events)).toEqual([1_000, 1_000, 998]);
    expect(await rejects(input)).toMatchObject([{ row: 1 }, { row: 5_000 }]);
    expect(await countStored()).toBe(4_998);
    expect(await exists(`${input}.checkpoint.json`)).toBe(false);
  });

  test('starts at the first row when the file has changed in front of where it stopped', async () => {
    const input = await file('usage.jsonl', jsonLines(0, 4_000));
    const way = await openWay();
    await interrupt(input, way, 1);
    await writeFile(input, jsonLines(1, 4_001));
    const result = await run(input, [], { url: way.url });
    expect(result.stderr).toContain('The file has changed');
    expect(summary(result)).toMatchObject({ rows: 4_000, created: 2_001, duplicates: 1_999 });
  });

  test('starts at the first row when the file has become shorter', async () => {
    const input = await file('usage.jsonl', jsonLines(0, 4_000));
    const way = await openWay();
    await interrupt(input, way, 1);
    await writeFile(input, jsonLines(0, 10));
    const result = await run(input, [], { url: way.url });
    expect(result.stderr).toContain('The file has become shorter.');
    expect(summary(result)).toMatchObject({ rows: 10, duplicates: 10 });
  });

  test('starts at the first row when the server no longer has what it acknowledged', async () => {
    const input = await file('usage.jsonl', jsonLines(0, 4_000));
    const way = await openWay();
    await interrupt(input, way, 1);
    const other = await startTestApi();
    try {
      way.upstream = other;
      const result = await run(input, [], { url: way.url });
      expect(result.stderr).toContain('The server does not have what the interrupted import sent.');
      expect(summary(result)).toMatchObject({ rows: 4_000, resumed_rows: 0, created: 3_000, duplicates: 1_000 });
    } finally {
      await other.close();
    }
  });

  test('starts at the first row when the options make other events', async () => {
    const input = await file('usage.jsonl', jsonLines(0, 4_000));
    const way = await openWay();
    await interrupt(input, way, 1);
    const result = await run(input, ['--key-prefix', 'other-'], { url: way.url });
    expect(summary(result)).toMatchObject({ rows: 4_000, resumed_rows: 0, created: 4_000 });
  });

  test('keeps its checkpoint when the API becomes unreachable, and goes on from it', async () => {
    const input = await file('usage.jsonl', jsonLines(0, 4_000));
    const way = await openWay();
    way.fateOf = (ordinal) => (ordinal < 2 ? 'passes' : { status: 401 });
    expect((await run(input, ['--concurrency', '1'], { url: way.url })).status).toBe(4);
    way.fateOf = () => 'passes';
    const result = await run(input, [], { url: way.url });
    expect(summary(result)).toMatchObject({ rows: 4_000, resumed_rows: 2_000, created: 4_000, duplicates: 0 });
  });
});

describe('what is wrong with the call is said before anything is sent, with status 2', () => {
  test.each([
    ['an unknown extension', 'usage.txt', 'x', [], 'does not tell its format'],
    ['missing columns', 'usage.csv', 'a,b\n1,2\n', [], 'The file has no column `customer_id`, `timestamp`.'],
    ['a wrong time format', 'usage.jsonl', '', ['--timestamp-format', 'YYYY'], 'is not a token'],
    ['JSON lines as an array', 'usage.json', '{"a":1}', [], 'For one object a line use `--format jsonl`.'],
    ['UTF-16', 'usage.json', Buffer.from('\ufeff[]', 'utf16le'), [], 'UTF-16'],
    ['a compressed file', 'usage.csv', Buffer.from([0x1f, 0x8b, 8, 0]), [], 'gunzip'],
    ['no concurrency', 'usage.jsonl', '', ['--concurrency', '0'], 'a number from 1 to 32'],
    ['properties and none', 'usage.jsonl', '', ['--property', 'a', '--no-properties'], 'exclude each other'],
    ['two event names', 'usage.jsonl', '', ['--event-name-column', 'x'], 'exclude each other'],
    ['no place for rejects', 'usage.jsonl', '', ['--rejects', '/nowhere/x'], '--rejects'],
    ['no place for the checkpoint', 'usage.jsonl', '', ['--checkpoint', '/nowhere/x'], '--no-checkpoint'],
  ])('%s', async (_fault, name, content, options, message) => {
    const way = await openWay();
    const result = await run(await file(name, content), options, { url: way.url });
    expect(result.status).toBe(2);
    expect(result.stderr).toContain(message);
    expect(way.requests).toEqual([]);
  });

  test('a file that does not exist, and one that is a folder', async () => {
    expect(await run(path.join(folder, 'none.csv'), [])).toMatchObject({ status: 2 });
    expect((await run(folder, [])).stderr).toContain('is not a file');
  });
});
