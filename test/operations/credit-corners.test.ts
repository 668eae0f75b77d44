import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { revokeGrant } from '../../src/operations/revoke-grant.ts';
import { at, BillingWorld, CALLS, charge, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterEach(() => expectInvariants(world.db));
afterAll(() => world.drop());

const count = { type: 'count', property: null } as const;
const TOKENS = charge({ pricing_model: 'per_unit', event_name: 'token', unit_amount: '0.01', aggregation: count });
const LARGEST = charge({
  pricing_model: 'per_unit',
  event_name: 'call',
  unit_amount: '0.50',
  aggregation: { type: 'max', property: 'n' },
});
const CREDITS = charge({
  pricing_model: 'credit',
  event_name: 'call',
  credits_per_unit: '1.5',
  unit_amount: '0.20',
  aggregation: count,
});

async function onClock(time = '2027-01-01') {
  const clockId = await world.clock(time);
  return { clockId, customer: await world.customer({ clockId }) };
}

async function subscribed(charges = [CALLS], facts: { billingPeriod?: string } = {}) {
  const { clockId, customer } = await onClock();
  const subscription = await world.subscribe(customer, await world.plan(charges, facts));
  return { clockId, customer, subscription };
}

/** What was taken from a grant, an entry each: negative, in the order in which it was written. */
async function consumed(grantId: string): Promise<string[]> {
  return (await world.entries(grantId)).filter(({ kind }) => kind === 'consumed').map(({ amount }) => amount);
}

/** Of each invoice of the subscription its period and what credits covered on each line. */
async function credited(subscriptionId: string) {
  const invoices = await world.invoices(subscriptionId);
  return invoices.map(({ periodNumber, lines }) => [periodNumber, ...lines.map((line) => line.creditedQuantity)]);
}

describe('grants that overlap inside one period', () => {
  test('each cover their own time, in the order priority, soonest end, limited first', async () => {
    const { customer, subscription } = await subscribed([CALLS, TOKENS]);
    const grant = (amount: string, from: string, terms: object) =>
      world.grant(customer, amount, { effectiveAt: at(from), ...terms });
    const early = await grant('10', '2027-01-05', { expiresInDays: 10 });
    const calls = await grant('8', '2027-01-10', { expiresInDays: 20, eventNames: ['call'] });
    const urgent = await grant('6', '2027-01-12', { expiresInDays: 5, priority: 10 });
    const own = await grant('20', '2027-01-20', { subscriptionId: subscription.id });
    const calling: [string, number][] = [
      ['2027-01-04', 3], // nothing is in force
      ['2027-01-06', 4], // early 4
      ['2027-01-11', 5], // early 5 (its end is sooner), so it has 1 left
      ['2027-01-13', 9], // urgent 6, early 1, calls 2
      ['2027-01-15', 5], // early has ended: calls 5
      ['2027-01-18', 3], // calls 1, and 2 pay
      ['2027-01-25', 4], // own 4
    ];
    for (const [time, each] of calling) await world.events(customer, { time, count: each });
    await world.events(customer, { name: 'token', time: '2027-01-13', count: 2 }); // urgent and early are spent
    await world.events(customer, { name: 'token', time: '2027-01-21', count: 3 }); // own 3
    await world.turn(customer, '2027-02-01T01:00:00Z');
    expect((await world.invoices(subscription.id))[0]).toMatchObject({
      total: '0.52',
      lines: [
        { quantity: '33', creditedQuantity: '28', billableQuantity: '5', amount: '0.50' },
        { quantity: '5', creditedQuantity: '3', billableQuantity: '2', amount: '0.02' },
      ],
    });
    expect(await consumed(early.id)).toEqual(['-10']);
    expect(await consumed(calls.id)).toEqual(['-8']);
    expect(await consumed(urgent.id)).toEqual(['-6']);
    expect((await consumed(own.id)).toSorted()).toEqual(['-3', '-4']);
    expect(await world.grantBalance(own.id)).toBe('13');
  });

  test('of equal priority and end, the one that is limited goes first, whatever limits it, then the older one', async () => {
    const { customer, subscription } = await subscribed();
    const terms = { effectiveAt: at('2027-01-01'), expiresInDays: 10 };
    const open = await world.grant(customer, '3', terms);
    const byName = await world.grant(customer, '3', { ...terms, eventNames: ['call', 'other'] });
    const bySubscription = await world.grant(customer, '3', { ...terms, subscriptionId: subscription.id });
    await world.events(customer, { time: '2027-01-02', count: 5 });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    expect(await consumed(byName.id)).toEqual(['-3']);
    expect(await consumed(bySubscription.id)).toEqual(['-2']);
    expect(await consumed(open.id)).toEqual([]);
  });

  test('what cannot be cut goes by those in force at the last instant of the period', async () => {
    const { customer, subscription } = await subscribed([LARGEST]);
    const over = await world.grant(customer, '4', { effectiveAt: at('2027-01-01'), expiresInDays: 30 });
    const last = await world.grant(customer, '5', { effectiveAt: at('2027-01-31T23:59:59.999999Z') });
    const next = await world.grant(customer, '9', { effectiveAt: at('2027-02-01') });
    await world.events(customer, { time: '2027-01-02', properties: { n: 12 } });
    await world.events(customer, { time: '2027-01-03', properties: { n: 7 } });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    expect((await world.invoices(subscription.id))[0]).toMatchObject({
      total: '3.50',
      lines: [{ quantity: '12', creditedQuantity: '5', billableQuantity: '7' }],
    });
    expect([await consumed(over.id), await consumed(last.id), await consumed(next.id)]).toEqual([[], ['-5'], []]);
  });

  test('charges are served in plan order, a credit charge by its rate, each from what the one before left', async () => {
    const { customer, subscription } = await subscribed([CREDITS, CALLS]);
    const { id } = await world.grant(customer, '20', { effectiveAt: at('2027-01-01') });
    await world.events(customer, { time: '2027-01-05', count: 9 });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    // 9 × 1.5 = 13.5 credits for the first charge, 6.5 units left for the second.
    expect((await world.invoices(subscription.id))[0]).toMatchObject({
      total: '0.25',
      lines: [
        { usageQuantity: '9', quantity: '13.5', creditedQuantity: '13.5', billableQuantity: '0', amount: '0.00' },
        { quantity: '9', creditedQuantity: '6.5', billableQuantity: '2.5', amount: '0.25' },
      ],
    });
    expect((await consumed(id)).toSorted()).toEqual(['-13.5', '-6.5']);
  });

  test('one that begins and ends at one instant, or ends before it begins, covers nothing', async () => {
    const { clockId, customer, subscription } = await subscribed();
    const { id } = await world.grant(customer, '5');
    const ahead = await world.grant(customer, '5', { effectiveAt: at('2027-01-20') });
    await revokeGrant(world.db, TEST_TENANT, id);
    await revokeGrant(world.db, TEST_TENANT, ahead.id);
    await world.events(customer, { time: '2027-01-01', count: 2 });
    await world.events(customer, { time: '2027-01-20', count: 2 });
    await world.setClock(clockId, '2027-02-02');
    await world.turn(customer, '2027-02-02');
    expect((await world.invoices(subscription.id))[0]).toMatchObject({ total: '0.40' });
    for (const grant of [id, ahead.id]) expect((await world.entries(grant)).at(-1)?.kind).toBe('revoked');
  });
});

describe('over several periods', () => {
  test('a grant with rollover and an expiry is drawn by each until the expiry, inside the last of them', async () => {
    const { customer, subscription } = await subscribed();
    const { id } = await world.grant(customer, '50', { expiresInDays: 70 }); // until 12 March
    for (const time of ['2027-01-10', '2027-02-10', '2027-03-10', '2027-03-11T23:59:59.999999Z', '2027-03-12']) {
      await world.events(customer, { time, count: 6 });
    }
    await world.turn(customer, '2027-04-01T01:00:00Z');
    expect(await credited(subscription.id)).toEqual([
      [0, '6'],
      [1, '6'],
      [2, '12'],
    ]);
    expect((await world.entries(id)).map(({ kind, amount }) => `${kind} ${amount}`)).toEqual([
      'granted 50',
      'consumed -6',
      'consumed -6',
      'consumed -12',
      'expired -26',
    ]);
  });

  test('a monthly allowance without rollover lapses with each month, the lasting one pays the excess', async () => {
    const { customer, subscription } = await subscribed();
    const months = ['2027-01-01', '2027-02-01', '2027-03-01'];
    const lasting = await world.grant(customer, '8', { effectiveAt: at('2027-01-01') });
    const allowances: string[] = [];
    for (const month of months) {
      const { id } = await world.grant(customer, '5', { rollover: false, effectiveAt: at(month) });
      allowances.push(id);
    }
    await world.events(customer, { time: '2027-01-10', count: 9 });
    await world.events(customer, { time: '2027-02-10', count: 2 });
    await world.events(customer, { time: '2027-03-10', count: 12 });
    await world.turn(customer, '2027-04-01T01:00:00Z');
    expect(await credited(subscription.id)).toEqual([
      [0, '9'],
      [1, '2'],
      [2, '9'],
    ]);
    const last = await Promise.all(allowances.map(async (id) => (await world.entries(id)).at(-1)));
    expect(last.map((entry) => `${entry?.kind} ${entry?.amount}`)).toEqual([
      'consumed -5',
      'expired -3',
      'consumed -5',
    ]);
    expect(await world.grantBalance(lasting.id)).toBe('0');
  });

  test('a weekly subscription of a customer draws from a grant that ends with the month of another', async () => {
    const { customer, subscription } = await subscribed();
    const weekly = await world.subscribe(customer, await world.plan([CALLS], { billingPeriod: 'weekly' }));
    const { id, endsAt } = await world.grant(customer, '30', { rollover: false });
    expect(endsAt).toEqual(at('2027-02-01'));
    await world.events(customer, { time: '2027-01-05', count: 10 });
    await world.events(customer, { time: '2027-01-30', count: 7 });
    await world.events(customer, { time: '2027-02-01', count: 5 });
    await world.turn(customer, '2027-02-05T01:00:00Z');
    // Weeks 0 and 4 draw when they close; the month gets at its close what is left, 7 of which week 4 has not drawn yet.
    expect((await credited(weekly.id)).map(([, units]) => units)).toEqual(['10', '0', '0', '0', '3']);
    expect(await credited(subscription.id)).toEqual([[0, '17']]);
    expect(await world.grantBalance(id)).toBe('0');
  });
});

/** What the subscriptions of a customer draw in turn, period by period, by the order of their finalizations. */
function sharedOut(total: number, demands: readonly number[]): string[] {
  let left = total;
  return demands.map((wanted) => {
    const taken = Math.min(left, wanted);
    left -= taken;
    return String(taken);
  });
}

describe('two subscriptions that share a grant', () => {
  const MONTHS = ['01', '02', '03', '04', '05', '06', '07', '08', '09', '10', '11', '12'];
  const usageOf = (month: number) => 3 + ((month * 7) % 5);

  async function twins(start: string | undefined) {
    const { clockId, customer } = await onClock(start === undefined ? '2027-01-01' : '2028-01-15');
    const plan = await world.plan([CALLS]);
    const dates = start === undefined ? {} : { start };
    const older = await world.subscribe(customer, plan, dates);
    const younger = await world.subscribe(customer, plan, dates);
    return { clockId, customer, older, younger };
  }

  async function use(customer: { readonly externalId: string }): Promise<void> {
    for (const [index, month] of MONTHS.entries()) {
      await world.events(customer, { time: `2027-${month}-11`, count: usageOf(index) });
    }
  }

  async function drawn(older: string, younger: string): Promise<unknown[]> {
    const [first, second] = [await credited(older), await credited(younger)];
    return first.flatMap(([, units], index) => [units, second[index]?.[1]]);
  }

  const expected = sharedOut(
    70,
    MONTHS.flatMap((_, index) => [usageOf(index), usageOf(index)]),
  );

  test('over a year take turns month by month, in the order in which they were made', async () => {
    const { customer, older, younger } = await twins(undefined);
    const { id } = await world.grant(customer, '70');
    await use(customer);
    await world.turn(customer, '2028-01-01T01:00:00Z');
    expect(await drawn(older.id, younger.id)).toEqual(expected);
    expect(await world.grantBalance(id)).toBe('0');
  });

  test('over the same year take the same turns when alarms come one by one, and too many at once', async () => {
    const { customer, older, younger } = await twins(undefined);
    await world.grant(customer, '70');
    await use(customer);
    for (const month of MONTHS.slice(1)) {
      await world.turn(customer, `2027-${month}-01`);
      await Promise.all([1, 2, 3].map(() => world.turn(customer, `2027-${month}-01T01:00:00Z`)));
    }
    await world.turn(customer, '2028-01-01T01:00:00Z');
    expect(await drawn(older.id, younger.id)).toEqual(expected);
  });

  test('that both started a year ago are finalized one whole year after the other, since all is due at one instant', async () => {
    const { customer, older, younger } = await twins('2027-01-01');
    const { id } = await world.grant(customer, '70', { effectiveAt: at('2027-01-01') });
    await use(customer);
    await world.turn(customer, '2028-01-15T01:00:00Z');
    const year = MONTHS.map((_, index) => usageOf(index));
    const inTurn = sharedOut(70, [...year, ...year]);
    const units = async (subscriptionId: string) => (await credited(subscriptionId)).map(([, each]) => each);
    expect([...(await units(older.id)), ...(await units(younger.id))]).toEqual(inTurn);
    expect(await world.grantBalance(id)).toBe('0');
  });

  test('one of which catches up beside the other one that ran', async () => {
    const { clockId, customer } = await onClock();
    const plan = await world.plan([CALLS]);
    const older = await world.subscribe(customer, plan);
    const { id } = await world.grant(customer, '20');
    await world.events(customer, { time: '2027-01-11', count: 6 });
    await world.events(customer, { time: '2027-02-11', count: 6 });
    await world.turn(customer, '2027-02-01T01:00:00Z');
    await world.setClock(clockId, '2027-02-20');
    // Made on 20 February for the time from January on: its January is finalized an hour after that.
    const younger = await world.subscribe(customer, plan, { start: '2027-01-01' });
    await world.turn(customer, '2027-03-01T01:00:00Z');
    expect(await credited(older.id)).toEqual([
      [0, '6'],
      [1, '6'],
    ]);
    expect(await credited(younger.id)).toEqual([
      [0, '6'],
      [1, '2'],
    ]);
    expect(await world.grantBalance(id)).toBe('0');
  });
});
