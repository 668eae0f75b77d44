import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { currencyDigits } from '../../src/domain/currency.ts';
import { decimal, decimalText, parseDecimal, quotient } from '../../src/domain/decimal.ts';
import { idFromUuid } from '../../src/domain/ids.ts';
import { formatInstant, instantFromMicros, parseInstant } from '../../src/domain/instant.ts';
import { formatMoney, roundMoney } from '../../src/domain/money.ts';

/** units × 10^-places, written out. */
function plain(units: bigint, places: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  const fraction = digits.slice(digits.length - places);
  return `${units < 0n ? '-' : ''}${whole}${places === 0 ? '' : `.${fraction}`}`;
}

/** Half away from zero, by whole numbers. */
function roundedUnits(units: bigint, divisor: bigint): bigint {
  const magnitude = units < 0n ? -units : units;
  const rounded = (magnitude * 2n + divisor) / (divisor * 2n);
  return units < 0n ? -rounded : rounded;
}

const MICRO_BOUND = 253_402_300_799_999_999n;

describe('money', () => {
  test('is rounded as whole numbers would be, half-cent ties included', () => {
    const amounts = fc.oneof(
      fc.bigInt({ min: -(10n ** 45n), max: 10n ** 45n }),
      fc.bigInt({ min: -(10n ** 6n), max: 10n ** 6n }).map((half) => half * 5n * 10n ** 7n),
    );
    fc.assert(
      fc.property(amounts, fc.constantFrom('JPY', 'USD', 'KWD', 'CLF'), (units, currency) => {
        const digits = currencyDigits(currency);
        const expected = plain(roundedUnits(units, 10n ** BigInt(12 - digits)), digits);
        expect(formatMoney(roundMoney(decimal(plain(units, 12)), currency), currency)).toBe(expected);
      }),
      { numRuns: 1_000 },
    );
  });

  test('prorated by microseconds is rounded as the exact fraction would be', () => {
    const prices = fc.bigInt({ min: 0n, max: 10n ** 42n - 1n });
    const spans = fc.bigInt({ min: 1n, max: 10n ** 17n });
    fc.assert(
      fc.property(prices, spans, spans, fc.constantFrom('JPY', 'USD', 'KWD', 'CLF'), (price, one, other, currency) => {
        const [elapsed, full] = one < other ? [one, other] : [other, one];
        const digits = currencyDigits(currency);
        const expected = plain(roundedUnits(price * elapsed, full * 10n ** BigInt(12 - digits)), digits);
        const share = quotient(decimal(plain(price, 12)).times(decimal(plain(elapsed, 0))), decimal(plain(full, 0)));
        expect(formatMoney(roundMoney(share, currency), currency)).toBe(expected);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('decimals from outside', () => {
  const limits = { integerDigits: 30, fractionDigits: 12 };
  const units = fc.bigInt({ min: -(10n ** 42n) + 1n, max: 10n ** 42n - 1n });

  test('of at most 30 integer and 12 fraction digits are read exactly, plain or with an exponent', () => {
    fc.assert(
      fc.property(units, fc.integer({ min: 0, max: 12 }), (value, exponent) => {
        const shifted = `${plain(value, 12 - exponent)}e-${exponent}`;
        const [fromPlain, fromExponent] = [plain(value, 12), shifted].map((text) => parseDecimal(text, limits));
        expect(fromPlain && BigInt(fromPlain.toFixed(12).replace('.', ''))).toBe(value);
        expect(fromExponent && decimalText(fromExponent)).toBe(fromPlain && decimalText(fromPlain));
      }),
      { numRuns: 500 },
    );
  });

  test('are either refused or written back to a text that means the same', () => {
    const texts = fc.stringMatching(/^[-+]?[0-9_. ]{0,40}([eE][-+]?[0-9]{1,3})?$/);
    fc.assert(
      fc.property(fc.oneof(texts, fc.string()), (text) => {
        const value = parseDecimal(text, limits);
        if (value === null) return;
        const written = decimalText(value);
        expect(written).toMatch(/^-?(0|[1-9]\d{0,29})(\.\d{0,11}[1-9])?$/);
        expect(parseDecimal(written, limits)?.equals(value)).toBe(true);
        // JSON agrees that it is a number, and doubles agree as far as they can.
        expect(Number(written)).toBe(JSON.parse(text) + 0);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('instants', () => {
  const instants = fc.bigInt({ min: -62_135_596_800_000_000n, max: MICRO_BOUND }).map(instantFromMicros);

  test('are written and read back to the microsecond', () => {
    fc.assert(
      fc.property(instants, (instant) => {
        expect(parseInstant(formatInstant(instant))).toBe(instant);
      }),
      { numRuns: 1_000 },
    );
  });

  test('do not depend on the offset they are written with', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: MICRO_BOUND / 2n }),
        fc.integer({ min: -14 * 60, max: 14 * 60 }),
        (micros, minutes) => {
          const local = formatInstant(instantFromMicros(micros + BigInt(minutes) * 60_000_000n)).slice(0, -1);
          const size = Math.abs(minutes);
          const hours = String(Math.floor(size / 60)).padStart(2, '0');
          const offset = `${minutes < 0 ? '-' : '+'}${hours}:${String(size % 60).padStart(2, '0')}`;
          expect(parseInstant(`${local}${offset}`)).toBe(micros);
        },
      ),
    );
  });
});

test('ids sort as their UUIDs do', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.uuid(), (left, right) => {
      expect(idFromUuid('event', left) < idFromUuid('event', right)).toBe(left < right);
    }),
  );
});
