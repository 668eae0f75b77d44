import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { eventually } from '../support/billing-workers.ts';
import { readJson } from '../../src/platform/home.ts';
import { runCommand } from '../cli/support/run-command.ts';
import { Installation, removeHomes, temporaryHome } from '../support/installation.ts';
import { ProductClient } from '../support/product-client.ts';

const TIMEOUT_MS = 240_000;
const SUBSCRIPTIONS = 5;
const MONTHS = 4;
const HALF_WAY = '2027-03-01T02:00:00Z';
const END = '2027-05-01T02:00:00Z';
const GIVE_UP_MS = 100_000;

interface Invoice {
  readonly subscription_id: string;
  readonly period_number: number;
  readonly status: string;
  readonly total: string;
}

let home: string;
let installation: Installation;
let client: ProductClient;

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

async function subscribed(customer: string, facts: object = {}): Promise<string> {
  const plan = await client.create('/pricing-plans', {
    name: 'Pro',
    charges: [
      { pricing_model: 'flat', amount: '10' },
      { pricing_model: 'per_unit', event_name: 'call', unit_amount: '0.25' },
    ],
  });
  await client.create('/customers', { external_id: customer, ...facts });
  return client.create('/subscriptions', { customer_id: customer, plan_id: plan });
}

async function advance(clock: string, frozenTime: string): Promise<void> {
  await client.call('POST', `/test-clocks/${clock}/advance`, { frozen_time: frozenTime });
  await eventually(
    () => client.call('GET', `/test-clocks/${clock}`),
    ({ status }) => status === 'ready',
    GIVE_UP_MS,
  );
}

/** The workflows that run, as Temporal says itself. */
async function running(ids: readonly string[]): Promise<string[]> {
  const record = await readJson(path.join(home, 'temporal.json'));
  const { grpc } = Object(record?.['ports']);
  const connection = await Connection.connect({ address: `127.0.0.1:${grpc}` });
  try {
    const { workflow } = new Client({ connection, namespace: 'durabill-test' });
    const states = await Promise.all(
      ids.map((id) =>
        workflow
          .getHandle(id)
          .describe()
          .then(
            ({ status }) => status.name,
            () => 'none',
          ),
      ),
    );
    return ids.filter((_, index) => states[index] === 'RUNNING');
  } finally {
    await connection.close();
  }
}

const durabill = (...args: readonly string[]) =>
  runCommand(args, { env: { DURABILL_HOME: home, DURABILL_URL: installation.apiUrl } });

test(
  'after the loss of Temporal’s whole store `durabill repair` starts every workflow from PostgreSQL; repeated, too, and nothing is billed twice',
  async () => {
    const clock = await client.create('/test-clocks', { frozen_time: '2027-01-01T00:00:00Z' });
    const ids: string[] = [];
    const events: object[] = [];
    for (let index = 0; index < SUBSCRIPTIONS; index += 1) {
      const customer = `customer-${index}`;
      ids.push(await subscribed(customer, { test_clock_id: clock }));
      for (let month = 1; month <= MONTHS; month += 1) {
        const timestamp = `2027-0${month}-15T00:00:00Z`;
        events.push({ event_name: 'call', customer_id: customer, timestamp, idempotency_key: `${customer}/${month}` });
      }
    }
    // One that lives by real time: nothing would wake it for a month.
    const sleeper = await subscribed('sleeper');
    await client.call('POST', '/events/batch', { events });
    await advance(clock, HALF_WAY);
    const all = [...ids, sleeper];
    await eventually(
      () => running(all),
      ({ length }) => length === all.length,
    );

    await installation.stop();
    await rm(path.join(home, 'temporal'), { recursive: true, force: true });
    await start();
    for (let time = 0; time < 2; time += 1) {
      const done = await durabill('repair');
      expect([done.status, done.stdout, done.stderr]).toEqual([
        0,
        `The workflows of ${all.length} subscriptions run.\n`,
        expect.any(String),
      ]);
      expect(await running(all)).toEqual(all);
    }
    await advance(clock, END);
    const invoices = await client.all<Invoice>('/invoices');
    expect(invoices.map((each) => `${each.subscription_id}/${each.period_number}`).toSorted()).toEqual(
      ids.flatMap((id) => Array.from({ length: MONTHS }, (_, number) => `${id}/${number}`)).toSorted(),
    );
    expect(new Set(invoices.map((each) => `${each.status} ${each.total}`))).toEqual(new Set(['open 10.25']));

    // The reconciler's first round in the new store may be a minute away.
    await eventually(
      () => durabill('doctor'),
      ({ status }) => status === 0,
      GIVE_UP_MS,
    );
    const verified = await durabill('verify');
    expect([verified.status, verified.stdout]).toEqual([0, expect.stringContaining('Everything agrees.')]);
  },
  TIMEOUT_MS,
);
