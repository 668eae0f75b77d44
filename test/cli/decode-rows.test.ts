import { expect, test } from '@jest/globals';
import { CsvDecoder } from '../../src/cli/import/csv-decoder.ts';
import { CsvSplitter } from '../../src/cli/import/csv-rows.ts';
import type { DecodedRow } from '../../src/cli/import/decoded-row.ts';
import { JsonDecoder } from '../../src/cli/import/json-decoder.ts';
import { JsonLinesSplitter } from '../../src/cli/import/json-lines-rows.ts';
import { stringifyExactJson } from '../../src/platform/exact-json.ts';

function decodeCsv(text: string | Buffer, delimiter = ','): DecodedRow[] {
  const splitter = new CsvSplitter(delimiter);
  return new CsvDecoder(delimiter).decode([...splitter.push(Buffer.from(text)), ...splitter.end()]);
}

function decodeJson(text: string | Buffer): DecodedRow[] {
  const splitter = new JsonLinesSplitter();
  return new JsonDecoder().decode([...splitter.push(Buffer.from(text)), ...splitter.end()]);
}

const cells = (rows: readonly DecodedRow[]) => rows.map((row) => row.columns ?? row.fault);

test('cells of CSV go by the names of the first line', () => {
  expect(cells(decodeCsv('a,b\n1,"x, ""y"""\n,\n'))).toEqual([
    { a: '1', b: 'x, "y"' },
    { a: '', b: '' },
  ]);
  expect(cells(decodeCsv('a\tb\n1\t2\n', '\t'))).toEqual([{ a: '1', b: '2' }]);
});

test('one bad row of CSV never takes a good one with it', () => {
  expect(cells(decodeCsv('a,b\n1,2\n"x"y,3\n4,5,6\n7,8\n5" disk,9\n10,11'))).toEqual([
    { a: '1', b: '2' },
    'A quoted cell goes on behind its closing quote.',
    'The row has 3 cells, the header names 2 columns.',
    { a: '7', b: '8' },
    'A quote stands inside a cell that is not quoted.',
    { a: '10', b: '11' },
  ]);
});

test('bytes that are not UTF-8 are refused, never replaced, and their neighbours are read', () => {
  const latin1 = Buffer.concat([
    Buffer.from('a\nOrléans\n'),
    Buffer.from('Orl\xe9ans\n', 'latin1'),
    Buffer.from('Brest\n'),
  ]);
  expect(cells(decodeCsv(latin1))).toEqual([{ a: 'Orléans' }, 'The row is not UTF-8 text.', { a: 'Brest' }]);
  const json = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}\n{"a":"é"}\n')]);
  expect(cells(decodeJson(json))).toEqual(['The row is not UTF-8 text.', { a: 'é' }]);
});

test('a header that names a column twice is refused, for nobody knows which is meant', () => {
  expect(() => decodeCsv('a,b,a\n1,2,3\n')).toThrow('Two columns are named `a`');
});

test('JSON numbers keep every digit', () => {
  const [row] = decodeJson('{"n":12345678901234567890.123456789,"m":0.1}');
  expect(stringifyExactJson(row?.columns)).toBe('{"n":12345678901234567890.123456789,"m":0.1}');
});

test('JSON rows that are no objects, no JSON or too deep say which', () => {
  expect(cells(decodeJson('[1]\n{"a":\nnull\n{"a":[[[[[[[[1]]]]]]]]}\n'))).toEqual([
    'The row is JSON but not an object.',
    expect.stringMatching(/^The row is not JSON: /),
    'The row is JSON but not an object.',
    'JSON may nest at most 8 levels deep.',
  ]);
});
