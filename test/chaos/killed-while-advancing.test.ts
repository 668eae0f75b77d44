import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Installation, type Part, removeHomes, temporaryHome } from '../support/installation.ts';
import { ProductClient } from '../support/product-client.ts';

const TIMEOUT_MS = 240_000;
const SUBSCRIPTIONS = 6;
const MONTHS = 4;
const HALF_WAY = '2027-03-01T02:00:00Z';
const END = '2027-05-01T02:00:00Z';

interface Invoice {
  readonly customer_id: string;
  readonly subscription_id: string;
  readonly period_number: number;
  readonly number: string;
  readonly status: string;
  readonly total: string;
}

let home: string;
let installation: Installation;
let client: ProductClient;
let fleets = 0;

async function start(): Promise<void> {
  installation = await Installation.start({ home });
  client = await ProductClient.of(installation, home);
}

beforeAll(async () => {
  home = await temporaryHome();
  await start();
}, TIMEOUT_MS);
afterAll(async () => {
  await installation.stop();
  await removeHomes();
}, TIMEOUT_MS);

interface Fleet {
  readonly clock: string;
  readonly name: string;
}

/** Customers on one clock, each with one event a month and a flat fee. */
async function subscribed(): Promise<Fleet> {
  fleets += 1;
  const name = `fleet-${fleets}`;
  const clock = await client.create('/test-clocks', { frozen_time: '2027-01-01T00:00:00Z' });
  const plan = await client.create('/pricing-plans', {
    name: 'Pro',
    charges: [
      { pricing_model: 'flat', amount: '10' },
      { pricing_model: 'per_unit', event_name: 'call', unit_amount: '0.25' },
    ],
  });
  const events: object[] = [];
  for (let index = 0; index < SUBSCRIPTIONS; index += 1) {
    const customer = `${name}-${index}`;
    await client.create('/customers', { external_id: customer, test_clock_id: clock });
    await client.create('/subscriptions', { customer_id: customer, plan_id: plan });
    for (let month = 1; month <= MONTHS; month += 1) {
      const timestamp = `2027-0${month}-15T00:00:00Z`;
      events.push({ event_name: 'call', customer_id: customer, timestamp, idempotency_key: `${customer}/${month}` });
    }
  }
  await client.call('POST', '/events/batch', { events });
  return { clock, name };
}

async function begin(fleet: Fleet, frozenTime: string): Promise<void> {
  await client.call('POST', `/test-clocks/${fleet.clock}/advance`, { frozen_time: frozenTime });
}

async function ready(fleet: Fleet): Promise<void> {
  for (;;) {
    // While a part is down the API may be, too.
    const state = await client.call<{ status: string }>('GET', `/test-clocks/${fleet.clock}`).catch(() => null);
    if (state?.status === 'ready') return;
    await delay(100);
  }
}

async function expectEveryPeriodBilledOnce(fleet: Fleet): Promise<void> {
  const all = await client.all<Invoice>('/invoices');
  const invoices = all.filter((each) => each.customer_id.startsWith(`${fleet.name}-`));
  expect(invoices.length).toBe(SUBSCRIPTIONS * MONTHS);
  expect(new Set(invoices.map((each) => `${each.subscription_id}/${each.period_number}`)).size).toBe(invoices.length);
  expect(new Set(invoices.map((each) => `${each.status} ${each.total}`))).toEqual(new Set(['open 10.25']));
  const numbers = all.map((each) => Number(each.number.slice(-6))).toSorted((left, right) => left - right);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
}

describe('killed in the middle of an advance', () => {
  test.each<Part>(['worker', 'temporal', 'postgres', 'api'])(
    'the %s comes back, and every period is billed once',
    async (part) => {
      const fleet = await subscribed();
      await begin(fleet, END);
      await delay(500);
      process.kill(await installation.pidOf(part), 'SIGKILL');
      await ready(fleet);
      await expectEveryPeriodBilledOnce(fleet);
    },
    TIMEOUT_MS,
  );
});

test.each([
  ['a second start finds its data, and its subscriptions still asleep', async () => undefined],
  [
    'a start after the loss of Temporal’s whole store bills what is due, and nothing twice',
    () => rm(path.join(home, 'temporal'), { recursive: true, force: true }),
  ],
])(
  '%s',
  async (_, whileStopped) => {
    const fleet = await subscribed();
    await begin(fleet, HALF_WAY);
    await ready(fleet);
    await installation.stop();
    await whileStopped();
    await start();
    await begin(fleet, END);
    await ready(fleet);
    await expectEveryPeriodBilledOnce(fleet);
  },
  TIMEOUT_MS,
);
