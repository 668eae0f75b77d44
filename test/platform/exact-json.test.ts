import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  canonicalJson,
  isRawNumber,
  JsonError,
  numberText,
  parseExactJson,
  stringifyExactJson,
} from '../../src/platform/exact-json.ts';

function faultOf(text: string): string {
  try {
    parseExactJson(text);
  } catch (error) {
    if (error instanceof JsonError) return error.fault;
    throw error;
  }
  return 'none';
}

describe('parseExactJson', () => {
  test.each([
    '12345678901234567890.123456',
    '0.1234567890123456789',
    '9007199254740993',
    '-9007199254740993',
    '1e400',
    '123456789012345678e-30',
  ])('keeps every digit of %s', (source) => {
    const value = parseExactJson(`{"n":${source}}`);
    expect(stringifyExactJson(value)).toBe(`{"n":${source}}`);
  });

  test.each([
    ['1e2', 100],
    ['1.0000000000000000', 1],
    ['0.1', 0.1],
    ['123456789012345', 123456789012345],
    ['-0', -0],
  ])('reads %s as a plain number, because a double holds it', (source, expected) => {
    expect(parseExactJson(`[${source}]`)).toEqual([expected]);
  });

  test('reads a number that only looks long inside a string as text', () => {
    expect(parseExactJson('{"n":"12345678901234567890","m":",12345678901234567890"}')).toEqual({
      n: '12345678901234567890',
      m: ',12345678901234567890',
    });
  });

  test('keeps a long number different from a string with the same digits', () => {
    const value = parseExactJson('[12345678901234567890,"12345678901234567890"]');
    expect(Array.isArray(value) && value.map(isRawNumber)).toEqual([true, false]);
  });

  test('accepts 8 levels and refuses 9', () => {
    expect(faultOf(`${'['.repeat(8)}${']'.repeat(8)}`)).toBe('none');
    expect(faultOf(`${'['.repeat(9)}${']'.repeat(9)}`)).toBe('too_deep');
  });

  test('refuses a megabyte of brackets without overflowing the stack', () => {
    expect(faultOf('['.repeat(1_000_000))).toBe('too_deep');
    expect(faultOf('{"a":'.repeat(200_000))).toBe('too_deep');
  });

  test('does not count brackets inside strings', () => {
    expect(faultOf(JSON.stringify({ a: '[[[[[[[[[[[[', b: '\\"[[[[[[[[[[', c: '\\' }))).toBe('none');
  });

  test.each(['', '{', '{"a":1,}', '"open', 'NaN', '01', '{"a":1e}', '\u0000'])('refuses %j as malformed', (text) => {
    expect(faultOf(text)).toBe('malformed');
  });

  test('reads a number of a million digits in time that grows with its length', () => {
    const digits = `1${'0'.repeat(1_000_000)}1`;
    expect(numberText(parseExactJson(digits))).toBe(`${digits}e0`);
  });

  test('makes a __proto__ member an own property, not a prototype', () => {
    const value = parseExactJson('{"__proto__":{"polluted":1e400}}');
    expect(Object.keys(Object(value))).toEqual(['__proto__']);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});

describe('numberText', () => {
  test.each([
    ['1', '1'],
    ['1.0', '1'],
    ['-0', '0'],
    ['0.000', '0'],
    ['1e-7', '0.0000001'],
    ['1E+21', '1000000000000000000000'],
    ['10e-1', '1'],
    ['-1.50', '-1.5'],
    ['12345678901234567890.1234560', '12345678901234567890.123456'],
    ['1e400', '1e400'],
    ['10e399', '1e400'],
    ['0e99999999999999999999', '0'],
    ['1e-99999999999999999999', '1e-99999999999999999999'],
  ])('of %s is %s', (source, expected) => {
    expect(numberText(parseExactJson(source))).toBe(expected);
  });

  test.each([null, true, '1', [], {}, undefined, Number.NaN, Number.POSITIVE_INFINITY])('of %p is null', (value) => {
    expect(numberText(value)).toBeNull();
  });

  test('any decimal survives parsing and printing by value', () => {
    const digits = fc.stringMatching(/^[1-9]\d{0,40}$/);
    fc.assert(
      fc.property(digits, fc.integer({ min: 0, max: 40 }), (whole, places) => {
        const padded = whole.padStart(places + 1, '0');
        const source = places === 0 ? padded : `${padded.slice(0, -places)}.${padded.slice(-places)}`;
        const printed = stringifyExactJson(parseExactJson(`[${source}]`)).slice(1, -1);
        expect(numberText(parseExactJson(printed))).toBe(numberText(parseExactJson(source)));
        expect(BigInt(source.replace('.', ''))).toBe(BigInt(shift(numberText(parseExactJson(source)) ?? '', places)));
      }),
    );
  });
});

/** `text` × 10^places as an integer's digits. */
function shift(text: string, places: number): string {
  const [whole = '', fraction = ''] = text.split('.');
  return whole + fraction.padEnd(places, '0');
}

describe('canonicalJson', () => {
  test('ignores the order of keys and the spelling of numbers, not the type', () => {
    const first = canonicalJson(parseExactJson('{"b":[1.0,{"d":null,"c":"x"}],"a":1e0}'));
    const second = canonicalJson(parseExactJson('{ "a": 1, "b": [1, {"c":"x","d":null}] }'));
    expect(first).toBe(second);
    expect(first).toBe('{"a":1,"b":[1,{"c":"x","d":null}]}');
    expect(canonicalJson('1')).not.toBe(canonicalJson(1));
  });

  test('tells numbers apart that a double would merge', () => {
    const one = canonicalJson(parseExactJson('9007199254740992'));
    const other = canonicalJson(parseExactJson('9007199254740993'));
    expect(one).not.toBe(other);
  });
});
