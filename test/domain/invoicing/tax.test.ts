import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { currencyDigits } from '../../../src/domain/currency.ts';
import { type DecimalText, decimal, sumOf } from '../../../src/domain/decimal.ts';
import { computeTaxes, hasMixedRates, type TaxRateTerms } from '../../../src/domain/invoicing/tax.ts';
import { formatMoney } from '../../../src/domain/money.ts';

function rate(percentage: string, inclusive: boolean, id = `txr_${percentage}`): TaxRateTerms {
  return { id, name: `Tax of ${percentage} %`, percentage: percentage as DecimalText, inclusive };
}

function taxesOf(subtotal: string, rates: readonly TaxRateTerms[], currency = 'USD') {
  const { taxes, taxTotal, total } = computeTaxes({ subtotal: decimal(subtotal), rates, currency });
  const written = (value: typeof total) => formatMoney(value, currency);
  return {
    taxable: taxes[0] === undefined ? null : written(taxes[0].taxable),
    taxes: taxes.map(({ amount }) => written(amount)),
    taxTotal: written(taxTotal),
    total: written(total),
  };
}

/** Inclusive or not, subtotal, percentages, currency: taxable, each tax, total of taxes, total. */
type Case = readonly [
  what: string,
  kind: 'exclusive' | 'inclusive',
  given: { readonly subtotal: string; readonly rates: readonly string[]; readonly currency?: string },
  expected: { taxable: string; taxes: string[]; taxTotal: string; total: string },
];

const CASES: readonly Case[] = [
  [
    'an exclusive rate comes on top',
    'exclusive',
    { subtotal: '16.00', rates: ['20'] },
    { taxable: '16.00', taxes: ['3.20'], taxTotal: '3.20', total: '19.20' },
  ],
  [
    'half a cent of tax goes up',
    'exclusive',
    { subtotal: '0.10', rates: ['5'] },
    { taxable: '0.10', taxes: ['0.01'], taxTotal: '0.01', total: '0.11' },
  ],
  [
    'half a cent of negative tax goes away from zero',
    'exclusive',
    { subtotal: '-0.10', rates: ['5'] },
    { taxable: '-0.10', taxes: ['-0.01'], taxTotal: '-0.01', total: '-0.11' },
  ],
  [
    'each of several rates is rounded by itself: 2 × 0.005 are 0.02, not 0.01',
    'exclusive',
    { subtotal: '0.10', rates: ['5', '5.0001'] },
    { taxable: '0.10', taxes: ['0.01', '0.01'], taxTotal: '0.02', total: '0.12' },
  ],
  [
    'a percentage with decimals is used exactly',
    'exclusive',
    { subtotal: '100.00', rates: ['8.875'] },
    { taxable: '100.00', taxes: ['8.88'], taxTotal: '8.88', total: '108.88' },
  ],
  [
    'a rate of zero stands on the document with no amount',
    'exclusive',
    { subtotal: '100.00', rates: ['0'] },
    { taxable: '100.00', taxes: ['0.00'], taxTotal: '0.00', total: '100.00' },
  ],
  [
    'a currency without decimals taxes whole units',
    'exclusive',
    { subtotal: '105', rates: ['10'], currency: 'JPY' },
    { taxable: '105', taxes: ['11'], taxTotal: '11', total: '116' },
  ],
  [
    'a currency with three decimals taxes thousandths',
    'exclusive',
    { subtotal: '0.110', rates: ['5'], currency: 'KWD' },
    { taxable: '0.110', taxes: ['0.006'], taxTotal: '0.006', total: '0.116' },
  ],
  [
    'an inclusive rate is contained',
    'inclusive',
    { subtotal: '19.20', rates: ['20'] },
    { taxable: '16.00', taxes: ['3.20'], taxTotal: '3.20', total: '19.20' },
  ],
  [
    'an inclusive tax that does not end is rounded once: 100 × 19 ÷ 119 = 15.966…',
    'inclusive',
    { subtotal: '100.00', rates: ['19'] },
    { taxable: '84.03', taxes: ['15.97'], taxTotal: '15.97', total: '100.00' },
  ],
  [
    'several inclusive rates share the divisor 100 + their sum',
    'inclusive',
    { subtotal: '114.98', rates: ['5', '9.975'] },
    { taxable: '100.00', taxes: ['5.00', '9.98'], taxTotal: '14.98', total: '114.98' },
  ],
  [
    'a negative gross contains negative taxes',
    'inclusive',
    { subtotal: '-19.20', rates: ['20'] },
    { taxable: '-16.00', taxes: ['-3.20'], taxTotal: '-3.20', total: '-19.20' },
  ],
  [
    'an inclusive rate of 100 is half of the gross, half a cent goes up',
    'inclusive',
    { subtotal: '0.01', rates: ['100'] },
    { taxable: '0.00', taxes: ['0.01'], taxTotal: '0.01', total: '0.01' },
  ],
  [
    'inclusive tax of a currency without decimals',
    'inclusive',
    { subtotal: '108', rates: ['8'], currency: 'JPY' },
    { taxable: '100', taxes: ['8'], taxTotal: '8', total: '108' },
  ],
];

describe('taxes of a document', () => {
  test.each(CASES)('%s', (_what, kind, { subtotal, rates, currency }, expected) => {
    const terms = rates.map((percentage) => rate(percentage, kind === 'inclusive'));
    expect(taxesOf(subtotal, terms, currency)).toEqual(expected);
  });

  test('without rates there are no rows, and the subtotal is the total', () => {
    expect(taxesOf('12.34', [])).toEqual({ taxable: null, taxes: [], taxTotal: '0.00', total: '12.34' });
  });

  test('a row carries the terms of its rate as they are, and nothing more', () => {
    const vat = { ...rate('20', false), metadata: '{}' };
    const [row] = computeTaxes({ subtotal: decimal('1.00'), rates: [vat], currency: 'USD' }).taxes;
    expect(row).toEqual({
      taxRateId: 'txr_20',
      name: 'Tax of 20 %',
      percentage: '20',
      inclusive: false,
      taxable: decimal('1'),
      amount: decimal('0.2'),
    });
  });

  test('inclusive and exclusive rates on one document are refused', () => {
    const mixed = [rate('20', true), rate('5', false)];
    expect(hasMixedRates(mixed)).toBe(true);
    expect(() => taxesOf('1.00', mixed)).toThrow(RangeError);
  });
});

const CURRENCIES = ['USD', 'JPY', 'KWD', 'CLF'] as const;
const percentages = fc.bigInt({ min: 0n, max: 100_000_000n }).map((scaled) => decimalOf(scaled, 6));
const documents = fc
  .record({
    minor: fc.oneof(fc.bigInt({ min: -10_000n, max: 10_000n }), fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n })),
    currency: fc.constantFrom(...CURRENCIES),
    inclusive: fc.boolean(),
    percentages: fc.uniqueArray(percentages, { maxLength: 5 }),
  })
  .map(({ minor, currency, inclusive, percentages: each }) => ({
    subtotal: decimal(decimalOf(minor, currencyDigits(currency))),
    currency,
    rates: each.map((percentage) => rate(percentage, inclusive)),
    inclusive,
  }));

function decimalOf(minor: bigint, digits: number): string {
  const sign = minor < 0n ? '-' : '';
  const text = String(minor < 0n ? -minor : minor).padStart(digits + 1, '0');
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

describe('of every document', () => {
  test('the total is the amount without tax plus the taxes; with inclusive rates it is the subtotal', () => {
    fc.assert(
      fc.property(documents, ({ inclusive, ...document }) => {
        const { taxes, taxTotal, total } = computeTaxes(document);
        expect(taxTotal.equals(sumOf(taxes.map(({ amount }) => amount)))).toBe(true);
        for (const { taxable } of taxes) expect(taxable.plus(taxTotal).equals(total)).toBe(true);
        const stated = inclusive || taxes.length === 0 ? total : total.minus(taxTotal);
        expect(stated.equals(document.subtotal)).toBe(true);
      }),
    );
  });

  test('every tax is the true quotient in whole minor units, off by at most half of one', () => {
    fc.assert(
      fc.property(documents, (document) => {
        const shares = document.rates.map(({ percentage }) => decimal(percentage));
        const base = document.inclusive ? decimal('100').plus(sumOf(shares)) : decimal('100');
        const half = decimal('0.5').times(decimal(decimalOf(1n, currencyDigits(document.currency))));
        for (const { amount, percentage } of computeTaxes(document).taxes) {
          expect(() => formatMoney(amount, document.currency)).not.toThrow();
          const error = amount.times(base).minus(document.subtotal.times(decimal(percentage)));
          const size = error.lessThan(decimal('0')) ? error.negated() : error;
          expect(size.lessThanOrEqualTo(half.times(base))).toBe(true);
        }
      }),
    );
  });

  test('the opposite subtotal has the opposite taxes', () => {
    fc.assert(
      fc.property(documents, (document) => {
        const opposite = computeTaxes({ ...document, subtotal: document.subtotal.negated() });
        const { taxes, total } = computeTaxes(document);
        expect(opposite.total.equals(total.negated())).toBe(true);
        for (const [index, { amount }] of taxes.entries()) {
          expect(opposite.taxes[index]?.amount.equals(amount.negated())).toBe(true);
        }
      }),
    );
  });

  test('the order of the rates is that of the rows and changes no amount', () => {
    fc.assert(
      fc.property(documents, (document) => {
        const turned = computeTaxes({ ...document, rates: document.rates.toReversed() });
        expect(turned).toEqual({
          ...turned,
          ...computeTaxes(document),
          taxes: computeTaxes(document).taxes.toReversed(),
        });
      }),
    );
  });
});
