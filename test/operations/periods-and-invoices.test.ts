import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { finalizeInvoice } from '../../src/operations/finalize-invoice.ts';
import { previewInvoice } from '../../src/operations/preview-invoice.ts';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { voidInvoice } from '../../src/operations/void-invoice.ts';
import { selectSubscriptionPeriods } from '../../src/storage/periods.ts';
import { at, BillingWorld, CALLS, FEE, TEST_TENANT } from '../support/billing-world.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterAll(() => world.drop());

async function subscribed(start = '2027-01-01') {
  const clockId = await world.clock(start);
  const customer = await world.customer({ clockId });
  const subscription = await world.subscribe(customer, await world.plan([FEE, CALLS]));
  return { clockId, customer, subscription };
}

describe('a period', () => {
  test('ends as a draft at its boundary and is finalized, numbered and closed one hour later', async () => {
    const { customer, subscription } = await subscribed();
    await world.events(customer, { time: '2027-01-10', count: 30 });
    await world.turn(customer, '2027-02-01');
    const [draft] = await world.invoices(subscription.id);
    expect(draft).toMatchObject({ status: 'draft', number: null, total: '23.00', kind: 'closing', periodNumber: 0 });
    await world.events(customer, { time: '2027-01-31T23:59:59.999999Z' });
    await world.events(customer, { time: '2027-02-01' });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    const [invoice] = await world.invoices(subscription.id);
    expect(invoice).toMatchObject({
      status: 'open',
      total: '23.10',
      amountDue: '23.10',
      finalizedAt: at('2027-02-01T01:00:00Z'),
    });
    expect(invoice?.number).toMatch(/^INV-\d{6}$/);
    const periods = await selectSubscriptionPeriods(world.db, TEST_TENANT, subscription.id);
    expect(periods.map((period) => [period.number, period.startAt, period.endAt, period.status])).toEqual([
      [0, at('2027-01-01'), at('2027-02-01'), 'closed'],
      [1, at('2027-02-01'), at('2027-03-01'), 'open'],
    ]);
  });

  test('is closed once, however often its turn is repeated', async () => {
    const { customer, subscription } = await subscribed();
    await Promise.all(Array.from({ length: 8 }, () => world.turn(customer, '2027-03-01T01:00:00Z')));
    const invoices = await world.invoices(subscription.id);
    expect(invoices.map((invoice) => [invoice.periodNumber, invoice.status])).toEqual([
      [0, 'open'],
      [1, 'open'],
    ]);
  });

  test('of a backdated subscription is closed like every missed one, in order, with anchored month ends', async () => {
    const clockId = await world.clock('2027-05-05');
    const customer = await world.customer({ clockId });
    const subscription = await world.subscribe(customer, await world.plan([FEE]), { start: '2027-01-31' });
    await world.turn(customer, '2027-05-05T01:00:00Z');
    const periods = await selectSubscriptionPeriods(world.db, TEST_TENANT, subscription.id);
    expect(periods.map((period) => period.endAt)).toEqual(
      ['2027-02-28', '2027-03-31', '2027-04-30', '2027-05-31'].map(at),
    );
    expect((await world.invoices(subscription.id)).map((invoice) => invoice.status)).toEqual(['open', 'open', 'open']);
  });

  test('cut by a cancel bills usage in full and the flat by time', async () => {
    const { clockId, customer, subscription } = await subscribed('2027-04-01');
    await world.events(customer, { time: '2027-04-02', count: 10 });
    await world.setClock(clockId, '2027-04-16');
    await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id, at: 'now' });
    const [draft] = await world.invoices(subscription.id);
    expect(draft).toMatchObject({ billingReason: 'cancel', total: '11.00', periodEnd: at('2027-04-16') });
    await world.turn(customer, '2027-04-16T01:00:00Z');
    const [invoice, ...others] = await world.invoices(subscription.id);
    expect([invoice?.status, others.length]).toEqual(['open', 0]);
  });

  test('canceled at the instant it opened bills no flat and keeps its number and invoice', async () => {
    const { customer, subscription } = await subscribed();
    await cancelSubscription(world.db, TEST_TENANT, { subscriptionId: subscription.id, at: 'now' });
    await world.turn(customer, '2027-01-01T01:00:00Z');
    const [invoice] = await world.invoices(subscription.id);
    expect(invoice).toMatchObject({ total: '0.00', status: 'paid', paymentStatus: 'not_required', periodNumber: 0 });
  });

  test('follows a trial, which bills nothing', async () => {
    const clockId = await world.clock('2027-01-01');
    const customer = await world.customer({ clockId });
    const plan = await world.plan([FEE, CALLS]);
    const subscription = await world.subscribe(customer, plan, { trialEnd: '2027-01-15' });
    await world.events(customer, { time: '2027-01-10', count: 5 });
    await world.events(customer, { time: '2027-01-15', count: 2 });
    await world.turn(customer, '2027-02-15T01:00:00Z');
    const invoices = await world.invoices(subscription.id);
    expect(invoices.map((invoice) => [invoice.periodStart, invoice.total])).toEqual([[at('2027-01-15'), '20.20']]);
  });
});

describe('invoices', () => {
  test('interims bill what is new, and together with the closing invoice the same as one', async () => {
    const { clockId, customer, subscription } = await subscribed();
    await world.events(customer, { time: '2027-01-05', count: 7 });
    await world.setClock(clockId, '2027-01-10');
    const trigger = { subscriptionId: subscription.id, triggerId: 'run/0' };
    const first = await triggerInvoice(world.db, TEST_TENANT, trigger);
    const again = await triggerInvoice(world.db, TEST_TENANT, trigger);
    expect(first).toMatchObject({
      made: true,
      invoice: { total: '0.70', kind: 'interim', sequence: 0, status: 'open' },
    });
    expect(again).toEqual(first);
    const nothing = await triggerInvoice(world.db, TEST_TENANT, { ...trigger, triggerId: 'run/1' });
    expect(nothing).toMatchObject({ made: false, skip: { code: 'nothing_new' } });
    await world.events(customer, { time: '2027-01-20', count: 3 });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    const invoices = await world.invoices(subscription.id);
    expect(invoices.map((invoice) => [invoice.kind, invoice.total])).toEqual([
      ['interim', '0.70'],
      ['closing', '20.30'],
    ]);
  });

  test('a preview is the invoice that comes, ids and number aside', async () => {
    const { customer, subscription } = await subscribed();
    await world.events(customer, { time: '2027-01-05', count: 7 });
    const preview = await previewInvoice(world.db, TEST_TENANT, { subscriptionId: subscription.id, at: 'period_end' });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    const [invoice] = await world.invoices(subscription.id);
    const withoutIds = (lines: typeof preview.lines | undefined) => lines?.map(({ id, invoiceId, ...line }) => line);
    expect(withoutIds(invoice?.lines)).toEqual(withoutIds(preview.lines));
    expect([invoice?.subtotal, invoice?.total]).toEqual([preview.subtotal, preview.total]);
  });

  test('finalize early, in the order of their periods only', async () => {
    const { customer, subscription, clockId } = await subscribed();
    await world.db.pool.query('update accounts set finalization_delay_seconds = 2592000');
    await world.turn(customer, '2027-02-01');
    await world.db.pool.query('update accounts set finalization_delay_seconds = 3600');
    await world.turn(customer, '2027-03-01');
    await world.setClock(clockId, '2027-03-01');
    const [first, second] = await world.invoices(subscription.id);
    expect([first?.status, second?.status]).toEqual(['draft', 'draft']);
    await expect(finalizeInvoice(world.db, TEST_TENANT, second?.id ?? '')).rejects.toMatchObject({
      code: 'earlier_invoice_is_draft',
    });
    expect(await finalizeInvoice(world.db, TEST_TENANT, first?.id ?? '')).toMatchObject({ status: 'open' });
    await expect(finalizeInvoice(world.db, TEST_TENANT, first?.id ?? '')).rejects.toMatchObject({
      code: 'invoice_not_draft',
    });
    expect(await finalizeInvoice(world.db, TEST_TENANT, second?.id ?? '')).toMatchObject({ status: 'open' });
  });

  test('a void interim gives its usage back to the closing invoice, a void closing invoice waives it', async () => {
    const { clockId, customer, subscription } = await subscribed();
    await world.events(customer, { time: '2027-01-05', count: 7 });
    await world.setClock(clockId, '2027-01-10');
    const interim = await triggerInvoice(world.db, TEST_TENANT, { subscriptionId: subscription.id, triggerId: null });
    if (!interim.made) throw new Error(interim.skip.message);
    await voidInvoice(world.db, TEST_TENANT, { invoiceId: interim.invoice.id, reason: 'wrong' });
    await expect(
      voidInvoice(world.db, TEST_TENANT, { invoiceId: interim.invoice.id, reason: null }),
    ).rejects.toMatchObject({
      code: 'invoice_already_void',
    });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    const [, closing] = await world.invoices(subscription.id);
    expect(closing).toMatchObject({ kind: 'closing', total: '20.70' });
    await world.setClock(clockId, '2027-02-02');
    const voided = await voidInvoice(world.db, TEST_TENANT, { invoiceId: closing?.id ?? '', reason: null });
    expect(voided).toMatchObject({ status: 'void', number: closing?.number, total: '20.70' });
    await world.turn(customer, '2027-03-01T01:00:00Z');
    expect((await world.invoices(subscription.id)).at(-1)).toMatchObject({ periodNumber: 1, total: '20.00' });
  });

  test('only the newest live invoice of a period can be voided', async () => {
    const { clockId, customer, subscription } = await subscribed();
    await world.events(customer, { time: '2027-01-05', count: 7 });
    await world.setClock(clockId, '2027-01-10');
    const interim = await triggerInvoice(world.db, TEST_TENANT, { subscriptionId: subscription.id, triggerId: null });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    await world.setClock(clockId, '2027-02-02');
    const id = interim.made ? interim.invoice.id : '';
    await expect(voidInvoice(world.db, TEST_TENANT, { invoiceId: id, reason: null })).rejects.toMatchObject({
      code: 'newer_invoice_exists',
    });
  });

  test('are numbered without gaps', async () => {
    const numbers = await world.db.pool.query(
      'select number from invoices where number is not null order by finalized_at, number',
    );
    const values = numbers.rows.map((row) => Number(row.number.slice(4))).toSorted((a, b) => a - b);
    expect(values).toEqual(values.map((_, index) => index + 1));
  });

  test('are frozen once final, by the database itself', async () => {
    await expect(world.db.pool.query('update invoices set total = 0 where finalized_at is not null')).rejects.toThrow(
      /frozen/,
    );
    await expect(
      world.db.pool.query(
        'delete from invoice_lines where invoice_id in (select id from invoices where finalized_at is not null)',
      ),
    ).rejects.toThrow(/frozen/);
  });
});
