import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { prefix, type SeqRanges } from '../../src/domain/rating/seq-ranges.ts';
import { timestamptz } from '../../src/storage/database.ts';
import { sql } from '../../src/storage/sql.ts';
import { readUsage, type UsageQuery } from '../../src/storage/usage.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { after, type StoredUsage, storeUsage, TENANT, usageQuery } from './usage-events.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const store = (events: readonly StoredUsage[]) => storeUsage(database.db, events);
const query = usageQuery;

const SUM = { type: 'sum', property: 'n' } as const;

async function read(customerRef: string, queries: readonly UsageQuery[], counted: SeqRanges | null = null) {
  const usage = await readUsage(database.db, { tenant: TENANT, customerRef, counted }, queries);
  return new Map(
    [...usage].map(([chargeId, pieces]) => [
      chargeId,
      pieces.map(({ eventCount, quantity, missingCount, unusableCount }) => [
        eventCount,
        quantity.toFixed(),
        missingCount,
        unusableCount,
      ]),
    ]),
  );
}

test('pieces are half-open: an event on a cut belongs to the later piece, one on the end to none', async () => {
  const events = [0, 49, 50, 99, 100].map((at) => ({ name: 'call', at, properties: {} }));
  const { customerRef } = await store(events);
  const cuts = [after(0), after(50), after(100)];
  const usage = await readUsage(database.db, { tenant: TENANT, customerRef, counted: null }, [query({ cuts })]);
  expect(usage.get('chg_1')?.map(({ from, to, eventCount }) => [from, to, eventCount])).toEqual([
    [after(0), after(50), 2],
    [after(50), after(100), 2],
  ]);
});

test('pieces without usage are there, also those of no length', async () => {
  const { customerRef } = await store([{ name: 'call', at: 50, properties: { n: 7 } }]);
  const cuts = [after(10), after(20), after(50), after(50), after(60)];
  expect(await read(customerRef, [query({ cuts, aggregation: SUM })])).toEqual(
    new Map([
      [
        'chg_1',
        [
          [0, '0', 0, 0],
          [0, '0', 0, 0],
          [0, '0', 0, 0],
          [1, '7', 0, 0],
        ],
      ],
    ]),
  );
  expect(await read(customerRef, [query({ cuts: [after(50), after(50)] })])).toEqual(
    new Map([['chg_1', [[0, '0', 0, 0]]]]),
  );
});

test('an event without the property, or with a value that is no number, is left out and counted apart', async () => {
  const values = [{ n: 1 }, { n: '2.5' }, {}, { m: 1 }, { n: null }, { n: 'many' }, { n: true }, { n: [1] }, { n: 0 }];
  const { customerRef } = await store(values.map((properties, at) => ({ name: 'call', at, properties })));
  expect(await read(customerRef, [query({ aggregation: SUM }), query({ chargeId: 'chg_2' })])).toEqual(
    new Map([
      ['chg_1', [[3, '3.5', 2, 4]]],
      ['chg_2', [[9, '9', 0, 0]]],
    ]),
  );
});

test('all filters must pass, each with one of its canonical texts', async () => {
  const values = [
    { region: 'eu', tier: 1 },
    { region: 'us', tier: 1.0 },
    { region: 'eu', tier: '1' },
    { region: 'eu', tier: 2 },
    { region: 'eu' },
    { region: 'eu', tier: null },
    { region: ['eu'], tier: 1 },
    { tier: true, region: 'ap' },
  ];
  const { customerRef } = await store(values.map((properties, at) => ({ name: 'call', at, properties })));
  const count = async (filters: UsageQuery['filters']) =>
    (await read(customerRef, [query({ filters })])).get('chg_1')?.[0]?.[0];
  expect(await count({ region: ['eu', 'us'], tier: ['1'] })).toBe(3);
  expect(await count({ region: ['eu'] })).toBe(5);
  expect(await count({ tier: ['null', 'true'] })).toBe(2);
  expect(await count({ region: ['asia'] })).toBe(0);
  expect(await count({ nothing: ['x'] })).toBe(0);
});

test('only events in the ranges of sequence numbers count: a lower bound is exclusive, an upper one inclusive', async () => {
  const { customerRef, before } = await store(
    [1, 2, 3, 4, 5, 6].map((at) => ({ name: 'call', at, properties: { n: 10 ** at } })),
  );
  const sum = async (counted: SeqRanges | null) =>
    (await read(customerRef, [query({ aggregation: SUM })], counted)).get('chg_1')?.[0]?.[1];
  const at = (number: number) => before + BigInt(number);
  expect(await sum(null)).toBe('1111110');
  expect(await sum([{ after: null, upTo: null }])).toBe('1111110');
  expect(await sum(prefix(at(2)))).toBe('110');
  expect(await sum([{ after: at(4), upTo: null }])).toBe('1100000');
  expect(
    await sum([
      { after: at(5), upTo: at(6) },
      { after: at(1), upTo: at(3) },
    ]),
  ).toBe('1001100');
  expect(await sum([])).toBe('0');
});

test('events of another name, customer, mode or account do not count', async () => {
  const { customerRef } = await store([{ name: 'call', at: 1, properties: {} }]);
  await store([{ name: 'call', at: 1, properties: {} }]);
  await database.db.query(sql`
    insert into events (account_id, livemode, id, seq, customer_ref, event_name, idempotency_key, event_at, received_at, properties)
    select account_id, livemode, gen_random_uuid(), nextval('event_seq'), ${customerRef}, event_name, 'k',
      ${timestamptz(after(1))}, now(), '{}'
    from (values (1, true, 'call'), (2, false, 'call'), (1, false, 'calls')) as t (account_id, livemode, event_name)`);
  expect((await read(customerRef, [query()])).get('chg_1')).toEqual([[1, '1', 0, 0]]);
});

const number = fc.oneof(
  fc.integer({ min: -1_000, max: 1_000 }).map(String),
  fc
    .tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 30n - 1n }), fc.bigInt({ min: 0n, max: 10n ** 30n - 1n }))
    .map(([negative, whole, part]) => `${negative ? '-' : ''}${whole}.${String(part).padStart(30, '0')}`),
);
const usageEvent = fc.record({
  name: fc.constantFrom('call', 'other'),
  at: fc.integer({ min: -5, max: 105 }),
  region: fc.constantFrom('eu', 'us', null),
  number: fc.option(number),
});

/** Units of 10^-30, so that a plain bigint holds every sum exactly. */
function scaled(text: string): bigint {
  const [whole = '', part = ''] = text.split('.');
  return BigInt(whole + part.padEnd(30, '0'));
}

function unscaled(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString().padStart(31, '0');
  const part = digits.slice(-30).replace(/0+$/, '');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -30)}${part === '' ? '' : `.${part}`}`;
}

test('sums are exact to the last digit, whatever the cuts, filters and cut-off, against a count by hand', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(usageEvent, { maxLength: 40 }),
      fc.uniqueArray(fc.integer({ min: 0, max: 100 }), { minLength: 2, maxLength: 5 }),
      fc.constantFrom<Record<string, string[]>>({}, { region: ['eu'] }, { region: ['us', 'null'] }),
      fc.nat({ max: 45 }),
      async (events, marks, filters, counted) => {
        const cuts = marks.toSorted((left, right) => left - right);
        const { customerRef, before } = await store(
          events.map(({ name, at, region, number: n }) => ({
            name,
            at,
            properties: n === null ? { region } : { region, n },
          })),
        );
        const found = await read(
          customerRef,
          [query({ filters, aggregation: SUM, cuts: cuts.map(after) })],
          prefix(before + BigInt(counted)),
        );
        const expected = cuts.slice(1).map((to, index) => {
          const inPiece = events
            .slice(0, counted)
            .filter(({ name, at }) => name === 'call' && at >= (cuts[index] ?? 0) && at < to)
            .filter(({ region }) => filters['region']?.includes(String(region)) ?? true);
          const usable = inPiece.flatMap(({ number: n }) => (n === null ? [] : [scaled(n)]));
          const sum = usable.reduce((total, each) => total + each, 0n);
          return [usable.length, unscaled(sum), inPiece.length - usable.length, 0];
        });
        expect(found.get('chg_1')).toEqual(expected);
      },
    ),
    { numRuns: 60 },
  );
});
