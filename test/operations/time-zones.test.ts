import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { changeCustomer } from '../../src/operations/change-customer.ts';
import { createSubscription } from '../../src/operations/create-subscription.ts';
import { listPeriods } from '../../src/operations/get-subscription.ts';
import { formatInstant } from '../../src/domain/instant.ts';
import { newId } from '../../src/platform/new-id.ts';
import { BillingWorld, CALLS, FEE, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterEach(() => expectInvariants(world.db));
afterAll(() => world.drop());

interface Case {
  readonly timezone: string;
  readonly billingPeriod: string;
  /** Local date. */
  readonly start: string;
  readonly clock: string;
  readonly until: string;
  readonly boundaries: readonly string[];
}

async function subscribedIn({ timezone, billingPeriod, start, clock }: Omit<Case, 'until' | 'boundaries'>) {
  const clockId = await world.clock(clock);
  const customer = await world.customer({ clockId, timezone });
  const subscription = await createSubscription(world.db, TEST_TENANT, {
    id: newId('subscription'),
    customerId: customer.externalId,
    planId: await world.plan([FEE, CALLS], { billingPeriod }),
    planVersion: null,
    startDate: { date: start },
    trialEndDate: null,
    metadata: {},
  });
  return { clockId, customer, subscription };
}

async function boundariesOf(subscriptionId: string, upcoming = 0): Promise<string[]> {
  const { periods, upcoming: next } = await listPeriods(world.db, TEST_TENANT, { subscriptionId, upcoming });
  return [...periods, ...next].map((period) => formatInstant(period.endAt));
}

describe('periods follow the local clock', () => {
  test.each([
    {
      timezone: 'America/New_York',
      billingPeriod: 'monthly',
      start: '2027-01-31',
      clock: '2027-01-31T05:00:00Z',
      until: '2027-05-01T06:00:00Z',
      boundaries: ['2027-02-28T05:00:00Z', '2027-03-31T04:00:00Z', '2027-04-30T04:00:00Z', '2027-05-31T04:00:00Z'],
    },
    {
      timezone: 'America/New_York',
      billingPeriod: 'daily',
      start: '2027-03-13',
      clock: '2027-03-13T05:00:00Z',
      until: '2027-03-15T06:00:00Z',
      boundaries: ['2027-03-14T05:00:00Z', '2027-03-15T04:00:00Z', '2027-03-16T04:00:00Z'],
    },
    {
      timezone: 'Asia/Kathmandu',
      billingPeriod: 'weekly',
      start: '2027-01-01',
      clock: '2026-12-31T18:15:00Z',
      until: '2027-01-15T00:00:00Z',
      boundaries: ['2027-01-07T18:15:00Z', '2027-01-14T18:15:00Z', '2027-01-21T18:15:00Z'],
    },
    {
      // Samoa had no 30 December 2011: that day has no length and no period.
      timezone: 'Pacific/Apia',
      billingPeriod: 'daily',
      start: '2011-12-29',
      clock: '2011-12-29T10:00:00Z',
      until: '2011-12-31T11:00:00Z',
      boundaries: ['2011-12-30T10:00:00Z', '2011-12-31T10:00:00Z', '2012-01-01T10:00:00Z'],
    },
  ] satisfies Case[])('$timezone, $billingPeriod from $start', async ({ until, boundaries, ...facts }) => {
    const { customer, subscription } = await subscribedIn(facts);
    expect(await boundariesOf(subscription.id, boundaries.length - 1)).toEqual(boundaries);
    // An event on each boundary belongs to the period that begins there.
    for (const time of boundaries) await world.events(customer, { time });
    await world.turn(customer, until);
    expect(await boundariesOf(subscription.id)).toEqual(boundaries);
    const counts = (await world.invoices(subscription.id)).map((invoice) => invoice.lines[1]?.eventCount);
    expect(counts).toEqual(boundaries.slice(1).map((_, index) => (index === 0 ? 0n : 1n)));
  });
});

describe('a change of time zone', () => {
  async function moved(from: string, to: string, billingPeriod = 'monthly') {
    const { clockId, customer, subscription } = await subscribedIn({
      timezone: from,
      billingPeriod,
      start: '2027-01-01',
      clock: '2027-06-10',
    });
    await world.turn(customer, '2027-06-10T01:00:00Z');
    await changeCustomer(world.db, TEST_TENANT, { reference: customer.id, changes: { timezone: to } });
    return { clockId, customer, subscription };
  }

  test('leaves the running period alone and counts the next ones in the new zone from the same anchor', async () => {
    const { customer, subscription } = await moved('UTC', 'America/New_York');
    await world.turn(customer, '2027-08-01T05:00:00Z');
    // The anchor, midnight of 1 January in UTC, is 19:00 of 31 December in New York.
    expect((await boundariesOf(subscription.id)).slice(5)).toEqual([
      '2027-07-01T00:00:00Z',
      '2027-07-31T23:00:00Z',
      '2027-08-31T23:00:00Z',
    ]);
  });

  test.each([
    ['monthly', '2027-09-01T05:00:00Z', ['2027-07-01T04:00:00Z', '2027-08-01T05:00:00Z', '2027-09-01T05:00:00Z']],
    ['weekly', '2027-06-25T05:00:00Z', ['2027-06-11T04:00:00Z', '2027-06-18T05:00:00Z', '2027-06-25T05:00:00Z']],
  ])(
    'to a zone whose %s boundary comes an hour later makes no period of that hour',
    async (billingPeriod, until, expected) => {
      const { customer, subscription } = await moved('America/New_York', 'UTC', billingPeriod);
      const [first = ''] = expected;
      const ahead = await boundariesOf(subscription.id, 2);
      expect(ahead.slice(ahead.indexOf(first))).toEqual(expected);
      await world.turn(customer, until);
      const ends = await boundariesOf(subscription.id);
      expect(ends.slice(ends.indexOf(first), -1)).toEqual(expected);
    },
  );
});
