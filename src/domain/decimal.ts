import { Decimal as Library } from 'decimal.js';

declare const decimalBrand: unique symbol;
declare const textBrand: unique symbol;

/** Plain decimal notation, such as `-12.50`: no exponent, no `+`, no `-0`. The form on the wire and in SQL. */
export type DecimalText = string & { readonly [textBrand]: 'DecimalText' };

/**
 * An exact decimal. Only operations that keep it exact are offered, none of them takes a `number` for a value; the
 * one division that may not end is `quotient`. Compare by the methods: `<` on two of these would compare texts.
 */
export interface Decimal {
  readonly [decimalBrand]: 'Decimal';
  plus(other: Decimal): Decimal;
  minus(other: Decimal): Decimal;
  times(other: Decimal): Decimal;
  negated(): Decimal;
  /** The whole part of the quotient, toward zero. */
  dividedToIntegerBy(divisor: Decimal): Decimal;
  /** Half away from zero. */
  toDecimalPlaces(places: number): Decimal;
  equals(other: Decimal): boolean;
  lessThan(other: Decimal): boolean;
  lessThanOrEqualTo(other: Decimal): boolean;
  greaterThan(other: Decimal): boolean;
  greaterThanOrEqualTo(other: Decimal): boolean;
  comparedTo(other: Decimal): number;
  isZero(): boolean;
  isInteger(): boolean;
  /** Plain notation with exactly that many decimals; money goes through `formatMoney`. */
  toFixed(places?: number): string;
}

/** How many digits a text from outside may have; zeros in front of the first and after the last do not count. */
export interface DigitLimits {
  readonly integerDigits: number;
  readonly fractionDigits: number;
}

// 200 digits hold every product of this system exactly: a computed quantity has at most 60 integer and 30 fraction
// digits, a price 30 and 12. The exponents are pushed out of reach so that nothing ever prints as 1e+21.
const Exact = Library.clone({
  precision: 200,
  rounding: Library.ROUND_HALF_UP,
  toExpNeg: -9e15,
  toExpPos: 9e15,
  minE: -9e15,
  maxE: 9e15,
});

const PLAIN = /^-?\d+(?:\.\d+)?$/;
const JSON_NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;
const MAX_EXPONENT = 30;
const MAX_TEXT_LENGTH = 1_024;

function fromLibrary(value: Library): Decimal {
  return value as unknown as Decimal;
}

function toLibrary(value: Decimal): Library {
  return value as unknown as Library;
}

/** A decimal from text that this system wrote or checked; throws a RangeError on anything but plain notation. */
export function decimal(text: string): Decimal {
  if (!PLAIN.test(text)) throw new RangeError(`not a plain decimal: ${text.slice(0, 80)}`);
  return fromLibrary(new Exact(text));
}

export const ZERO = decimal('0');
export const ONE = decimal('1');

/**
 * A decimal from outside, or null when the text is not a JSON number (so no `NaN`, infinity, hex, `_`, `+1`, `.5`,
 * `007`, spaces), its exponent is beyond ±30, or it has more digits than the limits (billing rules 1). A JSON string
 * has to be in plain notation as well: see `isPlainNotation`.
 */
export function parseDecimal(text: string, limits: DigitLimits): Decimal | null {
  if (text.length > MAX_TEXT_LENGTH) return null;
  const match = JSON_NUMBER.exec(text);
  if (match === null) return null;
  const [, , integer = '', fraction = '', exponentText = '0'] = match;
  const exponent = Number(exponentText);
  if (Math.abs(exponent) > MAX_EXPONENT) return null;
  const digits = (integer + fraction).replace(/^0+/, '');
  const trailingZeros = digits.length - digits.replace(/0+$/, '').length;
  if (digits === '') return ZERO;
  const fractionDigits = fraction.length - exponent;
  if (digits.length - fractionDigits > limits.integerDigits) return null;
  if (fractionDigits - trailingZeros > limits.fractionDigits) return null;
  return fromLibrary(new Exact(text));
}

/** Whether the text has no exponent: billing rules 1 ask that of decimals in JSON strings. */
export function isPlainNotation(text: string): boolean {
  return PLAIN.test(text);
}

/** Plain notation without trailing zeros. */
export function decimalText(value: Decimal): DecimalText {
  return toLibrary(value).toFixed() as DecimalText;
}

export function sumOf(values: Iterable<Decimal>): Decimal {
  let sum = ZERO;
  for (const value of values) sum = sum.plus(value);
  return sum;
}

export function minDecimal(left: Decimal, right: Decimal): Decimal {
  return right.lessThan(left) ? right : left;
}

export function maxDecimal(left: Decimal, right: Decimal): Decimal {
  return right.greaterThan(left) ? right : left;
}

export function isPositive(value: Decimal): boolean {
  return value.greaterThan(ZERO);
}

export function isNegative(value: Decimal): boolean {
  return value.lessThan(ZERO);
}

const QUOTIENT_PLACES = 40;

/**
 * `dividend ÷ divisor`, the one division of a computation, done last. A quotient that does not end is kept to 40
 * decimals. Rounding that to a currency gives what rounding the true quotient gives: a price with 12 decimals over a
 * period of at most 10^17 µs lies on a half cent or at least 10^-29 away from it.
 */
export function quotient(dividend: Decimal, divisor: Decimal): Decimal {
  if (divisor.isZero()) throw new RangeError('division by zero');
  return fromLibrary(toLibrary(dividend).dividedBy(toLibrary(divisor)).toDecimalPlaces(QUOTIENT_PLACES));
}

/** Digits before the decimal point; 0 for a value between −1 and 1. */
export function integerDigits(value: Decimal): number {
  const exponent = toLibrary(value).e;
  return value.isZero() || exponent < 0 ? 0 : exponent + 1;
}
