import { data } from 'currency-codes';

// ISO 4217 lists these without a minor unit ("N.A."): metals, units of account, the testing code, "no currency".
const WITHOUT_MINOR_UNIT = new Set([
  'XAG',
  'XAU',
  'XBA',
  'XBB',
  'XBC',
  'XBD',
  'XDR',
  'XPD',
  'XPT',
  'XSU',
  'XTS',
  'XUA',
  'XXX',
]);

/** In ISO 4217 since 2025, and not yet in the package. */
const CARIBBEAN_GUILDER = ['XCG', 2] as const;

const DIGITS: ReadonlyMap<string, number> = new Map([
  ...data
    .filter(({ code }) => !WITHOUT_MINOR_UNIT.has(code))
    .map(({ code, digits }): readonly [string, number] => [code, digits]),
  CARIBBEAN_GUILDER,
]);

/** Every currency that money can be billed in, with its decimals. */
export function currencies(): readonly (readonly [code: string, digits: number])[] {
  return [...DIGITS];
}

/** Whether money can be billed in it: an ISO 4217 code in capitals that has a minor unit. */
export function isCurrency(code: string): boolean {
  return DIGITS.has(code);
}

/** Decimals of the currency's amounts by ISO 4217, not by `Intl` (which gives HUF and IDR other digits). */
export function currencyDigits(code: string): number {
  const digits = DIGITS.get(code);
  if (digits === undefined) throw new RangeError(`unknown currency: ${code}`);
  return digits;
}
