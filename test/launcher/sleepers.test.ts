import { afterEach, expect, jest, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { STATUS_QUERY } from '../../src/orchestration/messages.ts';
import { readJson } from '../../src/platform/home.ts';
import { Installation, removeHomes, temporaryHome } from '../support/installation.ts';
import { ProductClient } from '../support/product-client.ts';

jest.setTimeout(240_000);
afterEach(removeHomes);

const NAMESPACE = 'durabill-test';

async function withTemporal<Result>(home: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const record = await readJson(path.join(home, 'temporal.json'));
  const { grpc } = Object(record?.['ports']);
  const connection = await Connection.connect({ address: `127.0.0.1:${grpc}` });
  try {
    return await work(new Client({ connection, namespace: NAMESPACE }));
  } finally {
    await connection.close();
  }
}

/** The run of a subscription's workflow, once it runs and answers. */
async function answeringRun(home: string, subscriptionId: string): Promise<string> {
  return withTemporal(home, async (client) => {
    const handle = client.workflow.getHandle(subscriptionId);
    for (;;) {
      const answer = await handle.query(STATUS_QUERY).catch(() => null);
      if (answer !== null) {
        const { status, runId } = await handle.describe();
        expect(status.name).toBe('RUNNING');
        return runId;
      }
      await delay(50);
    }
  });
}

test('a second start finds its data and its still-sleeping subscriptions again', async () => {
  const home = await temporaryHome();
  const first = await Installation.start({ home });
  const before = await ProductClient.of(first, home);
  await before.create('/customers', { external_id: 'sleeper' });
  const planId = await before.create('/pricing-plans', {
    name: 'calls',
    charges: [{ pricing_model: 'per_unit', event_name: 'call', unit_amount: '0.10' }],
  });
  const subscriptionId = await before.create('/subscriptions', { customer_id: 'sleeper', plan_id: planId });
  const event = {
    event_name: 'call',
    customer_id: 'sleeper',
    idempotency_key: 'one',
    timestamp: new Date().toISOString(),
  };
  const eventId = await before.create('/events', event);
  const run = await answeringRun(home, subscriptionId);
  expect(await first.stop()).toBe(0);

  const second = await Installation.start({ home });
  const after = await ProductClient.of(second, home);
  expect(await answeringRun(home, subscriptionId)).toBe(run);
  expect(await after.create('/events', event)).toBe(eventId);
  const invoice = await after.call('POST', '/invoices', { subscription_id: subscriptionId });
  expect(JSON.stringify(invoice)).toContain('"0.10"');
  expect(await second.stop()).toBe(0);
});
