import type { ChargeJson } from '../../../src/domain/charge-json.ts';
import { type BillingWorld, CALLS, charge, FEE } from '../billing-world.ts';

const TOKENS = charge({
  pricing_model: 'graduated',
  event_name: 'token',
  aggregation: { type: 'sum', property: 'n' },
  tiers: [
    { up_to: '10', unit_amount: '0.333', flat_amount: '0' },
    { up_to: null, unit_amount: '0.1', flat_amount: '1' },
  ],
});
const SUMS = charge({
  pricing_model: 'per_unit',
  event_name: 'token',
  unit_amount: '0.0335',
  aggregation: { type: 'sum', property: 'n' },
});
const BOUNDED = charge({ ...CALLS, id: 'chg_bounded', minimum_amount: '0.35', maximum_amount: '0.85' });
const SEAT = charge({ ...FEE, id: 'chg_seat', name: 'Seat', amount: '7.77', bill_in: 'advance' });
const DESK = charge({ ...FEE, id: 'chg_desk', name: 'Desk', amount: '30', bill_in: 'advance' });
const CREDITS = charge({
  pricing_model: 'credit',
  event_name: 'call',
  credits_per_unit: '1.5',
  unit_amount: '0.25',
  aggregation: { type: 'count', property: null },
});
const PACKAGES = charge({
  pricing_model: 'package',
  event_name: 'token',
  package_size: '4',
  package_amount: '1.25',
  free_units: '3',
  aggregation: { type: 'count', property: null },
});
const WHEN_USED = charge({ ...FEE, id: 'chg_used', amount: '2.5', event_name: 'token', charge_when: 'used' });
/** Some properties pass, some do not. */
const FILTERED = charge({ ...CALLS, id: 'chg_even', unit_amount: '1.005', filters: { n: ['0', '1', '2', '3', '12'] } });

/** What can't be cut: grants in force at a period's end cover the whole of it. */
const PEAK = charge({ ...SUMS, id: 'chg_peak', aggregation: { type: 'max', property: 'n' } });
const MEAN = charge({ ...SUMS, id: 'chg_mean', aggregation: { type: 'average', property: 'n' } });

/** A dozen events of 10^29 cannot be rated. */
const BOMB = charge({
  pricing_model: 'per_unit',
  event_name: 'bomb',
  unit_amount: '9'.repeat(30),
  aggregation: { type: 'sum', property: 'n' },
});

/** One of each kind of plan, in a currency, each in two versions. */
export async function lifePlans(world: BillingWorld, currency: string): Promise<string[]> {
  const plan = async (
    [first, second]: readonly [readonly ChargeJson[], readonly ChargeJson[]],
    facts: { billingPeriod?: string; intervalCount?: number; minimumAmount?: string } = {},
  ) => {
    const id = await world.plan(first, { currency, ...facts });
    await world.version(id, { charges: second, minimumAmount: facts.minimumAmount ?? null });
    return id;
  };
  return [
    await plan([
      [FEE, CALLS],
      [DESK, CALLS],
    ]),
    await plan(
      [
        [CALLS, PEAK, TOKENS, BOMB],
        [TOKENS, { ...CALLS, unit_amount: '0.2' }, SEAT, BOMB],
      ],
      { billingPeriod: 'weekly' },
    ),
    await plan(
      [
        [FEE, SUMS, MEAN],
        [SUMS, { ...MEAN, unit_amount: '0.01' }],
      ],
      { billingPeriod: 'daily', intervalCount: 10, minimumAmount: '2.5' },
    ),
    await plan(
      [
        [DESK, BOUNDED, PACKAGES],
        [{ ...DESK, amount: '21.01' }, BOUNDED, FEE],
      ],
      { minimumAmount: '60' },
    ),
    await plan(
      [
        [SEAT, DESK, CREDITS, FILTERED, BOMB],
        [DESK, { ...CREDITS, credits_per_unit: '2' }, BOMB],
      ],
      { billingPeriod: 'weekly', intervalCount: 2 },
    ),
    await plan(
      [
        [SEAT, BOUNDED, WHEN_USED, SUMS],
        [{ ...BOUNDED, maximum_amount: '0.5' }, WHEN_USED, SEAT],
      ],
      { minimumAmount: '9.99' },
    ),
  ];
}
