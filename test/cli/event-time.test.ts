import { describe, expect, test } from '@jest/globals';
import { eventClock } from '../../src/cli/import/event-time.ts';
import { formatInstant } from '../../src/domain/instant.ts';

function read(text: string, format = 'iso', timezone: string | null = null): string {
  const reading = eventClock(format, timezone)(text);
  return 'instant' in reading ? formatInstant(reading.instant) : reading.fault;
}

describe('times with an offset', () => {
  test.each([
    ['2001-01-01T00:47:00Z', 'iso', '2001-01-01T00:47:00Z'],
    ['2001-01-01 00:47+02', 'iso', '2000-12-31T22:47:00Z'],
    ['2001-01-01T00:47:00.1234567-05:30', 'iso', '2001-01-01T06:17:00.123456Z'],
    ['01/Jan/2001:13:55:36 -0700', 'dd/MMM/yyyy:HH:mm:ss XXX', '2001-01-01T20:55:36Z'],
    ['978310020', 'unix', '2001-01-01T00:47:00Z'],
    ['978310020.1234569', 'unix', '2001-01-01T00:47:00.123456Z'],
    ['978310020123', 'unix-ms', '2001-01-01T00:47:00.123Z'],
    ['978310020123456', 'unix-us', '2001-01-01T00:47:00.123456Z'],
    ['978310020123456789', 'unix-ns', '2001-01-01T00:47:00.123456Z'],
    ['-1', 'unix-ms', '1969-12-31T23:59:59.999Z'],
    ['-1', 'unix-ns', '1969-12-31T23:59:59.999999Z'],
  ])('%s as %s is %s', (text, format, expected) => {
    expect(read(text, format)).toBe(expected);
  });
});

describe('local times go by the zone', () => {
  test.each([
    ['2001/01/01 00:47', 'yyyy/MM/dd HH:mm', 'UTC', '2001-01-01T00:47:00Z'],
    ['1.2.2001 3:04', 'd.M.yyyy H:mm', 'Europe/Berlin', '2001-02-01T02:04:00Z'],
    ['January 5, 2001 12:30 am', 'MMMM d, yyyy hh:mm a', 'America/New_York', '2001-01-05T05:30:00Z'],
    ['2001-01-05 12:30:15.250 P.M.', 'yyyy-MM-dd h:mm:ss.SSS a', 'UTC', '2001-01-05T12:30:15.250Z'],
    ["20010105 o'clock 7", "yyyyMMdd 'o''clock' H", 'UTC', '2001-01-05T07:00:00Z'],
    ['2001-01-05T10:00', 'iso', 'Asia/Kolkata', '2001-01-05T04:30:00Z'],
    ['2001-01-05', 'iso', 'Asia/Kolkata', '2001-01-04T18:30:00Z'],
  ])('%s as %s in %s is %s', (...[text, format, timezone, expected]) => {
    expect(read(text, format, timezone)).toBe(expected);
  });

  test('a skipped time moves forward by the gap, a repeated one is the first, as period boundaries do', () => {
    expect(read('2026-03-29 02:30', 'yyyy-MM-dd HH:mm', 'Europe/Berlin')).toBe('2026-03-29T01:30:00Z');
    expect(read('2026-10-25 02:30', 'yyyy-MM-dd HH:mm', 'Europe/Berlin')).toBe('2026-10-25T00:30:00Z');
  });

  test('an offset in the text wins over the zone', () => {
    expect(read('2001-01-05T10:00:00+01:00', 'iso', 'Asia/Kolkata')).toBe('2001-01-05T09:00:00Z');
  });
});

describe('what is no time is never guessed', () => {
  test.each([
    ['2001-02-29T00:00:00Z', 'iso', /does not exist/],
    ['2001-01-01T24:00:00Z', 'iso', /does not exist/],
    ['2001-01-01T00:00:00', 'iso', /has no offset; give its zone/],
    ['2001-01-01', 'iso', /has no offset/],
    ['01/02/2001', 'iso', /not a time written as ISO 8601/],
    ['', 'iso', /not a time/],
    ['1e9', 'unix', /not a number of Unix time/],
    ['978310020000000', 'unix', /is its unit right/],
  ])('%s as %s', (text, format, fault) => {
    expect(read(text, format)).toMatch(fault);
  });

  test('13 AM, hour 0 of a half day and one digit where two are asked', () => {
    expect(read('2001-01-01 13:00 AM', 'yyyy-MM-dd hh:mm a', 'UTC')).toMatch(/not a time/);
    expect(read('2001-01-01 00:00 AM', 'yyyy-MM-dd hh:mm a', 'UTC')).toMatch(/not a time/);
    expect(read('2001-1-01', 'yyyy-MM-dd', 'UTC')).toMatch(/not a time/);
  });
});

describe('a wrong format or zone is refused before the first row', () => {
  test.each([
    ['YYYY-MM-DD', 'UTC', '`YYYY` is not a token'],
    ['yy-MM-dd', 'UTC', '`yy` is not a token'],
    ['yyyy-MM-dd dd', 'UTC', 'gives the day a second time'],
    ['yyyy-MM HH:mm', 'UTC', 'it needs one year, one month and one day'],
    ['yyyy-MM-dd hh:mm', 'UTC', '`hh` and `a` (AM, PM) need each other'],
    ['yyyy-MM-dd', null, 'their zone must be given'],
    ['iso', 'Berlin', 'not an IANA time zone'],
    ['iso', '+02:00', 'not an IANA time zone'],
  ])('%s in %s', (format, timezone, message) => {
    expect(() => eventClock(format, timezone)).toThrow(message);
  });
});
