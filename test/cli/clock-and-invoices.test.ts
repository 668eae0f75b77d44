import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../support/api.ts';
import { runCommand } from './support/run-command.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const run = (...args: string[]) => runCommand([...args, '--url', api.url, '--key', api.testKey]);

async function create(resource: string, body: object): Promise<{ id: string }> {
  const reply = await api.call('POST', resource, body);
  expect(reply).toMatchObject({ status: 201 });
  return reply.body;
}

describe('durabill clock', () => {
  test('create tells the id, advance waits until the clock is ready', async () => {
    const made = await run('clock', 'create', '--at', '2026-01-01T00:00:00Z', '--name', 'year');
    expect(made.stdout).toMatch(/^clk_[0-9a-z]{26} stands at 2026-01-01T00:00:00Z\n$/);
    const [id = ''] = made.stdout.split(' ');
    const advanced = await run('clock', 'advance', id, '--to', '2027-01-01T00:00:00Z');
    expect(advanced).toMatchObject({ status: 0, stdout: `${id} is at 2027-01-01T00:00:00Z\n` });
  });

  test('advance with --no-wait returns while the clock is advancing', async () => {
    const { id } = await create('/test-clocks', { frozen_time: '2026-01-01T00:00:00Z' });
    const { id: planId } = await create('/pricing-plans', {
      name: 'Base',
      charges: [{ name: 'Fee', pricing_model: 'flat', amount: '5' }],
    });
    await create('/customers', { external_id: 'on-clock', test_clock_id: id });
    await create('/subscriptions', { customer_id: 'on-clock', plan_id: planId });
    const begun = await run('clock', 'advance', id, '--to', '2026-03-01T00:00:00Z', '--no-wait');
    expect(begun).toMatchObject({ status: 0, stdout: `${id} is advancing to 2026-03-01T00:00:00Z\n` });
  });

  test('a clock never goes back', async () => {
    const { id } = await create('/test-clocks', { frozen_time: '2026-01-01T00:00:00Z' });
    const refused = await run('clock', 'advance', id, '--to', '2025-01-01T00:00:00Z');
    expect(refused).toMatchObject({ status: 3, stdout: '', stderr: expect.stringContaining('forward only') });
  });
});

describe('durabill invoices', () => {
  test('list shows what the filters ask for, show prints one with its tiers', async () => {
    const { id: planId } = await create('/pricing-plans', {
      name: 'Calls',
      currency: 'USD',
      charges: [
        {
          name: 'API calls',
          event_name: 'call',
          pricing_model: 'graduated',
          tiers: [
            { up_to: '2', unit_amount: '0.10' },
            { up_to: null, unit_amount: '0.05' },
          ],
        },
      ],
    });
    for (const customer of ['acme', 'other']) {
      await create('/customers', { external_id: customer });
      const { id: subscription } = await create('/subscriptions', { customer_id: customer, plan_id: planId });
      for (const n of [1, 2, 3]) {
        await create('/events', { event_name: 'call', customer_id: customer, idempotency_key: `${customer}-${n}` });
      }
      await create('/invoices', { subscription_id: subscription });
    }
    const listed = await run('invoices', 'list', '--customer', 'acme', '--status', 'open');
    expect(listed.status).toBe(0);
    expect(listed.stdout.trim().split('\n')).toHaveLength(2);
    expect(listed.stdout).toMatch(/^NUMBER .*\nINV-000001 +open +acme .* 0\.25 +0\.25 +USD +inv_/);
    const id = listed.stdout.trim().split(/\s+/).at(-1) ?? '';
    const shown = await run('invoices', 'show', id);
    expect(shown.stdout).toMatch(/up to 2 +2 × 0\.1\S* = 0\.2/);
    expect(shown.stdout).toMatch(/^Total +USD 0\.25$/m);
  });

  test('list pages on to its limit, and says when there is more', async () => {
    const all = await run('invoices', 'list', '--limit', '1');
    expect(all.stdout.trim().split('\n')).toHaveLength(2);
    expect(all.stderr).toContain('There are more');
    expect(JSON.parse((await run('invoices', 'list', '--json')).stdout)).toHaveLength(2);
  });

  test('an unknown invoice ends with status 3', async () => {
    expect(await run('invoices', 'show', 'inv_none')).toMatchObject({ status: 3, stdout: '' });
  });
});
