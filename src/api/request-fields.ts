import * as z from 'zod';
import { isTimezone } from '../domain/calendar.ts';
import { isCurrency } from '../domain/currency.ts';
import { type DecimalText, decimalText, type DigitLimits, isPlainNotation, parseDecimal } from '../domain/decimal.ts';
import { type Instant, parseInstant } from '../domain/instant.ts';
import { LIMITS } from '../domain/limits.ts';
import { isRawNumber, numberText } from '../platform/exact-json.ts';
import { hasMoreCodePoints } from './code-points.ts';
import { issueOf } from './faults.ts';

/** Text of at most `max` characters (Unicode code points, as JSON Schema counts them). */
export function text({ min = 0, max = LIMITS.stringLength }: { min?: number; max?: number } = {}) {
  return z
    .string()
    .superRefine((value, context) => {
      if (value.length < min) context.addIssue(issueOf('too_short', 'May not be empty.'));
      if (hasMoreCodePoints(value, max)) {
        context.addIssue(issueOf('too_long', `May have at most ${max} characters.`));
      }
    })
    .meta({ override: { ...(min > 0 ? { minLength: min } : {}), maxLength: max } });
}

/**
 * Text that is part of an index, such as an external id: 1 to 1,024 bytes of UTF-8. Two of them fit into one entry of
 * a PostgreSQL index.
 */
export function keyText() {
  return text({ min: 1 }).superRefine((value, context) => {
    if (value.length <= LIMITS.stringLength && Buffer.byteLength(value) > LIMITS.stringLength) {
      context.addIssue(issueOf('too_long', `May have at most ${LIMITS.stringLength} bytes in UTF-8.`));
    }
  });
}

/** At most 50 pairs of strings; absent means none. */
export function metadata() {
  return z
    .record(text({ min: 1 }), text())
    .superRefine((value, context) => {
      if (Object.keys(value).length > LIMITS.metadataPairs) {
        context.addIssue(issueOf('too_many', `May have at most ${LIMITS.metadataPairs} pairs.`));
      }
    })
    .meta({
      description: `At most ${LIMITS.metadataPairs} pairs of strings of your own.`,
      override: { maxProperties: LIMITS.metadataPairs },
      example: { order: 'A-17' },
    });
}

/** ISO 4217 in capitals, with a minor unit. */
export function currency() {
  return z
    .string()
    .superRefine((value, context) => {
      if (!isCurrency(value)) {
        context.addIssue(issueOf('invalid_value', 'Has to be a currency of ISO 4217 in capitals, such as "EUR".'));
      }
    })
    .meta({ override: { pattern: '^[A-Z]{3}$' }, example: 'USD' });
}

/** A name of the IANA time-zone database. */
export function timezone() {
  return text({ min: 1, max: 100 })
    .superRefine((value, context) => {
      if (value !== '' && !isTimezone(value)) {
        context.addIssue(issueOf('invalid_value', 'Has to be an IANA time zone, such as "Europe/Berlin".'));
      }
    })
    .meta({ example: 'Europe/Berlin' });
}

/** Years that ISO 8601 writes with four digits; a day after the first, so that no time zone leads before year 1. */
const FIRST_INSTANT = parseInstant('0001-01-02T00:00:00Z');
const LAST_INSTANT = parseInstant('9999-12-31T23:59:59.999999Z');

/** The instant of an ISO 8601 text, or null: the one rule for instants from outside. */
export function readInstant(value: string): Instant | null {
  const parsed = parseInstant(value);
  const isHeld = parsed !== null && FIRST_INSTANT !== null && LAST_INSTANT !== null;
  return isHeld && parsed >= FIRST_INSTANT && parsed <= LAST_INSTANT ? parsed : null;
}

/** ISO 8601 with offset or `Z`; microseconds are kept, more digits truncated. Gives an Instant. */
export function instant() {
  return z
    .string()
    .transform((value, context): Instant => {
      const parsed = readInstant(value);
      if (parsed !== null) return parsed;
      context.addIssue(issueOf('not_an_instant', 'Has to be ISO 8601 with an offset, such as "2026-01-31T09:30:00Z".'));
      return z.NEVER;
    })
    .meta({ override: { type: 'string', format: 'date-time' }, example: '2026-01-31T09:30:00Z' });
}

/**
 * Money, a price, a tier bound or a grant amount: a JSON number or a string in plain notation, at most 30 integer and
 * 12 fraction digits, not negative (billing rules 1). Gives exact decimal text.
 */
export function amount() {
  return decimalOf(AMOUNT_DIGITS);
}

/** Like `amount`, with the digits that an aggregate of events may have: 60 before the point and 30 after it. */
export function quantity() {
  return decimalOf(QUANTITY_DIGITS);
}

/** As `amount`, but more than 0. */
export function positiveAmount() {
  return amount().superRefine((value, context) => {
    if (/^0(\.0*)?$/.test(value)) context.addIssue(issueOf('too_small', 'Has to be more than 0.'));
  });
}

const AMOUNT_DIGITS = { integerDigits: LIMITS.moneyIntegerDigits, fractionDigits: LIMITS.moneyFractionDigits };
const QUANTITY_DIGITS = {
  integerDigits: LIMITS.computedIntegerDigits,
  fractionDigits: LIMITS.propertyFractionDigits,
};

function decimalOf(limits: DigitLimits) {
  const pattern = `^\\d{1,${limits.integerDigits}}(\\.\\d{1,${limits.fractionDigits}})?$`;
  return z
    .unknown()
    .transform((value, context): DecimalText => {
      const read = readAmount(value, limits);
      if (typeof read === 'string') return read;
      context.addIssue(issueOf(read.code, read.message));
      return z.NEVER;
    })
    .meta({ override: { type: ['string', 'number'], minimum: 0, pattern }, example: '0.01' });
}

function readAmount(
  value: unknown,
  limits: DigitLimits,
): DecimalText | { code: 'missing' | 'wrong_type' | 'not_a_decimal' | 'too_small'; message: string } {
  if (value === undefined) return { code: 'missing', message: 'Required.' };
  const isText = typeof value === 'string';
  if (!isText && typeof value !== 'number' && !isRawNumber(value)) {
    return { code: 'wrong_type', message: 'Has to be a decimal: a number, or a string such as "12.50".' };
  }
  const source = isText ? value : isRawNumber(value) ? value.rawJSON : numberText(value);
  const parsed = source === null || (isText && !isPlainNotation(source)) ? null : parseDecimal(source, limits);
  if (parsed === null) {
    const { integerDigits, fractionDigits } = limits;
    const message = `Has to be a decimal of at most ${integerDigits} integer and ${fractionDigits} fraction digits, such as "12.50".`;
    return { code: 'not_a_decimal', message };
  }
  const written = decimalText(parsed);
  return written.startsWith('-') ? { code: 'too_small', message: 'May not be negative.' } : written;
}

/**
 * A field of a feature that this version does not have. Its neutral value is accepted, so that an object may be sent
 * back as it was answered; everything else is refused as `unsupported_field`.
 */
export function unsupported<const Neutral extends null | false | readonly []>(neutral: Neutral) {
  const shown = JSON.stringify(neutral);
  return z
    .unknown()
    .optional()
    .superRefine((value, context) => {
      if (value !== undefined && value !== null && JSON.stringify(value) !== shown) {
        context.addIssue(issueOf('unsupported_field', `Not supported in this version; leave it out or send ${shown}.`));
      }
    })
    .meta({
      override: { enum: neutral === null ? [null] : [null, neutral] },
      description: 'Not supported in this version.',
    });
}

/** A field that answers have and a change may not set. */
export function fixed() {
  return z
    .unknown()
    .optional()
    .superRefine((value, context) => {
      if (value !== undefined) context.addIssue(issueOf('invalid_value', 'Cannot be changed; leave it out.'));
    })
    .meta({ override: { not: {} }, description: 'Cannot be changed.' });
}

/** An integer that comes as a query parameter. */
export function integerParameter({ min, max }: { min: number; max: number }) {
  return z
    .string()
    .transform((value, context): number => {
      const isInteger = /^\d{1,9}$/.test(value);
      if (isInteger && Number(value) >= min && Number(value) <= max) return Number(value);
      context.addIssue(issueOf('invalid_value', `Has to be an integer from ${min} to ${max}.`));
      return z.NEVER;
    })
    .meta({ override: { type: 'integer', minimum: min, maximum: max } });
}

/** `true` or `false` as a query parameter. */
export function booleanParameter() {
  return z
    .string()
    .transform((value, context): boolean => {
      if (value === 'true' || value === 'false') return value === 'true';
      context.addIssue(issueOf('invalid_value', 'Has to be true or false.'));
      return z.NEVER;
    })
    .meta({ override: { type: 'boolean' } });
}
