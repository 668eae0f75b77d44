import { describe, expect, test } from '@jest/globals';
import { currencyDigits, isCurrency } from '../../src/domain/currency.ts';
import { decimal, decimalText, sumOf } from '../../src/domain/decimal.ts';
import { formatMoney, roundMoney } from '../../src/domain/money.ts';

const rounded = (amount: string, currency: string) => formatMoney(roundMoney(decimal(amount), currency), currency);

describe('currencies', () => {
  test.each([
    ['JPY', 0],
    ['KRW', 0],
    ['USD', 2],
    ['EUR', 2],
    ['HUF', 2],
    ['IDR', 2],
    ['KWD', 3],
    ['BHD', 3],
    ['CLF', 4],
    ['XOF', 0],
    ['XCG', 2],
  ])('%s has %i decimals by ISO 4217', (code, digits) => {
    expect(currencyDigits(code)).toBe(digits);
    expect(isCurrency(code)).toBe(true);
  });

  // The last three lines: metals, units of account, and codes for testing and for none, which have no minor unit.
  test.each([
    ...['usd', 'Usd', 'US', 'USDT', '', 'toString', '__proto__'],
    ...['XAG', 'XAU', 'XPD', 'XPT'],
    ...['XBA', 'XBB', 'XBC', 'XBD', 'XDR', 'XSU', 'XUA'],
    ...['XTS', 'XXX'],
  ])('%j is no currency to bill in', (code) => {
    expect(isCurrency(code)).toBe(false);
    expect(() => currencyDigits(code)).toThrow(RangeError);
  });
});

describe('rounding goes half away from zero', () => {
  test.each([
    ['0.004999999999', 'USD', '0.00'],
    ['0.005', 'USD', '0.01'],
    ['-0.005', 'USD', '-0.01'],
    ['1.005', 'USD', '1.01'],
    ['2.675', 'USD', '2.68'],
    ['0.505', 'USD', '0.51'],
    ['0.5', 'JPY', '1'],
    ['-0.5', 'JPY', '-1'],
    ['1.5', 'JPY', '2'],
    ['2.5', 'JPY', '3'],
    ['0.4999', 'JPY', '0'],
    ['0.0005', 'KWD', '0.001'],
    ['0.00049', 'KWD', '0.000'],
    ['0.00005', 'CLF', '0.0001'],
    ['0.000049', 'CLF', '0.0000'],
    ['-0.001', 'USD', '0.00'],
    [`${'9'.repeat(60)}.995`, 'USD', `1${'0'.repeat(60)}.00`],
  ])('%s %s is %s', (amount, currency, expected) => {
    expect(rounded(amount, currency)).toBe(expected);
  });

  test('one line of 3 at 10.333333 is 31.00, three lines of 1 are together 30.99', () => {
    const price = decimal('10.333333');
    const lines = [1, 2, 3].map(() => roundMoney(price, 'USD'));
    expect(rounded(decimalText(price.times(decimal('3'))), 'USD')).toBe('31.00');
    expect(formatMoney(sumOf(lines), 'USD')).toBe('30.99');
  });
});

describe('money as text', () => {
  test('has exactly the decimals of its currency', () => {
    expect([
      formatMoney(decimal('3'), 'USD'),
      formatMoney(decimal('3'), 'JPY'),
      formatMoney(decimal('3'), 'CLF'),
    ]).toEqual(['3.00', '3', '3.0000']);
  });

  test('an amount that nobody rounded is a defect, not silently another amount', () => {
    expect(() => formatMoney(decimal('0.505'), 'USD')).toThrow(RangeError);
  });
});
