import { describe, expect, test } from '@jest/globals';
import { type DemoCompany, demoCompany } from '../../src/demo/company/company.ts';
import { MAX_CUSTOMERS } from '../../src/demo/company/customers.ts';
import { DEMO_PLANS } from '../../src/demo/company/plans.ts';
import { RandomStream } from '../../src/demo/company/random-stream.ts';
import { usageBatches } from '../../src/demo/company/usage.ts';
import { parseInstant } from '../../src/domain/instant.ts';
import { LIMITS } from '../../src/domain/limits.ts';
import { PRICING_MODELS } from '../../src/domain/plan.ts';

const YEAR = { seed: '1', run: 1, customers: 25, months: 12 };

interface SentEvent {
  readonly event_name: string;
  readonly customer_id: string;
  readonly idempotency_key: string;
  readonly timestamp: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

const bodiesOf = (company: DemoCompany) => [...usageBatches(company)].map((batch) => batch.body);
const eventsOf = (company: DemoCompany) =>
  bodiesOf(company).flatMap((body) => (JSON.parse(body) as { events: SentEvent[] }).events);

describe('the numbers that look random', () => {
  test('are the same on every machine', () => {
    const stream = new RandomStream('1', 'usage', 0, 3);
    expect([stream.next(), stream.next(), stream.next()]).toEqual([3_153_059_761, 4_153_286_683, 1_406_547_321]);
  });

  test('lie within their range, and reach both ends of it', () => {
    const stream = new RandomStream('ends');
    const drawn = new Set(Array.from({ length: 1_000 }, () => stream.between(-3, 3)));
    expect([...drawn].toSorted((left, right) => left - right)).toEqual([-3, -2, -1, 0, 1, 2, 3]);
  });
});

describe('the same seed', () => {
  test('gives the same plans, customers and events to the byte', () => {
    expect(demoCompany(YEAR)).toEqual(demoCompany(YEAR));
    expect(bodiesOf(demoCompany(YEAR))).toEqual(bodiesOf(demoCompany(YEAR)));
  });

  test('gives the customers and months that two runs share the same events, however many there are besides', () => {
    const few = demoCompany({ ...YEAR, customers: 3, months: 2 });
    const ids = new Set(few.customers.map((customer) => customer.externalId));
    const shared = eventsOf(demoCompany(YEAR)).filter(
      (event) => ids.has(event.customer_id) && (parseInstant(event.timestamp) ?? 0n) < few.endAt,
    );
    expect(eventsOf(few)).toEqual(shared);
  });

  test('gives a later run the same usage under other customers and keys', () => {
    const renamed = bodiesOf(demoCompany({ ...YEAR, run: 2 })).map((body) =>
      body.replace(/(?<=[a-z])-2(?=["-])/g, '-1'),
    );
    expect(renamed).toEqual(bodiesOf(demoCompany(YEAR)));
  });
});

test('another seed gives other events', () => {
  expect(bodiesOf(demoCompany({ ...YEAR, seed: '2' }))).not.toEqual(bodiesOf(demoCompany(YEAR)));
});

describe('what is sent', () => {
  const company = demoCompany(YEAR);
  const events = eventsOf(company);

  test('is in batches that the API takes', () => {
    const batches = [...usageBatches(company)];
    expect(Math.max(...batches.map((batch) => batch.events))).toBe(LIMITS.batchEvents);
    expect(Math.max(...batches.map((batch) => Buffer.byteLength(batch.body)))).toBeLessThan(LIMITS.bodyBytes);
    expect(batches.reduce((sum, batch) => sum + batch.events, 0)).toBe(events.length);
    expect(batches.at(-1)?.month).toBe(12);
  });

  test('is a year of usage of tens of thousands of events, each with a key of its own', () => {
    expect(events.length).toBeGreaterThan(20_000);
    expect(events.length).toBeLessThan(50_000);
    expect(new Set(events.map((event) => event.idempotency_key)).size).toBe(events.length);
  });

  test("comes in order of time, within the year, and not before its customer's subscription", () => {
    const starts = new Map(company.customers.map((customer) => [customer.externalId, customer.startAt]));
    let before = company.startAt as bigint;
    for (const event of events) {
      const at = parseInstant(event.timestamp);
      expect(at).not.toBeNull();
      if (at === null || at < before || at >= company.endAt || at < (starts.get(event.customer_id) ?? at + 1n)) {
        throw new Error(`out of place: ${JSON.stringify(event)}`);
      }
      before = at;
    }
  });

  test('writes decimals digit by digit, with all of their places', () => {
    const text = bodiesOf(company).join('\n');
    const decimals = [...text.matchAll(/"(kilotokens|gigabytes)":([^}]*)}/g)];
    expect(decimals.length).toBeGreaterThan(5_000);
    for (const [, name, number] of decimals) {
      expect(number).toMatch(name === 'kilotokens' ? /^(0|[1-9]\d*)\.\d{3}$/ : /^(0|[1-9]\d*)\.\d{6}$/);
    }
  });
});

describe('the company', () => {
  const { customers, endAt } = demoCompany(YEAR);

  test('has a plan for each pricing model, and customers on each', () => {
    expect(DEMO_PLANS.map((plan) => plan.model).toSorted()).toEqual([...PRICING_MODELS].toSorted());
    for (const plan of DEMO_PLANS) {
      expect(plan.charges.map((charge) => charge['pricing_model'])).toContain(plan.model);
      expect(customers.map((customer) => customer.plan)).toContain(plan);
    }
  });

  test('has trials that end with a month and trials that end within one', () => {
    const days = customers.flatMap((customer) => customer.trialEndOn?.slice(8) ?? []);
    expect(days.length).toBeGreaterThan(3);
    expect(days).toContain('15');
  });

  test('has grants that end with their period, that expire, that never end, and that are for some usage only', () => {
    const grants = customers.flatMap((customer) => customer.grants);
    expect(grants.some((grant) => !grant.rollover)).toBe(true);
    expect(grants.some((grant) => grant.rollover && grant.expiresInDays !== null)).toBe(true);
    expect(grants.some((grant) => grant.rollover && grant.expiresInDays === null)).toBe(true);
    expect(grants.some((grant) => grant.eventNames !== null)).toBe(true);
    expect(grants.filter((grant) => grant.effectiveAt >= endAt)).toEqual([]);
  });

  test('has names for as many customers as may be asked for', () => {
    const ids = demoCompany({ ...YEAR, customers: MAX_CUSTOMERS, months: 1 }).customers.map((each) => each.externalId);
    expect(new Set(ids).size).toBe(MAX_CUSTOMERS);
    for (const id of ids) expect(id).toMatch(/^[a-z]+(-[a-z]+){1,2}-1$/);
  });
});
