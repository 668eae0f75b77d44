import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/api.ts';
import { ApiWorld } from '../../support/api-world.ts';
import { tampered } from '../../support/tamper.ts';

let api: TestApi;
let world: ApiWorld;
beforeAll(async () => {
  api = await startTestApi();
  world = new ApiWorld(api);
});
afterAll(() => api.close());

async function interim(): Promise<string> {
  const { clock, customer, subscription } = await world.subscribed();
  await world.calls(customer, '2027-01-02T00:00:00Z', 3);
  await world.setClock(clock, '2027-01-03T00:00:00Z');
  return (await world.make('/invoices', { subscription_id: subscription.id })).id;
}

test('200: an invoice that nobody touched is equal to its recomputation', async () => {
  const id = await interim();
  const { status, body } = await api.call('POST', `/invoices/${id}/verify`);
  expect([status, body]).toEqual([
    200,
    {
      object: 'invoice_verification',
      livemode: false,
      invoice_id: id,
      number: 'INV-000001',
      equal: true,
      differences: [],
      recomputed: { subtotal: '0.30', tax_total: '0.00', total: '0.30', balance_applied: '0.00' },
      problem: null,
      verified_at: '2027-01-03T00:00:00Z',
    },
  ]);
});

test('200: what differs is named with both values', async () => {
  const id = await interim();
  const statement = `update invoice_lines set amount = 0.4 where invoice_id = '${id}'`;
  const { status, body } = await tampered(api.db, { table: 'invoice_lines', statement }, () =>
    api.call('POST', `/invoices/${id}/verify`),
  );
  expect([status, body.equal]).toEqual([200, false]);
  expect(body.differences).toEqual([{ path: 'lines[0].amount', stored: '0.40', recomputed: '0.30' }]);
});

test('409 invoice_not_final: a draft has nothing to verify', async () => {
  const { clock, subscription } = await world.subscribed();
  await world.setClock(clock, '2027-02-01T00:30:00Z');
  await api.call('POST', '/invoices', { subscription_id: subscription.id });
  const { body } = await api.call('GET', `/invoices?subscription_id=${subscription.id}&status=draft`);
  const refused = await api.call('POST', `/invoices/${body.data[0].id}/verify`);
  expect([refused.status, refused.body.error.code]).toEqual([409, 'invoice_not_final']);
});

test('409 invoice_without_basis: an invoice of a version that did not record what it was computed from', async () => {
  const id = await interim();
  const statement = `update invoices set basis = null where id = '${id}'`;
  const refused = await tampered(api.db, { table: 'invoices', statement }, () =>
    api.call('POST', `/invoices/${id}/verify`),
  );
  expect([refused.status, refused.body.error.code]).toEqual([409, 'invoice_without_basis']);
});
