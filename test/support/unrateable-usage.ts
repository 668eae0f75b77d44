import { type BillingWorld, charge } from './billing-world.ts';

/** A sum of tokens at nearly 10^30 each: two of the largest numbers come to more digits than can be billed. */
export const HUGE = charge({
  pricing_model: 'per_unit',
  event_name: 'token',
  unit_amount: '9'.repeat(30),
  aggregation: { type: 'sum', property: 'n' },
});

const MOST = '9'.repeat(30);

type Customer = Parameters<BillingWorld['events']>[0];

/** Usage of HUGE that cannot be rated. */
export async function overuse(world: BillingWorld, customer: Customer, time: string): Promise<void> {
  await world.events(customer, { name: 'token', time, count: 2, properties: { n: MOST } });
}

/** Takes that usage back, but for one token, which is 30 nines. */
export async function correct(world: BillingWorld, customer: Customer, time: string): Promise<void> {
  await world.events(customer, { name: 'token', time, count: 2, properties: { n: `-${MOST}` } });
  await world.events(customer, { name: 'token', time, properties: { n: '1' } });
}
