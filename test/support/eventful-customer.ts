import type { DecimalText } from '../../src/domain/decimal.ts';
import { changeAccount } from '../../src/operations/change-account.ts';
import { cancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { createTaxRate } from '../../src/operations/create-tax-rate.ts';
import type { InvoiceWithLines } from '../../src/operations/get-invoice.ts';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { voidInvoice } from '../../src/operations/void-invoice.ts';
import { newId } from '../../src/platform/new-id.ts';
import { type BillingWorld, charge, FEE, TEST_TENANT } from './billing-world.ts';

const sumOfN = { type: 'sum', property: 'n' } as const;

export const SEAT = charge({
  pricing_model: 'flat',
  name: 'Seat',
  amount: '30.00',
  bill_in: 'advance',
  charge_when: 'always',
});
export const TOKENS = charge({
  pricing_model: 'graduated',
  name: 'Tokens',
  event_name: 'token',
  aggregation: sumOfN,
  tiers: [
    { up_to: '10', unit_amount: '0.333', flat_amount: '0' },
    { up_to: null, unit_amount: '0.1', flat_amount: '1' },
  ],
});
export const EU_CALLS = charge({
  pricing_model: 'package',
  name: 'Calls in the EU',
  event_name: 'call',
  aggregation: { type: 'count', property: null },
  filters: { region: ['eu'] },
  package_size: '5',
  package_amount: '0.75',
  free_units: '2',
  minimum_amount: '1.00',
  maximum_amount: '4.00',
});
export const PEAK = charge({
  pricing_model: 'per_unit',
  name: 'Peak',
  event_name: 'token',
  aggregation: { type: 'max', property: 'n' },
  unit_amount: '0.01',
});

/** Invoices of an eventful life, by what they are. */
export interface EventfulCustomer {
  readonly customer: { readonly id: string; readonly externalId: string };
  readonly clockId: string;
  readonly subscriptionId: string;
  /** 30.00 in advance for January. */
  readonly opening: InvoiceWithLines;
  /** Of 12 January, with credits. */
  readonly interim: InvoiceWithLines;
  readonly january: InvoiceWithLines;
  /** With late usage of January; void. */
  readonly february: InvoiceWithLines;
  /** Bills February again. */
  readonly reissued: InvoiceWithLines;
  /** The cut of March gave more back than was used: below zero. */
  readonly march: InvoiceWithLines;
  /** Of another subscription, paid from the balance in part. */
  readonly other: InvoiceWithLines;
}

/**
 * A customer that has everything on its invoices once: flats in advance and in arrears, tiers, packages with filter,
 * minimum and maximum, a peak, a plan minimum, tax, credits that end in the middle, an interim, late usage, an event that
 * does not count, void and reissue, a cut, and a balance.
 */
export async function eventfulCustomer(world: BillingWorld): Promise<EventfulCustomer> {
  const rate = { id: newId('taxRate'), name: 'VAT', percentage: '20' as DecimalText, inclusive: false, metadata: '{}' };
  await createTaxRate(world.db, TEST_TENANT, rate);
  await changeAccount(world.db, TEST_TENANT, { taxRateIds: [rate.id] });
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const planId = await world.plan([SEAT, TOKENS, EU_CALLS, PEAK], { minimumAmount: '45' });
  const { id: subscriptionId } = await world.subscribe(customer, planId);
  await world.grant(customer, '10', { expiresInDays: 14, eventNames: ['token'], name: 'Welcome' });
  await world.grant(customer, '5', { priority: 60 });
  const tokens = (time: string, n: unknown) => world.events(customer, { time, name: 'token', properties: { n } });
  await tokens('2027-01-05', 7);
  await tokens('2027-01-10', '8.5');
  await tokens('2027-01-11', 'many');
  await world.events(customer, { time: '2027-01-06', count: 9, properties: { region: 'eu' } });
  await world.events(customer, { time: '2027-01-07', count: 4, properties: { region: 'us' } });
  await world.setClock(clockId, '2027-01-12');
  await triggerInvoice(world.db, TEST_TENANT, { subscriptionId, triggerId: null });
  await tokens('2027-01-20', 9);
  await world.turn(customer, '2027-02-01T01:00:00Z');
  await tokens('2027-01-08', 4);
  await world.events(customer, { time: '2027-02-08', count: 20, properties: { region: 'eu' } });
  await world.turn(customer, '2027-03-01T01:00:00Z');
  await world.setClock(clockId, '2027-03-02');
  const february = await named(
    world,
    subscriptionId,
    ({ kind, periodNumber }) => kind === 'closing' && periodNumber === 1,
  );
  await voidInvoice(world.db, TEST_TENANT, { invoiceId: february.id, reason: null, reissue: true });
  await world.setClock(clockId, '2027-03-03');
  await world.events(customer, { time: '2027-03-02', count: 3, properties: { region: 'us' } });
  await cancelSubscription(world.db, TEST_TENANT, { subscriptionId, at: 'now' });
  await world.turn(customer, '2027-03-03T01:00:00Z');
  const other = await world.subscribe(customer, await world.plan([{ ...FEE, amount: '90.00' }]), {
    start: '2027-03-03',
  });
  await world.turn(customer, '2027-04-03T01:00:00Z');
  await world.setClock(clockId, '2027-04-04');
  const find = (wanted: (invoice: InvoiceWithLines) => boolean) => named(world, subscriptionId, wanted);
  return {
    customer,
    clockId,
    subscriptionId,
    opening: await find(({ kind }) => kind === 'opening'),
    interim: await find(({ kind }) => kind === 'interim'),
    january: await find(({ kind, periodNumber }) => kind === 'closing' && periodNumber === 0),
    february: await find(({ id }) => id === february.id),
    reissued: await find(({ replaces }) => replaces === february.id),
    march: await find(({ kind, periodNumber }) => kind === 'closing' && periodNumber === 2),
    other: await named(world, other.id, ({ kind }) => kind === 'closing'),
  };
}

async function named(
  world: BillingWorld,
  subscriptionId: string,
  wanted: (invoice: InvoiceWithLines) => boolean,
): Promise<InvoiceWithLines> {
  const found = (await world.invoices(subscriptionId)).find(wanted);
  if (found === undefined) throw new Error('an invoice of the eventful life is missing');
  return found;
}
