import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cancelSubscription, uncancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { changePlan } from '../../src/operations/change-plan.ts';
import { getCreditGrant } from '../../src/operations/get-credit-grant.ts';
import { pauseSubscription, resumeSubscription } from '../../src/operations/pause-subscription.ts';
import { retrySubscription } from '../../src/operations/retry-subscription.ts';
import { advanceTestClock, deleteTestClock, getTestClock } from '../../src/operations/test-clocks.ts';
import { voidInvoice } from '../../src/operations/void-invoice.ts';
import { STATUS_QUERY } from '../../src/orchestration/messages.ts';
import type { RunState } from '../../workflows/state.ts';
import { BillingWorkers, eventually } from '../support/billing-workers.ts';
import { at, BillingWorld, CALLS, FEE, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';
import { recordHistory } from '../support/record-history.ts';
import { correct, HUGE, overuse } from '../support/unrateable-usage.ts';

/**
 * A short life for each command and turn, through its workflow: what it is billed, that its workflow is where it
 * should be, and with RECORD_HISTORIES=1 its history for test/replay.
 */
let world: BillingWorld;
let workers: BillingWorkers;
let plan: string;
beforeAll(async () => {
  world = await BillingWorld.create();
  workers = await BillingWorkers.start(world);
  plan = await world.plan([FEE, CALLS]);
}, 120_000);
afterAll(async () => {
  await workers.stop();
  await expectInvariants(world.db);
  await world.drop();
}, 60_000);

async function subscribed(dates: { readonly start?: string; readonly trialEnd?: string } = {}, planId = plan) {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const { id } = await world.subscribe(customer, planId, dates);
  await until(id, ({ view }) => view !== null);
  return { id, clockId, customer };
}

/** Waits until the workflow has read what came last, and knows it. */
async function until(id: string, passes: (state: RunState) => boolean): Promise<void> {
  await eventually(
    () =>
      workers.client.workflow
        .getHandle(id)
        .query<RunState>(STATUS_QUERY)
        .catch(() => null),
    (state) => state !== null && !state.stale && passes(state),
  );
}

async function completed(id: string): Promise<void> {
  await eventually(
    () => workers.client.workflow.getHandle(id).describe(),
    ({ status }) => status.name === 'COMPLETED',
  );
}

async function advance(clockId: string, to: string): Promise<void> {
  await advanceTestClock(world.db, TEST_TENANT, { id: clockId, frozenAt: at(to) });
  await eventually(
    () => getTestClock(world.db, TEST_TENANT, clockId),
    ({ status }) => status === 'ready',
  );
}

async function told(id: string): Promise<string[]> {
  const invoices = await world.invoices(id);
  return invoices.map(
    (invoice) => `${invoice.periodNumber} ${invoice.billingReason} ${invoice.status} ${invoice.total}`,
  );
}

async function keep(name: string, workflowId: string): Promise<void> {
  await recordHistory(workers.client, { name, workflowId });
}

const of = (subscriptionId: string) => ({ subscriptionId });

test('a pause and a resume that are planned come at their instants', async () => {
  const { id, clockId } = await subscribed();
  await pauseSubscription(world.db, TEST_TENANT, { ...of(id), at: { instant: at('2027-01-16T12:00:00Z') } });
  await advance(clockId, '2027-01-20');
  await resumeSubscription(world.db, TEST_TENANT, { ...of(id), at: { instant: at('2027-02-10T06:00:00Z') } });
  await advance(clockId, '2027-03-11');
  expect(await told(id)).toEqual(['0 pause open 10.00', '1 period_end open 20.00']);
  await until(id, ({ view }) => view?.period?.start === '2027-03-10T06:00:00Z');
  await keep('pause-and-resume-planned', id);
}, 120_000);

test('a change of plan now cuts the running period, and the workflow goes on with the new plan', async () => {
  const { id, clockId } = await subscribed();
  await advance(clockId, '2027-01-16T12:00:00Z');
  const planId = await world.plan([{ ...FEE, amount: '40.00' }]);
  await changePlan(world.db, TEST_TENANT, { ...of(id), planId, planVersion: null, at: 'now', proration: 'by_time' });
  await until(id, ({ view }) => view?.plan === planId);
  await advance(clockId, '2027-02-02');
  expect(await told(id)).toEqual(['0 plan_change open 10.00', '1 period_end open 20.00']);
  await keep('plan-changed-now', id);
}, 120_000);

test('a change of plan at the end of the period begins with the next one', async () => {
  const { id, clockId } = await subscribed();
  const planId = await world.plan([{ ...FEE, amount: '40.00' }]);
  await changePlan(world.db, TEST_TENANT, {
    ...of(id),
    planId,
    planVersion: null,
    at: 'period_end',
    proration: 'by_time',
  });
  await advance(clockId, '2027-03-02');
  expect(await told(id)).toEqual(['0 period_end open 20.00', '1 period_end open 40.00']);
  await until(id, ({ view }) => view?.plan === planId);
  await keep('plan-changed-at-period-end', id);
}, 120_000);

test('a cancellation that is taken back leaves no trace in what is billed', async () => {
  const { id, clockId } = await subscribed();
  await cancelSubscription(world.db, TEST_TENANT, { ...of(id), at: 'period_end' });
  await advance(clockId, '2027-01-20');
  await uncancelSubscription(world.db, TEST_TENANT, id);
  await advance(clockId, '2027-03-02');
  expect(await told(id)).toEqual(['0 period_end open 20.00', '1 period_end open 20.00']);
  await keep('canceled-and-uncanceled', id);
}, 120_000);

test('a trial that is canceled ends without an invoice, and its workflow with it', async () => {
  const { id, clockId } = await subscribed({ trialEnd: '2027-01-15T00:00:00Z' });
  await cancelSubscription(world.db, TEST_TENANT, { ...of(id), at: 'period_end' });
  await advance(clockId, '2027-01-16');
  await completed(id);
  expect(await told(id)).toEqual([]);
  await keep('trial-canceled', id);
}, 120_000);

test('a start in the future opens its first period at its instant', async () => {
  const { id, clockId } = await subscribed({ start: '2027-02-10T08:30:00Z' });
  await until(id, ({ view }) => view?.status === 'scheduled');
  await advance(clockId, '2027-03-11');
  expect(await told(id)).toEqual(['0 period_end open 20.00']);
  await keep('scheduled-start', id);
}, 120_000);

test('one that is canceled before it starts is over, and so is its workflow', async () => {
  const { id, clockId } = await subscribed({ start: '2027-02-10T08:30:00Z' });
  await cancelSubscription(world.db, TEST_TENANT, { ...of(id), at: 'period_end' });
  await advance(clockId, '2027-02-11');
  await completed(id);
  expect(await told(id)).toEqual([]);
  await keep('scheduled-and-canceled', id);
}, 120_000);

test('a credit grant ends between two periods, by the alarm of its customer’s subscription', async () => {
  const { id, clockId, customer } = await subscribed();
  const grant = await world.grant(customer, '5', { expiresInDays: 10 });
  await advance(clockId, '2027-01-10T23:59:59Z');
  expect((await getCreditGrant(world.db, TEST_TENANT, grant.id)).status).toBe('active');
  await advance(clockId, '2027-01-11');
  expect((await getCreditGrant(world.db, TEST_TENANT, grant.id)).status).toBe('ended');
  await advance(clockId, '2027-02-02');
  expect((await world.entries(grant.id)).map(({ kind }) => kind)).toEqual(['granted', 'expired']);
  await keep('credit-grant-ends', id);
}, 120_000);

test('a run continues as new after twelve periods, and the next one goes on in their order', async () => {
  const { id, clockId } = await subscribed();
  await advance(clockId, '2028-01-02');
  // The clock is ready once the twelfth period is closed; the run, only then at rest, continues a moment later.
  await until(id, ({ periodsEnded, view }) => periodsEnded === 0 && view?.period?.number === 12);
  await advance(clockId, '2028-02-02');
  await cancelSubscription(world.db, TEST_TENANT, { ...of(id), at: 'now' });
  await advance(clockId, '2028-02-03');
  await completed(id);
  expect(await told(id)).toEqual([
    ...Array.from({ length: 13 }, (_, period) => `${period} period_end open 20.00`),
    expect.stringMatching(/^13 cancel open /),
  ]);
  const { events } = await workers.client.workflow.getHandle(id).fetchHistory();
  expect(events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId).toBeTruthy();
  await keep('second-run-after-twelve-periods', id);
}, 120_000);

test('one whose clock is deleted is over: its workflow completes with its draft left', async () => {
  const { id, clockId } = await subscribed();
  await advance(clockId, '2027-02-01T00:30:00Z');
  await deleteTestClock(world.db, TEST_TENANT, clockId);
  await completed(id);
  expect(await told(id)).toEqual(['0 period_end draft 20.00']);
  await keep('clock-deleted', id);
}, 120_000);

/** A subscription that stands still: January cannot be rated. */
async function stuck() {
  const life = await subscribed({}, await world.plan([HUGE]));
  await overuse(world, life.customer, '2027-01-05');
  await advance(life.clockId, '2027-03-02');
  await until(life.id, ({ view }) => view?.attention != null);
  return life;
}

test('a retry after its cause is gone carries out what was missed', async () => {
  const { id, clockId, customer } = await stuck();
  await correct(world, customer, '2027-01-06');
  await retrySubscription(world.db, TEST_TENANT, of(id));
  await until(id, ({ view }) => view?.attention === null);
  await advance(clockId, '2027-04-02');
  expect((await world.invoices(id)).map(({ periodNumber, status }) => [periodNumber, status])).toEqual([
    [0, 'open'],
    [1, 'paid'],
    [2, 'paid'],
  ]);
  await keep('retried-after-attention', id);
}, 120_000);

test('the void of a draft that cannot be rated waives its period and lets the others be billed', async () => {
  const { id, clockId } = await stuck();
  const [draft] = await world.invoices(id);
  await voidInvoice(world.db, TEST_TENANT, { invoiceId: draft?.id ?? '', reason: null });
  await until(id, ({ view }) => view?.attention === null);
  await advance(clockId, '2027-04-02');
  expect((await world.invoices(id)).map(({ periodNumber, status }) => [periodNumber, status])).toEqual([
    [0, 'void'],
    [1, 'paid'],
    [2, 'paid'],
  ]);
  await keep('stalled-draft-voided', id);
}, 120_000);
