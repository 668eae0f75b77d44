import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../support/api.ts';
import { ApiWorld } from '../support/api-world.ts';
import { tampered } from '../support/tamper.ts';
import { runCommand } from './support/run-command.ts';

let api: TestApi;
/** A customer with credits, tax and an interim, and one that has a draft beside its final invoice. */
let interimId: string;
let customer: string;
beforeAll(async () => {
  api = await startTestApi();
  const world = new ApiWorld(api);
  const rate = await world.make('/tax-rates', { name: 'VAT', percentage: '20' });
  await api.call('PATCH', '/account', { tax_rate_ids: [rate.id] });
  const first = await world.subscribed();
  customer = first.customer;
  await world.make('/credit-grants', { customer_id: customer, amount: '5', rollover: true });
  await world.calls(customer, '2027-01-02T00:00:00Z', 12);
  await world.setClock(first.clock, '2027-01-03T00:00:00Z');
  interimId = (await world.make('/invoices', { subscription_id: first.subscription.id })).id;
  const second = await world.subscribed();
  await world.calls(second.customer, '2027-01-02T00:00:00Z', 3);
  await world.setClock(second.clock, '2027-01-03T00:00:00Z');
  await world.make('/invoices', { subscription_id: second.subscription.id });
  await world.setClock(second.clock, '2027-02-01T00:30:00Z');
  await api.call('POST', '/invoices', { subscription_id: second.subscription.id });
});
afterAll(() => api.close());

const verify = (...args: string[]) => runCommand(['verify', ...args, '--url', api.url, '--key', api.testKey]);

describe('durabill verify', () => {
  test('computes every finalized invoice again, checks the invariants, and ends with 0 where all agrees', async () => {
    const done = await verify();
    expect(done).toMatchObject({ status: 0, stderr: '' });
    expect(done.stdout).toMatch(
      /^2 invoices computed again: all equal\.\n\d+ invariants checked: none broken\.\nEverything agrees\.\n$/,
    );
  });

  test.each([
    [
      'a changed line',
      'invoice_lines',
      (): string => `update invoice_lines set amount = 0.80 where invoice_id = '${interimId}'`,
      [/INV-000001 .*computed again/, / lines\[0\]\.amount +0\.80 +0\.70/, /A subtotal is the sum of its lines\./],
    ],
    [
      'a changed event',
      'events',
      (): string => `delete from events where seq = (select min(seq) from events)`,
      [/ lines\[0\]\.event_count +12 +11/, / lines\[0\]\.quantity +12 +11/, / total +0\.84 +0\.72/],
    ],
    [
      'a missing entry of the ledger',
      'credit_entries',
      (): string => `delete from credit_entries where invoice_id = '${interimId}'`,
      [/ draws\[cg_\S+\] +- +5/, /Broken by 1 row: A grant's balance is the sum of its entries/, / grant_id cg_/],
    ],
    [
      'a changed tax row',
      'invoice_taxes',
      (): string => `update invoice_taxes set amount = 0.13 where invoice_id = '${interimId}'`,
      [/ taxes\[0\]\.amount +0\.13 +0\.14/, /A tax is its rate of the subtotal/],
    ],
  ] as const)('finds %s, says where, and ends with 1', async (_, table, statement, found) => {
    const done = await tampered(api.db, { table, statement: statement() }, () => verify());
    expect(done.status).toBe(1);
    for (const text of found) expect(done.stdout).toMatch(text);
    expect(done.stdout).toMatch(/\nThere are differences\.\n$/);
    expect((await verify()).status).toBe(0);
  });

  test('--invoice verifies one, --customer those of one customer, without the invariants', async () => {
    expect((await verify('--invoice', interimId)).stdout).toBe(
      '1 invoice computed again: all equal.\nEverything agrees.\n',
    );
    expect((await verify('--customer', customer)).stdout).toBe(
      '1 invoice computed again: all equal.\nEverything agrees.\n',
    );
    expect(await verify('--invoice', 'inv_none')).toMatchObject({ status: 3, stdout: '' });
  });

  test('invoices of an earlier version are counted, and are no violation', async () => {
    const statement = `update invoices set basis = null where id = '${interimId}'`;
    const change = { table: 'invoices', statement };
    const done = await tampered(api.db, change, () => verify());
    expect(done.status).toBe(0);
    expect(done.stdout).toContain('1 of earlier versions cannot be computed again.');
    expect((await tampered(api.db, change, () => verify('--invoice', interimId))).status).toBe(3);
  });

  test('--json prints what differs', async () => {
    const statement = `update invoice_lines set amount = 0.80 where invoice_id = '${interimId}'`;
    const done = await tampered(api.db, { table: 'invoice_lines', statement }, () => verify('--json'));
    const { ok, verified, different } = JSON.parse(done.stdout);
    expect([done.status, ok, verified, different.length]).toEqual([1, false, 2, 1]);
  });
});
