import { compareInstants, formatInstant, type Instant, instantFromMicros, maxInstant } from '../../domain/instant.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { DemoCompany } from './company.ts';
import type { DemoCustomer } from './customers.ts';
import { RandomStream } from './random-stream.ts';
import { propertiesOf } from './usage-kinds.ts';

/** A request of `POST /v1/events/batch`. */
export interface UsageBatch {
  /** The last month, from 1, of which it has an event. */
  readonly month: number;
  readonly events: number;
  /** The body, JSON. */
  readonly body: string;
}

interface UsageEvent {
  readonly at: Instant;
  /** JSON. */
  readonly text: string;
}

/** Each month's count is this much above or below what is expected, in per cent. */
const SPREAD = 15;
const MICROS_PER_MILLI = 1_000n;
const MICROS_PER_MINUTE = 60_000_000n;
const MILLIS_PER_MINUTE = 60_000;

/** All usage of the company in the order in which it happens, in batches as large as the API takes. */
export function* usageBatches(company: DemoCompany): Generator<UsageBatch> {
  const waiting: string[] = [];
  const months = company.monthStarts.length - 1;
  for (let month = 0; month < months; month += 1) {
    const events = company.customers.flatMap((customer) => monthOf(company, customer, month));
    events.sort((left, right) => compareInstants(left.at, right.at));
    for (const event of events) waiting.push(event.text);
    const isLast = month === months - 1;
    while (waiting.length >= LIMITS.batchEvents || (isLast && waiting.length > 0)) {
      yield batchOf(month + 1, waiting.splice(0, LIMITS.batchEvents));
    }
  }
}

function batchOf(month: number, events: readonly string[]): UsageBatch {
  return { month, events: events.length, body: `{"events":[\n${events.join(',\n')}\n]}` };
}

function monthOf(company: DemoCompany, customer: DemoCustomer, month: number): UsageEvent[] {
  const { startAt: firstAt, monthStarts } = company;
  const [monthStart = firstAt, end = firstAt] = monthStarts.slice(month, month + 2);
  const start = maxInstant(monthStart, customer.startAt);
  if (start >= end) return [];
  const random = new RandomStream(company.seed, 'usage', customer.index, month);
  const minutes = Number((end - start) / MICROS_PER_MINUTE);
  const count = eventCount(customer, { random, month, minutes, of: Number((end - monthStart) / MICROS_PER_MINUTE) });
  return Array.from({ length: count }, (_, ordinal) => {
    const offset = BigInt(random.between(0, minutes - 1)) * MICROS_PER_MINUTE;
    const millis = BigInt(random.between(0, MILLIS_PER_MINUTE - 1)) * MICROS_PER_MILLI;
    const at = instantFromMicros(start + offset + millis);
    return { at, text: eventText(customer, { at, random, key: `${month}-${ordinal}` }) };
  });
}

interface MonthShare {
  readonly random: RandomStream;
  readonly month: number;
  /** Of the month's minutes those since the customer's start. */
  readonly minutes: number;
  readonly of: number;
}

function eventCount(customer: DemoCustomer, { random, month, minutes, of }: MonthShare): number {
  const { plan, size, growth } = customer;
  const spread = 100 + random.between(-SPREAD, SPREAD);
  const expected = Math.floor((plan.eventsPerMonth * size * (100 + growth * month) * spread * minutes) / (of * 1e6));
  // Of things that seldom happen, some months see none.
  return plan.eventsPerMonth < 10 ? random.between(0, expected) : expected;
}

interface EventParts {
  readonly at: Instant;
  readonly random: RandomStream;
  /** Unique among the customer's events. */
  readonly key: string;
}

function eventText({ externalId, plan }: DemoCustomer, { at, random, key }: EventParts): string {
  const kind = random.pick(plan.usage);
  return (
    `{"event_name":"${kind}","customer_id":"${externalId}","idempotency_key":"${externalId}-${key}",` +
    `"timestamp":"${formatInstant(at)}","properties":${propertiesOf(kind, random)}}`
  );
}
