import { describe, expect, test } from '@jest/globals';
import {
  decimal,
  decimalText,
  integerDigits,
  isPlainNotation,
  parseDecimal,
  quotient,
  sumOf,
} from '../../src/domain/decimal.ts';

const MONEY = { integerDigits: 30, fractionDigits: 12 };
const read = (text: string, limits = MONEY) => {
  const value = parseDecimal(text, limits);
  return value === null ? null : decimalText(value);
};

describe('a decimal from outside', () => {
  test.each([
    ['0', '0'],
    ['-0', '0'],
    ['0.0', '0'],
    ['1', '1'],
    ['-1.5', '-1.5'],
    ['1.50', '1.5'],
    ['0.000000000001', '0.000000000001'],
    ['1e3', '1000'],
    ['1E+3', '1000'],
    ['12.5e-3', '0.0125'],
    ['1e29', `1${'0'.repeat(29)}`],
    ['1e-12', '0.000000000001'],
    ['0e30', '0'],
    ['9'.repeat(30), '9'.repeat(30)],
    [`${'9'.repeat(30)}.${'9'.repeat(12)}`, `${'9'.repeat(30)}.${'9'.repeat(12)}`],
  ])('%s is read exactly as %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  test.each(['1.5000000000000000000', `0.${'0'.repeat(60)}`, '1.500000000000000e2', '1000000000000000e-13'])(
    '%s is within the limits: zeros at the end are no digits',
    (text) => {
      expect(read(text)).not.toBeNull();
    },
  );

  test.each([
    '',
    ' ',
    ' 1',
    '1 ',
    '1\n',
    '+1',
    '.5',
    '5.',
    '007',
    '1_000',
    '1,000',
    '0x1f',
    '0b1',
    '0o7',
    'NaN',
    'Infinity',
    '-Infinity',
    '--1',
    '1e',
    'e5',
    '1e1.5',
    '١',
    '1n',
  ])('%j is refused: it is no JSON number', (text) => {
    expect(read(text)).toBeNull();
  });

  test.each(['1e31', '1e-31', '0e31', '1e400', '1e-400', '1e99999'])('%s is refused: exponent beyond ±30', (text) => {
    expect(read(text)).toBeNull();
  });

  test.each(['1'.repeat(31), '1e30', '12e29', '0.1000000000001', '1e-13', `${'9'.repeat(31)}.1`])(
    '%s is refused: more than 30 integer or 12 fraction digits',
    (text) => {
      expect(read(text)).toBeNull();
    },
  );

  test('a text of more than 1,024 characters is refused without being read', () => {
    expect(read(`1.${'0'.repeat(1_022)}`)).toBe('1');
    expect(read(`1.${'0'.repeat(1_023)}`)).toBeNull();
  });

  test('the limits are the caller’s: a property takes 30 fraction digits', () => {
    const text = `0.${'1'.repeat(30)}`;
    expect(read(text)).toBeNull();
    expect(read(text, { integerDigits: 30, fractionDigits: 30 })).toBe(text);
  });

  test('zeros in front of the first digit are none', () => {
    expect(read('0.0001e4', { integerDigits: 1, fractionDigits: 0 })).toBe('1');
    expect(read('0.001e4', { integerDigits: 1, fractionDigits: 0 })).toBeNull();
  });

  test('plain notation has no exponent', () => {
    expect([isPlainNotation('12.50'), isPlainNotation('-3'), isPlainNotation('1e3')]).toEqual([true, true, false]);
  });
});

describe('exactness', () => {
  test('0.1 ten times is 1', () => {
    expect(decimalText(sumOf(Array.from({ length: 10 }, () => decimal('0.1'))))).toBe('1');
  });

  test('a sum of 20 integer digits keeps its fraction', () => {
    const sum = decimal('12345678901234567890.123456').plus(decimal('0.000001'));
    expect(decimalText(sum)).toBe('12345678901234567890.123457');
  });

  test('the largest quantity times the largest price is exact to the last digit', () => {
    const quantity = `${'9'.repeat(60)}.${'9'.repeat(30)}`;
    const price = `${'9'.repeat(30)}.${'9'.repeat(12)}`;
    const product = BigInt(quantity.replace('.', '')) * BigInt(price.replace('.', ''));
    const digits = product.toString();
    const expected = `${digits.slice(0, -42)}.${digits.slice(-42)}`;
    expect(decimalText(decimal(quantity).times(decimal(price)))).toBe(expected.replace(/\.?0+$/, ''));
  });

  test.each([`1${'0'.repeat(59)}`, `0.${'0'.repeat(41)}1`])('%s prints without an exponent', (text) => {
    expect(decimalText(decimal(text))).toBe(text);
    expect(String(decimal(text))).toBe(text);
  });

  test('a negative zero prints as 0', () => {
    expect(decimalText(decimal('0').negated())).toBe('0');
  });

  test.each(['NaN', '1e5', '0x1f', '', ' 1'])('%j as trusted text is a defect', (text) => {
    expect(() => decimal(text)).toThrow(RangeError);
  });
});

describe('the one division', () => {
  test('a quotient that ends is exact', () => {
    expect(decimalText(quotient(decimal('15.15'), decimal('30')))).toBe('0.505');
  });

  test('one that does not end is kept to 40 decimals', () => {
    expect(decimalText(quotient(decimal('2'), decimal('3')))).toBe(`0.${'6'.repeat(39)}7`);
  });

  test('by zero is a defect', () => {
    expect(() => quotient(decimal('1'), decimal('0'))).toThrow(RangeError);
  });
});

test.each([
  ['0', 0],
  ['0.9', 0],
  ['0.09', 0],
  ['1', 1],
  ['-9.99', 1],
  ['10', 2],
  [`${'9'.repeat(60)}.5`, 60],
])('%s has %i integer digits', (text, digits) => {
  expect(integerDigits(decimal(text))).toBe(digits);
});
