/**
 * An oracle for period boundaries that shares nothing with the product's calendar: zones are read through Intl, and
 * months are counted by hand. Slow and simple.
 */
const MICROS = 1_000_000n;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatFor(timezone: string): Intl.DateTimeFormat {
  let format = formats.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timezone, format);
  }
  return format;
}

/** Local time of an instant as microseconds that "1970 local" would count. */
function localMicros(micros: bigint, timezone: string): bigint {
  const below = ((micros % MICROS) + MICROS) % MICROS;
  const parts = formatFor(timezone).formatToParts(Number((micros - below) / 1000n));
  const part = (type: string) => Number(parts.find((each) => each.type === type)?.value);
  const utc = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return BigInt(utc) * 1000n + below;
}

/** The first instant that shows the local time; of a skipped one, the instant that lies as far behind the gap. */
function instantOfLocal(local: bigint, timezone: string): bigint {
  const day = 86_400n * MICROS;
  const offsetAt = (micros: bigint) => localMicros(micros, timezone) - micros;
  // No zone has two transitions within two days of each other, so these are the offsets before and after.
  const before = offsetAt(local - 2n * day);
  const candidates = [before, offsetAt(local + 2n * day)].map((offset) => local - offset);
  const showing = candidates.filter((micros) => localMicros(micros, timezone) === local);
  return showing.length === 0 ? local - before : showing.reduce((first, each) => (each < first ? each : first));
}

function addMonths(local: bigint, months: number): bigint {
  const below = ((local % MICROS) + MICROS) % MICROS;
  const date = new Date(Number((local - below) / 1000n));
  const month = date.getUTCFullYear() * 12 + date.getUTCMonth() + months;
  const year = Math.floor(month / 12);
  const monthOfYear = month - year * 12;
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  const day = Math.min(date.getUTCDate(), lengths[monthOfYear] ?? 31);
  const seconds = date.getUTCHours() * 3600 + date.getUTCMinutes() * 60 + date.getUTCSeconds();
  return BigInt(Date.UTC(year, monthOfYear, day) + seconds * 1000) * 1000n + below;
}

const MONTHS = { monthly: 1, quarterly: 3, yearly: 12 } as const;
const DAYS = { daily: 1, weekly: 7 } as const;

/** Boundaries 0, 1, … `count` − 1 from the anchor, those not later than their predecessor included. */
export function oracleBoundaries(
  rule: {
    readonly anchorAt: bigint;
    readonly timezone: string;
    readonly billingPeriod: keyof typeof MONTHS | keyof typeof DAYS;
    readonly intervalCount: number;
  },
  count: number,
): bigint[] {
  const local = localMicros(rule.anchorAt, rule.timezone);
  return Array.from({ length: count }, (_, index) => {
    if (index === 0) return rule.anchorAt;
    const steps = index * rule.intervalCount;
    const shifted =
      rule.billingPeriod === 'daily' || rule.billingPeriod === 'weekly'
        ? local + BigInt(steps * DAYS[rule.billingPeriod]) * 86_400n * MICROS
        : addMonths(local, steps * MONTHS[rule.billingPeriod]);
    return instantOfLocal(shifted, rule.timezone);
  });
}
