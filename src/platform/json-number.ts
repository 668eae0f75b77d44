const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
const PLAIN_INTEGER = /^-?[1-9]\d*$/;
/** Far above every limit of a number that is used, far below what a text would cost memory. */
const PLAIN_DIGITS = 200;
const SUMMABLE_EXPONENT_LENGTH = 15;

/**
 * One text for one value: `1`, `1.0`, `10e-1` are all `1`; `-0` is `0`. Plain decimal notation, or `<digits>e<power>`
 * where that would need more than 200 digits.
 *
 * @param source a JSON number as it was written
 */
export function canonicalNumberText(source: string): string {
  if (PLAIN_INTEGER.test(source) && source.length <= PLAIN_DIGITS) return source;
  const match = NUMBER.exec(source);
  if (match === null) throw new TypeError('not a JSON number');
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const all = whole + fraction;
  const digits = all.slice(countZeros(all, 'start'), all.length - countZeros(all, 'end'));
  if (digits === '') return '0';
  // Nobody computes with such an exponent; adding to it could cost more than it is worth.
  if (exponent.length > SUMMABLE_EXPONENT_LENGTH) return `${sign}${digits}e${exponent.replace('+', '')}`;
  const power = Number(exponent) - fraction.length + countZeros(all, 'end');
  return sign + (isShort(digits, power) ? plain(digits, power) : `${digits}e${power}`);
}

/** By hand: the pattern `/0+$/` takes quadratic time on a long run of zeros inside a number. */
function countZeros(text: string, side: 'start' | 'end'): number {
  let count = 0;
  while (count < text.length && text.charAt(side === 'start' ? count : text.length - 1 - count) === '0') count += 1;
  return count;
}

function isShort(digits: string, power: number): boolean {
  return digits.length <= PLAIN_DIGITS && digits.length + power <= PLAIN_DIGITS && power >= -PLAIN_DIGITS;
}

function plain(digits: string, power: number): string {
  if (power >= 0) return digits + '0'.repeat(power);
  const padded = digits.padStart(1 - power, '0');
  return `${padded.slice(0, power)}.${padded.slice(power)}`;
}
