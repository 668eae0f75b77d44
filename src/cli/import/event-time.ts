import { isTimezone } from '../../domain/calendar.ts';
import { type Instant, instantFromMicros } from '../../domain/instant.ts';
import { CliError } from '../cli-error.ts';
import { compileTimePattern, hasOffset, TIME_PATTERN_HELP, type TimeReader } from './time-pattern.ts';
import { instantOfWallTime, type WallTime } from './wall-time.ts';

export type TimeReading = { readonly instant: Instant } | { readonly fault: string };

/** Reads one cell's text as an instant. */
export type EventClock = (text: string) => TimeReading;

const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)? ?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

const UNIX_DIGITS = new Map([
  ['unix', 0],
  ['unix-ms', 3],
  ['unix-us', 6],
  ['unix-ns', 9],
]);

export const TIME_FORMAT_HELP = `iso, unix (seconds), unix-ms, unix-us, unix-ns, or a pattern of ${TIME_PATTERN_HELP}`;

/**
 * @param format `iso`, `unix…` or a pattern
 * @param timezone IANA zone of times without an offset; null when there are none
 * @throws CliError when the format or the zone is wrong, or the format needs a zone
 */
export function eventClock(format: string, timezone: string | null): EventClock {
  if (timezone !== null && !isTimezone(timezone)) {
    throw new CliError('usage', `--timezone \`${timezone}\` is not an IANA time zone.`, {
      fix: 'Write it like `Europe/Berlin`, `America/New_York` or `UTC`.',
    });
  }
  const digits = UNIX_DIGITS.get(format);
  if (digits !== undefined) return (text) => readUnixTime(text, digits);
  if (format === 'iso') return (text) => reading(text, readIso(text), { format: 'ISO 8601', timezone });
  const read: TimeReader = compileTimePattern(format);
  if (timezone === null && !hasOffset(format)) {
    throw new CliError('usage', `Times like \`${format}\` have no offset, so their zone must be given.`, {
      fix: 'Add for instance `--timezone UTC` or `--timezone Europe/Berlin`.',
    });
  }
  return (text) => reading(text, read(text), { format: `\`${format}\``, timezone });
}

interface Reading {
  readonly format: string;
  readonly timezone: string | null;
}

function reading(text: string, wall: WallTime | null, { format, timezone }: Reading): TimeReading {
  if (wall === null) return { fault: `${quote(text)} is not a time written as ${format}.` };
  if (wall.offset === null && timezone === null) {
    return { fault: `${quote(text)} has no offset; give its zone with --timezone.` };
  }
  const instant = instantOfWallTime(wall, timezone);
  return instant === null ? { fault: `${quote(text)} names a day, time or offset that does not exist.` } : { instant };
}

function readIso(text: string): WallTime | null {
  const match = ISO.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction = '', offset] = match;
  const number = (digits: string | undefined) => Number(digits ?? 0);
  return {
    year: number(year),
    month: number(month),
    day: number(day),
    hour: number(hour),
    minute: number(minute),
    second: number(second),
    fraction,
    offset: offset?.toUpperCase() ?? null,
  };
}

const UNIX_TIME = /^(-?)(\d{1,20})(?:\.(\d{1,30}))?$/;
/** The years 0001 to 9999, in microseconds. */
const FIRST_MICROS = -62_135_596_800_000_000n;
const LAST_MICROS = 253_402_300_799_999_999n;

/** Digits finer than a microsecond are cut off, as the API cuts them off, towards the past. */
function readUnixTime(text: string, unitDigits: number): TimeReading {
  const match = UNIX_TIME.exec(text);
  if (match === null) return { fault: `${quote(text)} is not a number of Unix time.` };
  const [, sign, whole = '', fraction = ''] = match;
  const nanos = BigInt(whole + fraction.padEnd(30, '0')) * 10n ** BigInt(9 - unitDigits);
  const signed = sign === '-' ? -nanos : nanos;
  const scale = 10n ** 33n;
  const micros = signed / scale - (signed % scale < 0n ? 1n : 0n);
  if (micros < FIRST_MICROS || micros > LAST_MICROS) {
    return { fault: `${quote(text)} is outside the years 1 to 9999; is its unit right?` };
  }
  return { instant: instantFromMicros(micros) };
}

function quote(text: string): string {
  return `\`${text.length > 80 ? `${text.slice(0, 80)}…` : text}\``;
}
