import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Aggregation, AggregationType } from '../../src/domain/plan.ts';
import { readUsage, type UsageQuery } from '../../src/storage/usage.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { after, type StoredUsage, storeUsage, TENANT, usageQuery } from './usage-events.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

type OverProperty = Exclude<AggregationType, 'count'>;
const OVER_PROPERTY: readonly OverProperty[] = ['sum', 'max', 'latest', 'unique_count', 'average'];
const NINES = '9'.repeat(30);

/** JSON texts of the property `n`, undefined: not there; one event a value, in the order of their timestamps. */
type Values = readonly (string | undefined)[];

function eventsOf(values: Values): StoredUsage[] {
  return values.map((value, at) => ({
    name: 'call',
    at,
    properties: { json: value === undefined ? '{"m":1}' : `{"n":${value}}` },
  }));
}

/** [events that count, quantity, missing, unusable] of each aggregation over the first piece. */
async function read(customerRef: string, fields: Partial<UsageQuery> = {}) {
  const queries = OVER_PROPERTY.map((type) =>
    usageQuery({ chargeId: type, aggregation: { type, property: 'n' } as Aggregation, ...fields }),
  );
  const usage = await readUsage(database.db, { tenant: TENANT, customerRef, counted: null }, queries);
  return Object.fromEntries(
    [...usage].map(([type, [piece]]) => {
      if (piece === undefined) throw new Error('no piece');
      const { eventCount, quantity, missingCount, unusableCount } = piece;
      return [type, [eventCount, quantity.toFixed(), missingCount, unusableCount]];
    }),
  );
}

async function aggregate(values: Values) {
  const { customerRef } = await storeUsage(database.db, eventsOf(values));
  return read(customerRef);
}

async function quantityOf(type: OverProperty, values: Values): Promise<unknown> {
  return (await aggregate(values))[type]?.[1];
}

test('each aggregation leaves out what it can’t use, and counts that apart', async () => {
  expect(await aggregate(['3', '"5.5"', undefined, 'null', '"many"', 'true', '[1]', '-1', '0', undefined])).toEqual({
    sum: [4, '7.5', 2, 4],
    max: [4, '5.5', 2, 4],
    latest: [4, '0', 2, 4],
    unique_count: [8, '8', 2, 0],
    average: [4, '1.875', 2, 4],
  });
});

test('without a usable event everything is 0, not an invented value', async () => {
  const nothing = [0, '0', 0, 0];
  expect(await aggregate([])).toEqual(Object.fromEntries(OVER_PROPERTY.map((type) => [type, nothing])));
  expect(await aggregate(['"x"', undefined])).toEqual({
    sum: [0, '0', 1, 1],
    max: [0, '0', 1, 1],
    latest: [0, '0', 1, 1],
    unique_count: [1, '1', 1, 0],
    average: [0, '0', 1, 1],
  });
});

test('an aggregate below 0 is read as it is, also a maximum', async () => {
  expect(await aggregate(['-3', '-1.5', '-2'])).toMatchObject({
    sum: [3, '-6.5', 0, 0],
    max: [3, '-1.5', 0, 0],
    latest: [3, '-2', 0, 0],
    average: [3, '-2.166666666667', 0, 0],
  });
});

test('numbers of 30 integer and 30 fraction digits are exact, those with one digit more are unusable', async () => {
  const large = `${NINES}.${NINES}`;
  expect(await aggregate([large, large, `"${large}"`])).toMatchObject({
    sum: [3, `2${'9'.repeat(29)}9.${'9'.repeat(29)}7`, 0, 0],
    max: [3, large, 0, 0],
    latest: [3, large, 0, 0],
    unique_count: [3, '2', 0, 0],
    average: [3, `1${'0'.repeat(30)}`, 0, 0],
  });
  expect(await aggregate([`1${NINES}`, `0.1${NINES}`, '1e30', '"1e3"'])).toMatchObject({
    sum: [0, '0', 0, 4],
    max: [0, '0', 0, 4],
    unique_count: [4, '4', 0, 0],
  });
});

describe('the greatest number', () => {
  test('is found by value, not by text or by digits', async () => {
    expect(await quantityOf('max', ['9', '"10"', '9.99'])).toBe('10');
    expect(await quantityOf('max', ['0.1', '0.09999999999999999999', '1e-1'])).toBe('0.1');
  });
});

describe('the latest value', () => {
  const latest = async (events: readonly StoredUsage[]) => {
    const { customerRef } = await storeUsage(database.db, events);
    return (await read(customerRef))['latest']?.[1];
  };
  const call = (at: number, n: unknown, key: string): StoredUsage => ({ name: 'call', at, properties: { n }, key });

  test('is that of the greatest timestamp, to the microsecond, whatever came last', async () => {
    expect(await latest([call(50, 1, 'l1'), call(49, 2, 'l2'), call(51, 3, 'l3'), call(50, 4, 'l4')])).toBe('3');
  });

  test('at one timestamp is that of the greatest idempotency key by bytes', async () => {
    // As a dictionary sorts, é is before f and Z is after a; by bytes z < é, and Z < a.
    const keys = ['latest-a', 'latest-Z', 'latest-z', 'latest-é', 'latest-a\u0001', 'latest-𝄞', 'latest-￭', 'latest-'];
    const byBytes = keys.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
    for (const [round, key] of byBytes.entries()) {
      const among = byBytes.slice(0, round + 1).toReversed();
      const events = among.map((each) => call(5, 9 - byBytes.indexOf(each), `${round} ${each}`));
      expect([key, await latest(events)]).toEqual([key, String(9 - round)]);
    }
  });

  test('is the latest usable one: a later value that is no number does not hide it', async () => {
    expect(await latest([call(1, 7, 'u1'), call(2, 'x', 'u2'), call(3, null, 'u3')])).toBe('7');
  });

  test('far from our time is ordered alike', async () => {
    const cuts = [after(-60_000_000_000_000_000), after(250_000_000_000_000_000)];
    const events = [
      call(-60_000_000_000_000_000, 1, 'far-z'),
      call(249_000_000_000_000_000, 2, 'far-a'),
      call(0, 3, 'far-y'),
    ];
    const { customerRef } = await storeUsage(database.db, events);
    expect((await read(customerRef, { cuts }))['latest']?.[1]).toBe('2');
  });
});

describe('unique values', () => {
  test.each<[string, Values, string]>([
    ['numbers are compared by value', ['1', '1.0', '1.00e0', '10e-1'], '1'],
    ['a number is not its text', ['1', '"1"'], '2'],
    ['texts are compared as they are', ['"1"', '"1.0"', '"a"', '"A"', '"a "'], '5'],
    ['texts are not normalized', ['"\\u00e9"', '"e\\u0301"'], '2'],
    ['an escaped text is that text', ['"a"', '"\\u0061"'], '1'],
    ['the order of keys is irrelevant', ['{"a":1,"b":[1,2]}', '{"b":[1.0,2],"a":1}'], '1'],
    ['the order of a list is not', ['[1,2]', '[2,1]'], '2'],
    ['null is a value, nothing is none', ['null', 'null', undefined], '1'],
    ['null, false, 0 and the empty ones differ', ['null', 'false', '0', '""', '[]', '{}', '[null]'], '7'],
    ['zero has no sign', ['0', '-0', '0.000', '0e5'], '1'],
    ['every digit counts', [`${NINES}.${NINES}`, `${NINES}.${NINES}0`, `${NINES}.${'9'.repeat(29)}8`], '2'],
  ])('%s', async (_, values, expected) => {
    expect(await quantityOf('unique_count', values)).toBe(expected);
  });

  test('are counted over all events, filters passed', async () => {
    const users = ['a', 'b', 'a', 'c', 'b'];
    const events = users.map((n, at) => ({ name: 'call', at, properties: { n, region: at < 3 ? 'eu' : 'us' } }));
    const { customerRef } = await storeUsage(database.db, events);
    expect((await read(customerRef))['unique_count']).toEqual([5, '3', 0, 0]);
    expect((await read(customerRef, { filters: { region: ['eu'] } }))['unique_count']).toEqual([3, '2', 0, 0]);
  });
});

test('what can’t be cut is never read in pieces', async () => {
  const cuts = [after(0), after(50), after(100)];
  for (const type of ['max', 'latest', 'unique_count', 'average'] as const) {
    const query = usageQuery({ cuts, aggregation: { type, property: 'n' } });
    const scope = { tenant: TENANT, customerRef: 'nobody', counted: null };
    await expect(readUsage(database.db, scope, [query])).rejects.toThrow(RangeError);
  }
});

const DIGITS = fc.bigInt({ min: 0n, max: 10n ** 30n - 1n });
const numberText = fc.oneof(
  fc.constantFrom('0', '1', '1.0', '-1', '2.5', '-0.000000000001'),
  fc
    .tuple(fc.boolean(), DIGITS, DIGITS)
    .map(([negative, whole, part]) => `${negative ? '-' : ''}${whole}.${String(part).padStart(30, '0')}`),
);
const value = fc.oneof(
  { weight: 4, arbitrary: numberText },
  numberText.map((text) => `"${text}"`),
  fc.constantFrom('null', 'true', '"x"', '{"a":1,"b":2}', '{"b":2.0,"a":1}', '[]', '"1"'),
  fc.constant(undefined),
);
const usageEvent = fc.record({ value, at: fc.integer({ min: 0, max: 4 }), key: fc.string({ maxLength: 3 }) });

interface Seen {
  readonly value: string | undefined;
  readonly at: number;
  readonly key: string;
}

/** Units of 10^-30. */
function scaled(text: string): bigint {
  const [whole = '', part = ''] = text.split('.');
  return BigInt(whole + part.padEnd(30, '0'));
}

function unscaled(units: bigint): string {
  const digits = (units < 0n ? -units : units).toString().padStart(31, '0');
  const part = digits.slice(-30).replace(/0+$/, '');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -30)}${part === '' ? '' : `.${part}`}`;
}

/** Half away from zero at 12 decimals, in units of 10^-30. */
function roundedAverage(numbers: readonly bigint[]): bigint {
  const sum = numbers.reduce((total, each) => total + each, 0n);
  const step = 10n ** 18n * BigInt(numbers.length);
  const steps = ((sum < 0n ? -sum : sum) * 2n + step) / (step * 2n);
  return (sum < 0n ? -steps : steps) * 10n ** 18n;
}

/** One text a value: numbers by what they are worth, members sorted. */
function canonical(json: string): string {
  if (/^-?\d/.test(json)) return `number ${scaled(json)}`;
  return json === '{"b":2.0,"a":1}' ? '{"a":1,"b":2}' : json;
}

function byBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

/** What the aggregations come to, one event after the other. */
function reference(events: readonly Seen[]) {
  const there = events.flatMap(({ value: json, ...rest }) => (json === undefined ? [] : [{ ...rest, json }]));
  const usable = there.flatMap(({ json, ...rest }) => {
    const text = /^"?(-?\d[^"]*)"?$/.exec(json)?.[1];
    return text === undefined ? [] : [{ ...rest, units: scaled(text) }];
  });
  const numbers = usable.map(({ units }) => units);
  const last = usable.toSorted((left, right) => left.at - right.at || byBytes(left.key, right.key)).at(-1);
  const missing = events.length - there.length;
  const of = (units: bigint) => [usable.length, unscaled(units), missing, there.length - usable.length];
  return {
    sum: of(numbers.reduce((total, each) => total + each, 0n)),
    max: of(numbers.length === 0 ? 0n : numbers.reduce((most, each) => (each > most ? each : most))),
    latest: of(last?.units ?? 0n),
    unique_count: [there.length, String(new Set(there.map(({ json }) => canonical(json))).size), missing, 0],
    average: of(numbers.length === 0 ? 0n : roundedAverage(numbers)),
  };
}

test('no order of arrival changes a result, and each is what adding up by hand gives', async () => {
  let round = 0;
  await fc.assert(
    fc.asyncProperty(
      fc
        .uniqueArray(usageEvent, { selector: ({ key }) => key, maxLength: 25 })
        .chain((events) => fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length }))),
      async (orders) => {
        for (const events of orders) {
          round += 1;
          const stored = events.map(({ value: json, at, key }) => ({
            name: 'call',
            at,
            key: `${round} ${key}`,
            properties: { json: json === undefined ? '{}' : `{"n":${json}}` },
          }));
          const { customerRef } = await storeUsage(database.db, stored);
          expect(await read(customerRef)).toEqual(reference(events));
        }
      },
    ),
    { numRuns: 100 },
  );
});
