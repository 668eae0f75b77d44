import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { INVARIANTS } from '../../../src/storage/invariants/all-invariants.ts';
import { startTestApi, type TestApi } from '../../support/api.ts';
import { ApiWorld } from '../../support/api-world.ts';
import { tampered } from '../../support/tamper.ts';

let api: TestApi;
let invoiceId: string;
beforeAll(async () => {
  api = await startTestApi();
  const world = new ApiWorld(api);
  const { clock, customer, subscription } = await world.subscribed();
  await world.calls(customer, '2027-01-02T00:00:00Z', 3);
  await world.setClock(clock, '2027-01-03T00:00:00Z');
  invoiceId = (await world.make('/invoices', { subscription_id: subscription.id })).id;
});
afterAll(() => api.close());

test('200: every invariant is checked, in its order, and books that nobody touched are ok', async () => {
  const { status, body } = await api.call('POST', '/account/verify');
  expect([status, body.ok, body.has_more]).toEqual([200, true, false]);
  expect(body.invariants.map(({ name }: { name: string }) => name)).toEqual(INVARIANTS.map(({ name }) => name));
  for (const each of body.invariants) {
    const warning = each.name === 'nudges_are_delivered';
    expect(each).toEqual({
      ...each,
      severity: warning ? 'warning' : 'violation',
      checked: true,
      violations: 0,
      examples: [],
    });
  }
});

test('200: what is broken is told with some of the rows that break it', async () => {
  const statement = `update invoices set subtotal = 1, total = 1, amount_due = 1 where id = '${invoiceId}'`;
  const { body } = await tampered(api.db, { table: 'invoices', statement }, () => api.call('POST', '/account/verify'));
  expect(body.ok).toBe(false);
  expect(body.invariants.filter(({ violations }: { violations: number }) => violations > 0)).toEqual([
    {
      name: 'subtotal_is_sum_of_lines',
      description: 'A subtotal is the sum of its lines.',
      severity: 'violation',
      checked: true,
      violations: 1,
      examples: [{ invoice_id: invoiceId, number: 'INV-000001', subtotal: '1', lines: '0.30' }],
    },
  ]);
});

test('200: `after` goes on behind an invariant, so that a large account is checked by several calls', async () => {
  const after = INVARIANTS.at(-3)?.name;
  const { body } = await api.call('POST', '/account/verify', { after });
  expect(body.invariants.map(({ name }: { name: string }) => name)).toEqual(
    INVARIANTS.slice(-2).map(({ name }) => name),
  );
});

test('200: a nudge that waits is a warning, and no violation', async () => {
  const statement = `
    insert into outbox (account_id, livemode, subscription_id, created_at)
    select account_id, livemode, id, now() - interval '1 hour' from subscriptions`;
  const { body } = await tampered(api.db, { table: 'outbox', statement }, () => api.call('POST', '/account/verify'));
  expect([body.ok, body.invariants.at(-1).name, body.invariants.at(-1).violations]).toEqual([
    true,
    'nudges_are_delivered',
    1,
  ]);
});

test('400 invalid_body: `after` has to be an invariant', async () => {
  const { status, body } = await api.call('POST', '/account/verify', { after: 'nothing' });
  expect([status, body.error.code, body.error.param]).toEqual([400, 'invalid_body', 'after']);
});
