import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Connection } from '@temporalio/client';
import { EXAMPLE_PASSWORDS } from '../support/compose-file.ts';
import { ComposeParts } from '../support/compose-parts.ts';
import { type Installation, removeHomes, temporaryHome } from '../support/installation.ts';
import { ProductClient } from '../support/product-client.ts';
import { testTemporal } from '../support/temporal.ts';

jest.setTimeout(240_000);

const NAMESPACES = { TEMPORAL_NAMESPACE_TEST: 'compose-test', TEMPORAL_NAMESPACE_LIVE: 'compose-live' };
const DAY_SECONDS = 86_400;

let parts: ComposeParts;
let apis: Installation[];
let workers: Installation[];
let key: string;

beforeAll(async () => {
  parts = await ComposeParts.prepare({ env: { ...EXAMPLE_PASSWORDS, ...NAMESPACES }, home: await temporaryHome() });
});
afterAll(async () => {
  await removeHomes();
  await parts.removeDatabases();
});

const portOf = (api: Installation) => /^API ready: http:\/\/127\.0\.0\.1:(\d+)$/m.exec(api.output)?.[1] ?? '';
const clientOf = (api: Installation | undefined) =>
  ProductClient.at(`http://127.0.0.1:${api === undefined ? '' : portOf(api)}`, key);

/** Waits for what the answer is to be; the test's own time-out ends a wait that is in vain. */
async function until<Answer>(ask: () => Promise<Answer>, isSo: (answer: Answer) => boolean): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (isSo(answer)) return answer;
    await delay(100);
  }
}

test('the namespace job makes both namespaces with their retention, and a repeat changes nothing', async () => {
  const first = await parts.launch('temporal-namespaces');
  expect(await first.exited).toBe(0);
  expect(first.output).toContain('Made namespace compose-live, retention 400 days.');
  const second = await parts.launch('temporal-namespaces');
  expect(await second.exited).toBe(0);
  expect(second.output).toBe('The namespaces compose-test and compose-live are ready.\n');

  const connection = await Connection.connect({ address: (await testTemporal()).address });
  const retentionOf = async (namespace: string) => {
    const { config } = await connection.workflowService.describeNamespace({ namespace });
    return Number(config?.workflowExecutionRetentionTtl?.seconds) / DAY_SECONDS;
  };
  expect([await retentionOf('compose-test'), await retentionOf('compose-live')]).toEqual([30, 400]);
  await connection.close();
});

test('two migrations at once, as a role that is no superuser, make one account whose keys are shown once', async () => {
  const both = [await parts.launch('migrate'), await parts.launch('migrate')];
  for (const migrate of both) {
    expect([await migrate.exited, migrate.output]).toEqual([0, expect.stringContaining('Temporal has what it needs.')]);
  }
  const keys = both.flatMap(({ output }) => [...output.matchAll(/^(?:Test|Live) key {5}(fp_\w+)$/gm)]);
  expect(keys.map(([, found]) => found?.slice(0, 7)).toSorted()).toEqual(['fp_live', 'fp_test']);
  key = keys.map(([, found]) => found ?? '').find((found) => found.startsWith('fp_test_')) ?? '';
});

test('two APIs and two workers start and are healthy by the checks that their containers have', async () => {
  apis = [await parts.launch('api'), await parts.launch('api')];
  workers = [await parts.launch('worker'), await parts.launch('worker')];
  await Promise.all(apis.map((api) => api.waitFor(/^API ready: /m)));
  await Promise.all(workers.map((worker) => worker.waitFor(/"msg":"worker runs"/)));
  for (const api of apis) expect(await parts.checkHealth('api', portOf(api))).toBe(0);
  await until(
    () => parts.checkHealth('worker', '0'),
    (status) => status === 0,
  );
  const ready = await Promise.all(apis.map((api) => fetch(`http://127.0.0.1:${portOf(api)}/readyz`)));
  expect(ready.map(({ status }) => status)).toEqual([200, 200]);
});

test('what one API is told, the workers bill and the other API shows; one worker alone goes on', async () => {
  const [one, two] = [clientOf(apis[0]), clientOf(apis[1])];
  const clock = await one.create('/test-clocks', { frozen_time: '2027-01-01T00:00:00Z' });
  const plan = await two.create('/pricing-plans', {
    name: 'Pro',
    charges: [
      { pricing_model: 'flat', amount: '10' },
      { pricing_model: 'per_unit', event_name: 'call', unit_amount: '0.25' },
    ],
  });
  await one.create('/customers', { external_id: 'acme', test_clock_id: clock });
  const subscription = await one.create('/subscriptions', { customer_id: 'acme', plan_id: plan });
  await one.create('/events', {
    customer_id: 'acme',
    event_name: 'call',
    idempotency_key: 'acme/1',
    timestamp: '2027-01-15T00:00:00Z',
  });
  const advance = async (by: ProductClient, to: string) => {
    await by.call('POST', `/test-clocks/${clock}/advance`, { frozen_time: to });
    const state = () => two.call<{ status: string }>('GET', `/test-clocks/${clock}`);
    await until(state, ({ status }) => status === 'ready');
  };
  const totals = async (by: ProductClient) => {
    const invoices = await by.all<{ total: string; status: string }>(`/invoices?subscription_id=${subscription}`);
    return invoices.map(({ status, total }) => `${status} ${total}`);
  };

  await advance(one, '2027-02-01T02:00:00Z');
  expect(await totals(two)).toEqual(['open 10.25']);

  expect(await workers[0]?.stop()).toBe(0);
  await advance(two, '2027-03-01T02:00:00Z');
  expect(await totals(one)).toEqual(['open 10.00', 'open 10.25']);
});

test('an operator who has lost every key gets new ones from the migrations', async () => {
  const migrate = await parts.launch('migrate', ['--new-keys']);
  expect(await migrate.exited).toBe(0);
  const again = /^Test key {5}(fp_test_\w+)$/m.exec(migrate.output)?.[1] ?? '';
  expect(again).not.toBe(key);
  const { data } = await ProductClient.at(`http://127.0.0.1:${portOf(apis[0] ?? migrate)}`, again).call<{
    data: { name: string; role: string }[];
  }>('GET', '/api-keys');
  expect(data.map(({ name, role }) => `${name}: ${role}`).toSorted()).toEqual([
    'first key: admin',
    "the operator's key: admin",
  ]);
});

test('a health check fails when its part is gone, and every part ends by SIGTERM', async () => {
  const ports = apis.map(portOf);
  expect(await Promise.all([...apis, ...workers.slice(1)].map((part) => part.stop()))).toEqual([0, 0, 0]);
  expect(await parts.checkHealth('api', ports[0] ?? '')).toBe(1);
});
