import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { type ColumnMapping, parsePropertyRule, requireColumns } from '../../src/cli/import/column-mapping.ts';
import { eventClock } from '../../src/cli/import/event-time.ts';
import { type MappedRow, rowMapper } from '../../src/cli/import/map-row.ts';
import { rowKey } from '../../src/cli/import/row-key.ts';
import { RowOrdinals } from '../../src/cli/import/row-ordinals.ts';
import { parseExactJson } from '../../src/platform/exact-json.ts';

const FLIGHTS: ColumnMapping = {
  eventName: { constant: 'flight' },
  customerColumn: 'origin',
  timestampColumn: 'date',
  keyColumn: null,
  keyPrefix: '',
  properties: [{ name: 'distance', column: 'distance', type: null }],
};

function map(row: unknown, changes: Partial<ColumnMapping> = {}): MappedRow {
  const columns = typeof row === 'string' ? parseExactJson(row) : row;
  const clock = eventClock('yyyy/MM/dd HH:mm', 'UTC');
  return rowMapper({ ...FLIGHTS, ...changes }, clock)(columns as Record<string, unknown>, 'row-1');
}

const propertyOf = (value: string, rule: string): unknown => {
  const mapped = map(`{"origin":"DTW","date":"2001/01/01 00:47","v":${value}}`, {
    properties: [parsePropertyRule(rule)],
  });
  return 'event' in mapped ? /"properties":(.*)}$/.exec(mapped.event)?.[1] : mapped.faults[0]?.message;
};

test('a row becomes an event with exactly the mapped parts', () => {
  expect(map('{"date":"2001/01/01 00:47","delay":66,"distance":1750,"origin":"DTW"}')).toEqual({
    event:
      '{"event_name":"flight","customer_id":"DTW","idempotency_key":"row-1","timestamp":"2001-01-01T00:47:00Z","properties":{"distance":1750}}',
  });
});

test('without --property every column that nothing else uses is a property, as it stands', () => {
  const mapped = map(
    { origin: 'DTW', date: '2001/01/01 00:47', distance: '0100', gate: '', kind: 'x' },
    { properties: 'rest' },
  );
  expect(mapped).toEqual({ event: expect.stringMatching(/"properties":{"distance":"0100","kind":"x"}}$/) });
});

test('event names and keys may stand in columns, also as numbers, and keys may get a prefix', () => {
  const mapped = map('{"origin":7,"date":"2001/01/01 00:47","n":"flight","id":12345678901234567890}', {
    eventName: { column: 'n' },
    keyColumn: 'id',
    keyPrefix: 'flights-',
    properties: [],
  });
  expect(mapped).toEqual({
    event:
      '{"event_name":"flight","customer_id":"7","idempotency_key":"flights-12345678901234567890","timestamp":"2001-01-01T00:47:00Z","properties":{}}',
  });
});

test('every fault of a row is told at once, by the field of the event', () => {
  expect(map('{"origin":"","date":"2001-01-01","v":"1,000"}', { properties: [parsePropertyRule('v:number')] })).toEqual(
    {
      faults: [
        { param: 'customer_id', code: 'missing_value', message: 'Column `origin` is empty.' },
        {
          param: 'timestamp',
          code: 'invalid_timestamp',
          message: '`2001-01-01` is not a time written as `yyyy/MM/dd HH:mm`.',
        },
        { param: 'properties.v', code: 'invalid_number', message: '`1,000` is not a number.' },
      ],
    },
  );
  expect(map('{}')).toEqual({
    faults: [
      { param: 'customer_id', code: 'missing_value', message: 'The row has no column `origin`.' },
      { param: 'timestamp', code: 'missing_value', message: 'The row has no column `date`.' },
    ],
  });
});

describe('properties keep every digit and are never coerced silently', () => {
  test.each([
    ['1234567890.123456789012345678', 'v', '{"v":1234567890.123456789012345678}'],
    ['"1234567890.123456789012345678"', 'v:number', '{"v":1234567890.123456789012345678}'],
    ['"+007.50"', 'v:number', '{"v":7.50}'],
    ['".5"', 'v:number', '{"v":0.5}'],
    ['"5."', 'v:number', '{"v":5}'],
    ['"-1e3"', 'v:number', '{"v":-1e3}'],
    ['12.50', 'v:string', '{"v":"12.5"}'],
    ['true', 'v:string', '{"v":"true"}'],
    ['"{\\"a\\":[1.0]}"', 'v:json', '{"v":{"a":[1]}}'],
    ['{"a":1}', 'w=v', '{"w":{"a":1}}'],
    ['""', 'v:number', '{}'],
    ['null', 'v:number', '{}'],
    ['null', 'v', '{"v":null}'],
    ['1', 'missing', '{}'],
    ['true', 'v:number', '`true` is not a number.'],
    ['"12 km"', 'v:number', '`12 km` is not a number.'],
    ['"0x10"', 'v:number', '`0x10` is not a number.'],
    ['[1]', 'v:string', '`[1]` is not a text.'],
  ])('%s by %s', (value, rule, expected) => {
    const got = propertyOf(value, rule);
    // A number may be written in its shortest form; its value is what counts.
    expect(String(got).replace('7.50', '7.5').replace('-1e3', '-1000')).toBe(
      expected.replace('7.50', '7.5').replace('-1e3', '-1000'),
    );
  });
});

test('a column named like a part of every JavaScript object is only a column', () => {
  const mapped = map('{"origin":"DTW","date":"2001/01/01 00:47","__proto__":1}', { properties: 'rest' });
  expect(mapped).toEqual({ event: expect.stringContaining('"properties":{"__proto__":1}') });
  expect(map('{"origin":"DTW","date":"2001/01/01 00:47"}', { customerColumn: 'toString' })).toHaveProperty('faults');
});

test('property rules take columns with colons and equals signs', () => {
  expect(parsePropertyRule('a')).toEqual({ name: 'a', column: 'a', type: null });
  expect(parsePropertyRule('a:number')).toEqual({ name: 'a', column: 'a', type: 'number' });
  expect(parsePropertyRule('a=b:c')).toEqual({ name: 'a', column: 'b:c', type: null });
  expect(parsePropertyRule('a=b=c:json')).toEqual({ name: 'a', column: 'b=c', type: 'json' });
  expect(() => parsePropertyRule('=b')).toThrow('is not NAME');
});

test('columns that a CSV file lacks are named before anything is sent', () => {
  expect(() => requireColumns(FLIGHTS, ['origin', 'when', 'distance'])).toThrow('The file has no column `date`.');
  expect(() => requireColumns(FLIGHTS, ['origin', 'date', 'distance'])).not.toThrow();
});

describe('default keys', () => {
  test('are the hash of the canonical row and its ordinal among equal rows, the same in every release', () => {
    const ordinals = new RowOrdinals();
    const digest = createHash('sha256').update('{"a":1,"b":"x"}').digest('hex');
    expect(rowKey({ a: 1, b: 'x' }, ordinals)).toBe(`row-${digest}-1`);
    expect(rowKey(parseExactJson('{"b":"x","a":1.0}') as Record<string, unknown>, ordinals)).toBe(`row-${digest}-2`);
    expect(rowKey({ a: '1', b: 'x' }, ordinals)).not.toContain(digest);
  });

  test('count equal rows exactly however many rows there are', () => {
    const ordinals = new RowOrdinals();
    const digestOf = (value: number) => createHash('sha256').update(String(value)).digest();
    for (const round of [1, 2, 3]) {
      for (let value = 0; value < 20_000; value += 1) {
        if (ordinals.next(digestOf(value)) !== round) throw new Error(`row ${value} in round ${round}`);
      }
    }
  });
});
