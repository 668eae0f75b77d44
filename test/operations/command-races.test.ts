import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Failure } from '../../src/domain/errors/failure.ts';
import { cancelSubscription, uncancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { changeCustomer } from '../../src/operations/change-customer.ts';
import { changePlan } from '../../src/operations/change-plan.ts';
import { finalizeInvoice } from '../../src/operations/finalize-invoice.ts';
import { pauseSubscription, resumeSubscription } from '../../src/operations/pause-subscription.ts';
import { payInvoice } from '../../src/operations/pay-invoice.ts';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { voidInvoice } from '../../src/operations/void-invoice.ts';
import { newId } from '../../src/platform/new-id.ts';
import { tellRows } from '../support/billing-life/tell-rows.ts';
import { at, BillingWorld, CALLS, charge, FEE, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';

/** For a look that takes longer: seconds, instead of those of every run of the tests. */
const SECONDS = Number(process.env.BILLING_LIVES_SECONDS ?? 20);

let world: BillingWorld;
let plans: { first: string; other: string; weekly: string };
beforeAll(async () => {
  world = await BillingWorld.create();
  const seat = charge({ ...FEE, amount: '31', bill_in: 'advance' });
  plans = {
    first: await world.plan([FEE, CALLS]),
    other: await world.plan([seat, CALLS]),
    weekly: await world.plan([seat, CALLS], { billingPeriod: 'weekly' }),
  };
});
afterAll(() => world.drop());

interface Subject {
  readonly customer: { readonly id: string; readonly externalId: string };
  readonly clockId: string;
  readonly subscriptionId: string;
  /** When it began to be looked at. */
  readonly now: string;
  /** Of its first period. */
  readonly invoiceId: string;
  /** Of its second period, while it is one. */
  readonly draftId: string | null;
}

/** Subscribed on 1 January 2027, with usage in January and February; January is closed. */
async function lived(now: string): Promise<Subject> {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const { id: subscriptionId } = await world.subscribe(customer, plans.first);
  await world.events(customer, { time: '2027-01-20', count: 3 });
  await world.events(customer, { time: '2027-02-05', count: 5 });
  await world.setClock(clockId, now);
  await world.turn(customer, '2027-02-10');
  const [invoice] = await world.invoices(subscriptionId);
  return { customer, clockId, subscriptionId, now, invoiceId: invoice?.id ?? '', draftId: null };
}

const STATES: Readonly<Record<string, () => Promise<Subject>>> = {
  'in the midst of a period': () => lived('2027-02-10'),
  'at a boundary that is due': () => lived('2027-03-01'),
  'with two boundaries due': () => lived('2027-04-01T02:00:00Z'),
  'with a draft': async () => {
    const subject = await lived('2027-03-01T00:30:00Z');
    await world.turn(subject.customer, subject.now);
    const draft = (await world.invoices(subject.subscriptionId)).find(({ status }) => status === 'draft');
    return { ...subject, draftId: draft?.id ?? null };
  },
  paused: async () => {
    const subject = await lived('2027-02-10');
    await pauseSubscription(world.db, TEST_TENANT, { subscriptionId: subject.subscriptionId, at: 'now' });
    await world.setClock(subject.clockId, '2027-02-20');
    return { ...subject, now: '2027-02-20' };
  },
  'with a cancellation planned for now': async () => {
    const subject = await lived('2027-02-10');
    const cancel = { subscriptionId: subject.subscriptionId, at: { instant: at('2027-02-12') } };
    await cancelSubscription(world.db, TEST_TENANT, cancel);
    await world.setClock(subject.clockId, '2027-02-12');
    return { ...subject, now: '2027-02-12' };
  },
  'with a pause and its end planned': async () => {
    const subject = await lived('2027-02-10');
    const { subscriptionId } = subject;
    await pauseSubscription(world.db, TEST_TENANT, { subscriptionId, at: 'now' });
    await resumeSubscription(world.db, TEST_TENANT, { subscriptionId, at: { instant: at('2027-02-15') } });
    await world.setClock(subject.clockId, '2027-02-15');
    return { ...subject, now: '2027-02-15' };
  },
};

type Command = (subject: Subject) => Promise<string>;

const move = (plan: keyof typeof plans, when: 'now' | 'period_end', proration: 'by_time' | 'none'): Command => {
  return async ({ subscriptionId }) => {
    const change = { subscriptionId, planId: plans[plan], planVersion: null, at: when, proration };
    return (await changePlan(world.db, TEST_TENANT, change)).status;
  };
};

const COMMANDS: Readonly<Record<string, Command>> = {
  'cancel now': async ({ subscriptionId }) =>
    (await cancelSubscription(world.db, TEST_TENANT, { subscriptionId, at: 'now' })).status,
  'cancel period_end': async ({ subscriptionId }) =>
    (await cancelSubscription(world.db, TEST_TENANT, { subscriptionId, at: 'period_end' })).status,
  uncancel: async ({ subscriptionId }) => (await uncancelSubscription(world.db, TEST_TENANT, subscriptionId)).status,
  'pause now': async ({ subscriptionId }) =>
    (await pauseSubscription(world.db, TEST_TENANT, { subscriptionId, at: 'now' })).status,
  'pause period_end': async ({ subscriptionId }) =>
    (await pauseSubscription(world.db, TEST_TENANT, { subscriptionId, at: 'period_end' })).status,
  'resume now': async ({ subscriptionId }) =>
    (await resumeSubscription(world.db, TEST_TENANT, { subscriptionId, at: 'now' })).status,
  'change plan': move('other', 'now', 'by_time'),
  'change plan without proration': move('other', 'now', 'none'),
  'change of interval': move('weekly', 'now', 'by_time'),
  'planned change of interval': move('weekly', 'period_end', 'by_time'),
  'change back': move('first', 'now', 'by_time'),
  trigger: async ({ subscriptionId }) => {
    const outcome = await triggerInvoice(world.db, TEST_TENANT, { subscriptionId, triggerId: null });
    return outcome.made ? outcome.invoice.total : outcome.skip.code;
  },
  'its workflow': async ({ customer, now }) => {
    await world.turn(customer, now);
    return 'done';
  },
  'finalize the draft': async ({ draftId, invoiceId }) =>
    (await finalizeInvoice(world.db, TEST_TENANT, draftId ?? invoiceId)).status,
  pay: async ({ invoiceId }) => {
    const payment = { id: newId('payment'), amount: null, method: null, reference: null, paidAt: null, metadata: {} };
    return (await payInvoice(world.db, TEST_TENANT, { ...payment, invoiceId })).status;
  },
  void: async ({ invoiceId }) =>
    (await voidInvoice(world.db, TEST_TENANT, { invoiceId, reason: null, reissue: false })).status,
  reissue: async ({ invoiceId }) =>
    (await voidInvoice(world.db, TEST_TENANT, { invoiceId, reason: null, reissue: true })).status,
  'change of time zone': async ({ customer }) => {
    const change = { reference: customer.id, changes: { timezone: 'Asia/Kathmandu' } };
    return (await changeCustomer(world.db, TEST_TENANT, change)).timezone ?? 'none';
  },
};

async function outcomeOf(name: string, subject: Subject): Promise<string> {
  const command = COMMANDS[name];
  if (command === undefined) throw new Error(`no command ${name}`);
  try {
    return `${name}: ${await command(subject)}`;
  } catch (error) {
    if (error instanceof Failure) return `${name}: ${error.code}`;
    throw error;
  }
}

/** What two commands come to, and the rows that they leave once nothing is due. */
async function told(state: string, names: readonly [string, string], inParallel: boolean): Promise<string> {
  const subject = await STATES[state]?.();
  if (subject === undefined) throw new Error(`no state ${state}`);
  const outcomes: string[] = [];
  if (inParallel) outcomes.push(...(await Promise.all(names.map((name) => outcomeOf(name, subject)))));
  else for (const name of names) outcomes.push(await outcomeOf(name, subject));
  await world.turn(subject.customer, subject.now);
  const rows = await tellRows(world, {
    customerId: subject.customer.id,
    subscriptions: [subject.subscriptionId],
    grants: [],
  });
  return [...outcomes.toSorted(), ...rows].join('\n');
}

test(
  'two commands at one time come to what they come to one after the other, in one of the two orders',
  async () => {
    const until = performance.now() + SECONDS * 1_000;
    let done = 0;
    const name = fc.constantFrom(...Object.keys(COMMANDS));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(STATES)), name, name, async (state, left, right) => {
        if (performance.now() > until) return;
        const orders = [await told(state, [left, right], false), await told(state, [right, left], false)];
        for (let again = 0; again < 3; again += 1) {
          const raced = await told(state, [left, right], true);
          if (!orders.includes(raced)) expect([state, left, right, raced]).toEqual([state, left, right, orders[0]]);
        }
        done += 1;
      }),
      { numRuns: SECONDS > 20 ? 10_000 : 500 },
    );
    await expectInvariants(world.db);
    expect(done).toBeGreaterThan(0);
  },
  120_000 + SECONDS * 2_000,
);
