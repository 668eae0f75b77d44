/** Microseconds since 1970-01-01T00:00:00Z. Exact, ordered by `<`, never a Date (which has only milliseconds). */
export type Instant = bigint & { readonly __brand: 'Instant' };

const MICROS_PER_SECOND = 1_000_000n;
const PATTERN = /^(-?\d{4,6})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,1000}))?(Z|[+-]\d\d(?::?\d\d)?)$/;

export function instantFromMicros(micros: bigint): Instant {
  return micros as Instant;
}

export function addSeconds(instant: Instant, seconds: number): Instant {
  if (!Number.isSafeInteger(seconds)) throw new RangeError(`seconds must be an integer, got ${seconds}`);
  return (instant + BigInt(seconds) * MICROS_PER_SECOND) as Instant;
}

export function addDays24h(instant: Instant, days: number): Instant {
  return addSeconds(instant, days * 86_400);
}

export function maxInstant(first: Instant, ...rest: readonly Instant[]): Instant {
  return rest.reduce((latest, candidate) => (candidate > latest ? candidate : latest), first);
}

export function minInstant(first: Instant, ...rest: readonly Instant[]): Instant {
  return rest.reduce((earliest, candidate) => (candidate < earliest ? candidate : earliest), first);
}

/** The earlier of two instants that may not be there; null when neither is. */
export function earliestOf(left: Instant | null, right: Instant | null): Instant | null {
  return left === null || right === null ? (left ?? right) : minInstant(left, right);
}

export function compareInstants(left: Instant, right: Instant): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/**
 * Reads ISO 8601 with an offset or `Z` (also PostgreSQL's `2001-02-03 04:05:06.7+00`); null when it is not one or
 * names a day or time that does not exist. Digits beyond microseconds are truncated (billing rules 2).
 */
export function parseInstant(text: string): Instant | null {
  const match = PATTERN.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction = '', offset = 'Z'] = match;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (date.getUTCMonth() !== Number(month) - 1) return null;
  date.setUTCHours(Number(hour), Number(minute), Number(second));
  const offsetMinutes = readOffsetMinutes(offset);
  if (offsetMinutes === null) return null;
  const seconds = BigInt(date.getTime()) / 1000n - BigInt(offsetMinutes) * 60n;
  return (seconds * MICROS_PER_SECOND + BigInt(fraction.padEnd(6, '0').slice(0, 6))) as Instant;
}

function readOffsetMinutes(offset: string): number | null {
  if (offset === 'Z') return 0;
  const hours = Number(offset.slice(1, 3));
  const minutes = Number(offset.slice(3).replace(':', '') || '0');
  if (hours > 23 || minutes > 59) return null;
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

/**
 * UTC ISO 8601 with `Z`: no fraction when it is zero, else milli- or microseconds. A year after 9999, such as that of
 * a boundary far ahead, has its five or six digits and no sign, as PostgreSQL reads it. null stays null.
 */
export function formatInstant(instant: Instant): string;
export function formatInstant(instant: Instant | null): string | null;
export function formatInstant(instant: Instant | null): string | null {
  if (instant === null) return null;
  const micros = ((instant % MICROS_PER_SECOND) + MICROS_PER_SECOND) % MICROS_PER_SECOND;
  // Years beyond 9999, which only boundaries reach, without ISO's `+0`: PostgreSQL and parseInstant read them so.
  const whole = new Date(Number((instant - micros) / 1000n)).toISOString().slice(0, -5).replace(/^\+0*/, '');
  if (micros === 0n) return `${whole}Z`;
  const digits = micros.toString().padStart(6, '0');
  return `${whole}.${digits.endsWith('000') ? digits.slice(0, 3) : digits}Z`;
}
