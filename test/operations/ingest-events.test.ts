import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addSeconds, formatInstant, type Instant } from '../../src/domain/instant.ts';
import type { EventInput } from '../../src/operations/event-input.ts';
import { EventIntake } from '../../src/operations/event-intake.ts';
import { ingestEvents } from '../../src/operations/ingest-events.ts';
import type { EventOutcome } from '../../src/operations/store-events.ts';
import { newUuid } from '../../src/platform/new-id.ts';
import { sql } from '../../src/storage/sql.ts';
import { at, BillingWorld, TEST_TENANT } from '../support/billing-world.ts';
import { sent, sentAs } from '../support/event-inputs.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterAll(() => world.drop());

async function ingest(...inputs: EventInput[]): Promise<EventOutcome[]> {
  const items = inputs.map((input) => ({ input }));
  return ingestEvents(world.db, TEST_TENANT, { items, onError: 'continue' });
}

async function statusesOf(...inputs: EventInput[]): Promise<string[]> {
  return (await ingest(...inputs)).map((outcome) => outcome.status);
}

interface Stored {
  readonly customerRef: string;
  readonly eventAt: Instant;
  readonly receivedAt: Instant;
  readonly seq: bigint;
}

async function storedAs(input: EventInput): Promise<Stored | undefined> {
  const [row] = await world.db.query<Stored>(sql`
    select customer_ref as "customerRef", event_at as "eventAt", received_at as "receivedAt", seq from events
    where idempotency_key = ${input.idempotencyKey}`);
  return row;
}

describe('the same key', () => {
  const key = '"event_name":"call","customer_id":"acme","idempotency_key":';
  const cases: [string, string, string, 'duplicate' | 'conflict'][] = [
    ['the same text', '"properties":{"a":1}', '"properties":{"a":1}', 'duplicate'],
    [
      'other order of keys',
      '"properties":{"a":1,"b":{"c":2,"d":3}}',
      '"properties":{"b":{"d":3,"c":2},"a":1}',
      'duplicate',
    ],
    ['1 and 1.0', '"properties":{"a":1}', '"properties":{"a":1.0}', 'duplicate'],
    ['100 and 1e2', '"properties":{"a":100}', '"properties":{"a":1e2}', 'duplicate'],
    [
      'long numbers with zeros behind',
      '"properties":{"a":1234567890123456789.5}',
      '"properties":{"a":1234567890123456789.50}',
      'duplicate',
    ],
    ['-0 and 0', '"properties":{"a":-0}', '"properties":{"a":0}', 'duplicate'],
    ['escapes and the characters they mean', '"properties":{"a":"\\u00e9"}', '"properties":{"a":"é"}', 'duplicate'],
    ['1 and "1"', '"properties":{"a":1}', '"properties":{"a":"1"}', 'conflict'],
    [
      'long numbers that one double would hold',
      '"properties":{"a":12345678901234567890}',
      '"properties":{"a":12345678901234567891}',
      'conflict',
    ],
    ['null and nothing', '"properties":{"a":null}', '"properties":{}', 'conflict'],
    ['lists of another order', '"properties":{"a":[1,2]}', '"properties":{"a":[2,1]}', 'conflict'],
    ['no properties and empty ones', '"x":0', '"properties":{}', 'conflict'],
    ['no timestamp twice', '"x":0', '"x":0', 'duplicate'],
    ['a timestamp and none', '"timestamp":"2026-01-01T00:00:00Z"', '"x":0', 'conflict'],
    [
      'one instant written in two ways',
      '"timestamp":"2026-01-01T00:00:00Z"',
      '"timestamp":"2026-01-01T01:00:00+01:00"',
      'conflict',
    ],
    ['composed and decomposed letters', '"properties":{"a":"é"}', '"properties":{"a":"e\\u0301"}', 'conflict'],
  ];

  test.each(cases)('with %s: %s then %s is a %s', async (_what, first, second, expected) => {
    // "x" stands for a field that is left out: what reaches ingestion has passed the schema.
    const body = (text: string, id: string) => `{${key}"${id}"${text === '"x":0' ? '' : `,${text}`}}`;
    const id = newUuid();
    expect(await statusesOf(sentAs(body(first, id)))).toEqual(['created']);
    expect(await statusesOf(sentAs(body(second, id)))).toEqual([expected]);
    const inOneBatch = newUuid();
    expect(await statusesOf(sentAs(body(first, inOneBatch)), sentAs(body(second, inOneBatch)))).toEqual([
      'created',
      expected,
    ]);
  });

  test('names one event each in two modes and two accounts', async () => {
    await world.db.query(sql`
      insert into accounts (account_id, livemode, public_id, name) values (2, false, 'acct_2', 'Other')
      on conflict do nothing`);
    const input = sent();
    const tenants = [TEST_TENANT, { accountId: 1, livemode: true }, { accountId: 2, livemode: false }];
    for (const tenant of tenants) {
      const [outcome] = await ingestEvents(world.db, tenant, { items: [{ input }], onError: 'fail' });
      expect(outcome?.status).toBe('created');
    }
  });

  test('of an event with a default timestamp stays the first one, however later it is sent again', async () => {
    const input = sent();
    const [first] = await ingest(input);
    const before = await storedAs(input);
    const [again] = await ingest(input);
    expect(again).toEqual({ ...first, status: 'duplicate' });
    expect(await storedAs(input)).toEqual(before);
  });
});

describe('the customer of an event', () => {
  test('is stored by its external_id, whether it was named by that or by its id', async () => {
    const customer = await world.customer({ externalId: 'by-any-name' });
    const inputs = [sent({ customer_id: customer.id }), sent({ customer_id: 'by-any-name' })];
    expect(await statusesOf(...inputs)).toEqual(['created', 'created']);
    for (const input of inputs) expect((await storedAs(input))?.customerRef).toBe('by-any-name');
  });

  test('need not exist when it is named by an external_id, and must when by cus_', async () => {
    const unknown = sent({ customer_id: 'cus_unknown' });
    const [outcome, other] = await ingest(unknown, sent({ customer_id: 'unknown' }));
    expect(outcome).toMatchObject({ status: 'invalid', faults: [{ param: 'customer_id', code: 'unknown_customer' }] });
    expect(other?.status).toBe('created');
    expect(await storedAs(unknown)).toBeUndefined();
  });

  test('of another mode or account is unknown by its id', async () => {
    const customer = await world.customer({});
    const items = [{ input: sent({ customer_id: customer.id }) }];
    for (const tenant of [
      { accountId: 1, livemode: true },
      { accountId: 2, livemode: false },
    ]) {
      const [outcome] = await ingestEvents(world.db, tenant, { items, onError: 'continue' });
      expect(outcome?.status).toBe('invalid');
    }
  });
});

describe('the timestamp of an event', () => {
  test('is the time of receipt unless given, and the time of the test clock for a customer on one', async () => {
    const clockId = await world.clock('2031-05-01T00:00:00.5Z');
    const customer = await world.customer({ clockId });
    const [live, clocked] = [sent(), sent({ customer_id: customer.externalId })];
    await ingest(live, clocked);
    const stored = await storedAs(live);
    expect(stored?.eventAt).toBe(stored?.receivedAt);
    expect((await storedAs(clocked))?.eventAt).toBe(at('2031-05-01T00:00:00.5Z'));
  });

  test('may be an hour ahead of the database, and anything for a customer on a test clock', async () => {
    const [row] = await world.db.query<{ now: Instant }>(sql`select clock_timestamp() as now`);
    const now = row?.now ?? at('2026-01-01');
    const clockId = await world.clock('2020-01-01');
    const customer = await world.customer({ clockId });
    const soon = formatInstant(addSeconds(now, 3_590));
    const late = formatInstant(addSeconds(now, 3_660));
    expect(
      await statusesOf(
        sent({ timestamp: soon }),
        sent({ timestamp: late }),
        sent({ timestamp: late, customer_id: customer.externalId }),
        sent({ timestamp: '9999-12-31T00:00:00Z', customer_id: customer.id }),
      ),
    ).toEqual(['created', 'invalid', 'created', 'created']);
  });

  test('is accepted while the test clock of its customer advances', async () => {
    const clockId = await world.clock('2027-01-01');
    const customer = await world.customer({ clockId });
    await world.db.query(sql`update test_clocks set status = 'advancing' where id = ${clockId}`);
    expect(await statusesOf(sent({ customer_id: customer.externalId }))).toEqual(['created']);
  });
});

describe('a storm', () => {
  test('of one event sent 200 times at once, singly and in batches, stores it once', async () => {
    const input = sent();
    const intake = new EventIntake(world.db);
    const singles = Array.from({ length: 100 }, async () => (await intake.ingest(TEST_TENANT, input)).isReplay);
    const batches = Array.from({ length: 20 }, () => statusesOf(input, input, input, input, input));
    const created = (await Promise.all(singles)).filter((isReplay) => !isReplay).length;
    const createdInBatches = (await Promise.all(batches)).flat().filter((status) => status === 'created').length;
    expect(created + createdInBatches).toBe(1);
    const [row] = await world.db.query<{ count: number }>(
      sql`select count(*)::int as count from events where idempotency_key = ${input.idempotencyKey}`,
    );
    expect(row?.count).toBe(1);
  });

  test('of two contents under one key lets one win, everywhere the same', async () => {
    const one = sent();
    const other = sent({ idempotency_key: one.idempotencyKey, event_name: 'other' });
    const outcomes = await Promise.all(Array.from({ length: 40 }, (_, n) => statusesOf(n % 2 === 0 ? one : other)));
    const of = (parity: number) => outcomes.filter((_, n) => n % 2 === parity).flat();
    const [winner, loser] = of(0).includes('conflict') ? [of(1), of(0)] : [of(0), of(1)];
    expect(winner.toSorted()).toEqual(['created', ...Array.from({ length: 19 }, () => 'duplicate')]);
    expect(new Set(loser)).toEqual(new Set(['conflict']));
  });

  test('of overlapping batches with their keys in opposite orders never deadlocks', async () => {
    const inputs = Array.from({ length: 200 }, (_, n) => sent({ customer_id: `crossing-${n % 70}` }));
    const rounds = Array.from({ length: 12 }, (_, n) => (n % 2 === 0 ? inputs : inputs.toReversed()));
    const statuses = (await Promise.all(rounds.map((batch) => statusesOf(...batch)))).flat();
    expect(statuses.filter((status) => status === 'created')).toHaveLength(200);
    expect(new Set(statuses)).toEqual(new Set(['created', 'duplicate']));
  });
});
