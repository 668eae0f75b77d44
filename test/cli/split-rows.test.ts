import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CsvSplitter } from '../../src/cli/import/csv-rows.ts';
import { JsonArraySplitter } from '../../src/cli/import/json-array-rows.ts';
import { JsonLinesSplitter } from '../../src/cli/import/json-lines-rows.ts';
import { MAX_ROW_BYTES, type RawRow, type RowSplitter } from '../../src/cli/import/raw-row.ts';

interface SplitRow {
  readonly text: string;
  readonly lines: string;
  readonly fault: string | null;
}

function split(splitter: RowSplitter, file: Buffer, cuts: readonly number[] = []): SplitRow[] {
  const rows: RawRow[] = [];
  let from = 0;
  for (const cut of [...cuts].sort((left, right) => left - right)) {
    rows.push(...splitter.push(file.subarray(from, cut)));
    from = cut;
  }
  rows.push(...splitter.push(file.subarray(from)), ...splitter.end());
  return rows.map(({ bytes, firstLine, lastLine, fault }) => ({
    text: bytes.length > 100 ? `${bytes.length} bytes` : bytes.toString('utf8'),
    lines: firstLine === lastLine ? `${firstLine}` : `${firstLine}-${lastLine}`,
    fault,
  }));
}

const csv = (text: string, cuts?: number[]) => split(new CsvSplitter(','), Buffer.from(text), cuts);
const array = (text: string, cuts?: number[]) => split(new JsonArraySplitter(), Buffer.from(text), cuts);
const lines = (text: string, cuts?: number[]) => split(new JsonLinesSplitter(), Buffer.from(text), cuts);
const good = (text: string, line: string): SplitRow => ({ text, lines: line, fault: null });

test('how a file is cut into chunks never changes its rows, not even inside a character of two or more bytes', () => {
  const pieces = fc.constantFrom('"', ',', '\n', '\r\n', '[', ']', '{', '}', '\\', 'é', '🛫', '1', ' ', 'a', ':', '""');
  const text = fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, fc.array(fc.nat(), { maxLength: 8 }), (body, seeds) => {
      for (const [make, file] of [
        [() => new CsvSplitter(','), Buffer.from(body)],
        [() => new JsonLinesSplitter(), Buffer.from(body)],
        [() => new JsonArraySplitter(), Buffer.from(`[${body}`)],
      ] as const) {
        const cuts = seeds.map((seed) => seed % (file.length + 1));
        expect(split(make(), file, cuts)).toEqual(split(make(), file));
      }
    }),
    { numRuns: 2_000 },
  );
});

test('rows of CSV end at line breaks outside quotes, and know the lines they stand on', () => {
  expect(csv('a,b\r\n1,"x\n""y"",\nz"\n\n2,w')).toEqual([
    good('a,b', '1'),
    good('1,"x\n""y"",\nz"', '2-4'),
    good('2,w', '6'),
  ]);
});

test('a quote that never closes costs only its own line of CSV', () => {
  expect(csv('a,b\n1,"x\n2,y\n3,z\n')).toEqual([
    good('a,b', '1'),
    { text: '1,"x', lines: '2', fault: 'A quote opens on this line and never closes.' },
    good('2,y', '3'),
    good('3,z', '4'),
  ]);
});

test('a quote inside a plain cell of CSV does not swallow the next lines', () => {
  expect(csv('a,b\n1,5" disk\n2,y\n').map((row) => row.text)).toEqual(['a,b', '1,5" disk', '2,y']);
});

test('elements of a JSON array keep their source text, pretty-printed or not', () => {
  expect(array('[{"n":1.10},\n {\n  "s": "],[{\\"",\n  "n": [1, 2]\n }, 3 ]\n')).toEqual([
    good('{"n":1.10}', '1'),
    good('{\n  "s": "],[{\\"",\n  "n": [1, 2]\n }', '2-5'),
    good('3', '5'),
  ]);
  expect(array(' [ ] ')).toEqual([]);
});

test('a JSON array that ends early, or goes on behind its end, says so', () => {
  const fault = (text: string) => array(text).at(-1)?.fault;
  expect(fault('[{"a":1}')).toMatch(/without the closing `]`/);
  expect(fault('[{"a":1},')).toMatch(/without the closing `]`/);
  expect(fault('[{"a":1},{"a"')).toMatch(/ends inside this row/);
  expect(fault('[{"a":1}] {"a":2}')).toMatch(/behind the closing/);
  expect(fault('[{"a":1}{"a":2]')).toMatch(/brackets do not match/);
  expect(fault('[{"a":1},]')).toMatch(/no row before/);
});

test('where a JSON array is damaged beyond its row, reading ends there and says so', () => {
  expect(array('[\n{"a":"x"},\n{"a":"y},\n{"a":"z"}\n]')).toEqual([
    good('{"a":"x"}', '2'),
    {
      text: '{"a":"y},\n',
      lines: '3',
      fault: 'A string does not end on its line. What follows in the file was not read.',
    },
  ]);
});

test('what is no array at all is refused before anything is sent', () => {
  expect(() => array('{"a":1}\n{"a":2}')).toThrow('The file begins with `{`');
  expect(() => array('')).toThrow('The file is empty');
});

test('JSON lines are rows, blank ones are none, and the last needs no line break', () => {
  expect(lines('{"a":1}\n\n  \r\n{"a":2}\r\n{"a":3}')).toEqual([
    good('{"a":1}', '1'),
    good('{"a":2}\r', '4'),
    good('{"a":3}', '5'),
  ]);
});

test('a row of more than a megabyte is reported once, kept in bounded memory, and the rows behind it are read', () => {
  const long = 'x'.repeat(MAX_ROW_BYTES + 300_000);
  const cuts = [400_000, 800_000, 1_200_000];
  const isTooLong = { text: `${MAX_ROW_BYTES} bytes`, fault: expect.stringMatching(/longer than/) };
  expect(csv(`a\n${long}\nb\n`, cuts)).toEqual([good('a', '1'), { ...isTooLong, lines: '2' }, good('b', '3')]);
  expect(lines(`a\n${long}\nb\n`, cuts)).toEqual([good('a', '1'), { ...isTooLong, lines: '2' }, good('b', '3')]);
  expect(array(`["a","${long}",\n"b"]`, cuts)).toEqual([
    good('"a"', '1'),
    { ...isTooLong, lines: '1' },
    good('"b"', '2'),
  ]);
});
