import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newId } from '../../../src/platform/new-id.ts';
import { sql } from '../../../src/storage/sql.ts';
import { type Reply, startTestApi, type TestApi } from '../../support/api.ts';

let api: TestApi;
let exclusive: readonly [string, string];
let inclusive: string;
beforeAll(async () => {
  api = await startTestApi();
  exclusive = [await newRate('20', false), await newRate('9.975', false)];
  inclusive = await newRate('7', true);
});
afterAll(() => api.close());

async function newRate(percentage: string, isInclusive: boolean, key = api.testKey): Promise<string> {
  const body = { name: 'VAT', percentage, inclusive: isInclusive };
  return (await api.call('POST', '/tax-rates', body, { key })).body.id;
}

/** Archives a rate in favour of another, as its replacement does. */
async function replace(rate: string): Promise<string> {
  const replacement = await newRate('21', false);
  await api.db.query(sql`update tax_rates set archived_at = now(), replaced_by = ${replacement} where id = ${rate}`);
  return replacement;
}

function make(fields: object, externalId: string = newId('request')): Promise<Reply> {
  return api.call('POST', '/customers', { external_id: externalId, ...fields });
}

test('201 keeps the rates in their order and the exemption; null is as if left out', async () => {
  const ids = exclusive.toReversed();
  expect((await make({ tax_rate_ids: ids, tax_exempt: true }, 'taxed')).body).toMatchObject({
    tax_rate_ids: ids,
    tax_exempt: true,
  });
  expect((await make({ tax_rate_ids: null, tax_exempt: null })).body).toMatchObject({
    tax_rate_ids: [],
    tax_exempt: false,
  });
  expect((await api.call('GET', '/customers/taxed')).body).toMatchObject({ tax_rate_ids: ids, tax_exempt: true });
  const { body } = await api.call('GET', '/customers?limit=2');
  expect(body.data.map((row: Reply['body']) => row.tax_rate_ids)).toEqual([[], ids]);
});

test('200 replaces the rates as a whole, and leaves them when they are not given', async () => {
  const { body: before } = await make({ tax_rate_ids: exclusive, tax_exempt: true });
  const patch = async (body: object) => (await api.call('PATCH', `/customers/${before.id}`, body)).body;
  expect(await patch({ name: 'N' })).toEqual({ ...before, name: 'N' });
  expect(await patch({ tax_rate_ids: [inclusive], tax_exempt: false })).toEqual({
    ...before,
    name: 'N',
    tax_rate_ids: [inclusive],
    tax_exempt: false,
  });
  expect(await patch({ tax_rate_ids: null, tax_exempt: null })).toMatchObject({ tax_rate_ids: [], tax_exempt: false });
});

describe('of rates that a customer cannot have', () => {
  const cases = [
    ['400 for both kinds at once', () => [exclusive[0], inclusive], [400, 'mixed_tax_rates', 'tax_rate_ids']],
    ['404 for an unknown one', () => [exclusive[0], 'txr_none'], [404, 'not_found', 'tax_rate_ids[1]']],
    [
      '404 for one of the other mode',
      async () => [await newRate('5', false, api.liveKey)],
      [404, 'not_found', 'tax_rate_ids[0]'],
    ],
  ] as const;

  test.each(cases)('%s: no customer is made', async (_what, ids, [status, code, param]) => {
    const externalId = newId('request');
    const reply = await make({ tax_rate_ids: await ids() }, externalId);
    expect([reply.status, reply.body.error.code, reply.body.error.param]).toEqual([status, code, param]);
    expect((await api.call('GET', `/customers/${externalId}`)).status).toBe(404);
  });

  test.each(cases)('%s: no change is made', async (_what, ids, [status, code, param]) => {
    const { body: before } = await make({ tax_rate_ids: exclusive });
    const reply = await api.call('PATCH', `/customers/${before.id}`, { name: 'N', tax_rate_ids: await ids() });
    expect([reply.status, reply.body.error.code, reply.body.error.param]).toEqual([status, code, param]);
    expect((await api.call('GET', `/customers/${before.id}`)).body).toEqual(before);
  });

  test('409 names the rate that took the place of each replaced one', async () => {
    const rate = await newRate('19', false);
    const replacement = await replace(rate);
    const reply = await make({ tax_rate_ids: [exclusive[0], rate] });
    expect([reply.status, reply.body.error.code, reply.body.error.details]).toEqual([
      409,
      'tax_rate_archived',
      [{ param: 'tax_rate_ids[1]', code: 'tax_rate_archived', message: expect.stringContaining(replacement) }],
    ]);
  });

  test('404 names every unknown one at once', async () => {
    const { body } = await make({ tax_rate_ids: ['txr_a', exclusive[0], 'txr_b'] });
    expect(body.error.details.map(({ param }: { param: string }) => param)).toEqual([
      'tax_rate_ids[0]',
      'tax_rate_ids[2]',
    ]);
  });
});
