import { access, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readRejects, summaryOf, useImportWorld } from './support/import-world.ts';

const world = useImportWorld();
const exists = (name: string) =>
  access(name).then(
    () => true,
    () => false,
  );

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
    const input = await world.write(
      'usage.csv',
      `who,at,note,distance\n${world.customer},2001/01/01 00:47,"a ""b""\nc",1750\n`,
    );
    const result = await world.run(input, [...options, '--property', 'note', '--property', 'distance:number']);
    expect(result).toMatchObject({ status: 0 });
    expect(summaryOf(result)).toMatchObject({ rows: 1, created: 1, duplicates: 0, rejected: 0, rejects_file: null });
    expect(await world.stored()).toMatchObject([
      { timestamp: '2001-01-01T00:47:00Z', properties: { note: 'a "b"\nc', distance: 1750 } },
    ]);
  });

  test('a JSON array, with numbers that no double holds', async () => {
    const input = await world.write(
      'usage.json',
      `\ufeff[{"who":"${world.customer}","at":"2001/01/01 00:47","distance":1234567890.12345678901234567}]`,
    );
    expect(await world.run(input, options)).toMatchObject({ status: 0 });
    const { text } = await world.api.call('GET', `/events?customer_id=${world.customer}`);
    expect(text).toContain('1234567890.12345678901234567');
  });

  test('JSON lines', async () => {
    const input = await world.write(
      'usage.jsonl',
      `{"who":"${world.customer}","at":"2001/01/01 00:47","distance":1750}\n`,
    );
    expect(await world.run(input, options)).toMatchObject({ status: 0 });
    expect(await world.stored()).toMatchObject([{ timestamp: '2001-01-01T00:47:00Z', properties: { distance: 1750 } }]);
  });
});

describe('repeating an import', () => {
  test('gives duplicates only, also with the rows in another order and equal rows among them', async () => {
    const lines = [...world.jsonLines(0, 5).trim().split('\n'), ...world.jsonLines(0, 5).trim().split('\n')];
    const input = await world.write('usage.jsonl', lines.join('\n'));
    expect(summaryOf(await world.run(input, []))).toMatchObject({ rows: 10, created: 10, duplicates: 0 });
    await writeFile(input, lines.reverse().join('\n'));
    expect(summaryOf(await world.run(input, []))).toMatchObject({ rows: 10, created: 0, duplicates: 10 });
    expect(await world.stored()).toHaveLength(10);
  });

  test('with another mapping never bills the rows a second time: they are conflicts', async () => {
    const input = await world.write('usage.jsonl', world.jsonLines(0, 2));
    await world.run(input, []);
    const result = await world.run(input, ['--no-properties']);
    expect(result.status).toBe(1);
    expect(summaryOf(result)).toMatchObject({ created: 0, rejected: 2 });
    expect(await world.stored()).toHaveLength(2);
  });

  test('with a key prefix makes second events of the same rows, as asked', async () => {
    const input = await world.write('usage.jsonl', world.jsonLines(0, 2));
    await world.run(input, []);
    expect(summaryOf(await world.run(input, ['--key-prefix', 'second-']))).toMatchObject({ created: 2 });
  });
});

describe('no row disappears silently', () => {
  test('bad rows of CSV are told with line, row, reason and source; the others are imported', async () => {
    const input = await world.write(
      'usage.csv',
      [
        'customer_id,timestamp,n',
        `${world.customer},2001-01-01T00:00:00Z,1`,
        `${world.customer},yesterday,2`,
        `,"2001-01-01T00:00:00\nZ",3`,
        `${world.customer},2001-01-01T00:00:00Z,4,5`,
        `${world.customer},2999-01-01T00:00:00Z,6`,
        `${world.customer},2001-01-01T00:00:00Z,"7"x`,
        `${world.customer},2001-01-01T00:00:00Z,8`,
      ].join('\n'),
    );
    const result = await world.run(input, []);
    expect(result.status).toBe(1);
    expect(summaryOf(result)).toMatchObject({
      rows: 7,
      created: 2,
      rejected: 5,
      rejects_file: `${input}.rejected.jsonl`,
    });
    const found = await readRejects(input);
    expect(found).toMatchObject([
      { line: 3, row: 2, faults: [{ param: 'timestamp', code: 'invalid_timestamp' }] },
      { line: 4, last_line: 5, row: 3, faults: [{ param: 'customer_id' }, { param: 'timestamp' }] },
      { line: 6, row: 4, faults: [{ param: null, code: 'unreadable_row' }] },
      { line: 7, row: 5, faults: [{ param: 'timestamp' }] },
      { line: 8, row: 6, faults: [{ param: null, code: 'unreadable_row' }] },
    ]);
    expect(found[1]?.source).toBe(',"2001-01-01T00:00:00\nZ",3');
  });

  test('where the API refuses a whole request, only the rows to blame are rejected', async () => {
    const bad = JSON.stringify({ customer_id: world.customer, timestamp: '2001-01-01T00:00:00Z', deep: [[[[[[1]]]]]] });
    const input = await world.write('usage.jsonl', `${world.jsonLines(0, 20)}${bad}\n${world.jsonLines(20, 40)}`);
    const result = await world.run(input, []);
    expect(summaryOf(result)).toMatchObject({ rows: 41, created: 40, rejected: 1 });
    expect(await readRejects(input)).toMatchObject([{ line: 21, row: 21 }]);
  });

  test('a damaged array is imported up to the damage, and that is said', async () => {
    const input = await world.write('usage.json', `[${world.jsonLines(0, 3).trim().split('\n').join(',')},{"a`);
    const result = await world.run(input, []);
    expect(result.status).toBe(1);
    expect(summaryOf(result)).toMatchObject({ created: 3, rejected: 1, unread_from_line: 1 });
  });

  test('a file of rejects is removed when an import has none', async () => {
    const input = await world.write('usage.jsonl', `{}\n`);
    await world.run(input, []);
    expect(await exists(`${input}.rejected.jsonl`)).toBe(true);
    await writeFile(input, world.jsonLines(0, 1));
    await world.run(input, []);
    expect(await exists(`${input}.rejected.jsonl`)).toBe(false);
  });
});

describe('what is wrong with the call is said before anything is sent, with status 2', () => {
  test.each([
    ['an unknown extension', { name: 'usage.txt', content: 'x', options: [], message: 'does not tell its format' }],
    [
      'missing columns',
      {
        name: 'usage.csv',
        content: 'a,b\n1,2\n',
        options: [],
        message: 'The file has no column `customer_id`, `timestamp`.',
      },
    ],
    [
      'a wrong time format',
      { name: 'usage.jsonl', content: '', options: ['--timestamp-format', 'YYYY'], message: 'is not a token' },
    ],
    [
      'JSON lines as an array',
      { name: 'usage.json', content: '{"a":1}', options: [], message: 'For one object a line use `--format jsonl`.' },
    ],
    ['UTF-16', { name: 'usage.json', content: Buffer.from('\ufeff[]', 'utf16le'), options: [], message: 'UTF-16' }],
    [
      'a compressed file',
      { name: 'usage.csv', content: Buffer.from([0x1f, 0x8b, 8, 0]), options: [], message: 'gunzip' },
    ],
    [
      'no concurrency',
      { name: 'usage.jsonl', content: '', options: ['--concurrency', '0'], message: 'a number from 1 to 32' },
    ],
    [
      'properties and none',
      {
        name: 'usage.jsonl',
        content: '',
        options: ['--property', 'a', '--no-properties'],
        message: 'exclude each other',
      },
    ],
    [
      'two event names',
      { name: 'usage.jsonl', content: '', options: ['--event-name-column', 'x'], message: 'exclude each other' },
    ],
    [
      'no place for rejects',
      { name: 'usage.jsonl', content: '', options: ['--rejects', '/nowhere/x'], message: '--rejects' },
    ],
    [
      'no place for the checkpoint',
      { name: 'usage.jsonl', content: '', options: ['--checkpoint', '/nowhere/x'], message: '--no-checkpoint' },
    ],
  ])('%s', async (_fault, { name, content, options, message }) => {
    const way = await world.openWay();
    const result = await world.run(await world.write(name, content), options, { url: way.url });
    expect(result.status).toBe(2);
    expect(result.stderr).toContain(message);
    expect(way.requests).toEqual([]);
  });

  test('a file that does not exist, and one that is a folder', async () => {
    expect(await world.run(path.join(world.folder, 'none.csv'), [])).toMatchObject({ status: 2 });
    expect((await world.run(world.folder, [])).stderr).toContain('is not a file');
  });
});
