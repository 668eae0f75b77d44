import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { formatInstant } from '../../src/domain/instant.ts';
import type { Actor } from '../../src/domain/subscription/history.ts';
import { cancelSubscription, uncancelSubscription } from '../../src/operations/cancel-subscription.ts';
import { changePlan, type ChangePlanCommand } from '../../src/operations/change-plan.ts';
import { listSubscriptionHistory } from '../../src/operations/list-subscription-history.ts';
import { pauseSubscription, resumeSubscription } from '../../src/operations/pause-subscription.ts';
import { retrySubscription } from '../../src/operations/retry-subscription.ts';
import { deleteTestClock } from '../../src/operations/test-clocks.ts';
import { triggerInvoice } from '../../src/operations/trigger-invoice.ts';
import { voidInvoice } from '../../src/operations/void-invoice.ts';
import type { HistoryRow } from '../../src/storage/subscription-history.ts';
import { insertPlanVersion } from '../../src/storage/plans.ts';
import { at, BillingWorld, CALLS, FEE, TEST_TENANT } from '../support/billing-world.ts';
import { expectInvariants } from '../support/invariants.ts';
import { correct, HUGE, overuse } from '../support/unrateable-usage.ts';

let world: BillingWorld;
beforeAll(async () => {
  world = await BillingWorld.create();
});
afterEach(() => expectInvariants(world.db));
afterAll(() => world.drop());

/** Oldest first. */
async function historyOf(subscriptionId: string): Promise<HistoryRow[]> {
  const page = { subscriptionId, before: null, limit: 1_000 };
  return (await listSubscriptionHistory(world.db, TEST_TENANT, page)).toReversed();
}

/** Each row as `kind at`, with the day of an instant at midnight; behind the first `skipped` rows. */
async function told(subscriptionId: string, skipped = 0): Promise<string[]> {
  return (await historyOf(subscriptionId))
    .slice(skipped)
    .map((row) => `${row.kind} ${formatInstant(row.at).replace('T00:00:00Z', '').slice(0, 13)}`);
}

async function subscribed(dates: { start?: string; trialEnd?: string } = {}, charges = [FEE, CALLS]) {
  const clockId = await world.clock('2027-01-01');
  const customer = await world.customer({ clockId });
  const planId = await world.plan(charges);
  const { id } = await world.subscribe(customer, planId, dates);
  const command = { subscriptionId: id };
  return {
    clockId,
    customer,
    planId,
    id,
    to: async (time: string) => {
      await world.turn(customer, time);
      await world.setClock(clockId, time);
    },
    pause: (when: 'now' | 'period_end') => pauseSubscription(world.db, TEST_TENANT, { ...command, at: when }),
    resume: (when: 'now' | { instant: ReturnType<typeof at> }) =>
      resumeSubscription(world.db, TEST_TENANT, { ...command, at: when }),
    cancel: (when: 'now' | 'period_end') => cancelSubscription(world.db, TEST_TENANT, { ...command, at: when }),
    change: (change: Partial<ChangePlanCommand>) =>
      changePlan(world.db, TEST_TENANT, {
        ...command,
        planId,
        planVersion: null,
        at: 'now',
        proration: 'by_time',
        ...change,
      }),
  };
}

describe('a history tells in order', () => {
  test('a start to come, a trial, periods with their invoices, and the end', async () => {
    const one = await subscribed({ start: '2027-01-10', trialEnd: '2027-02-01' });
    expect(await told(one.id)).toEqual(['created 2027-01-01']);
    await one.to('2027-03-02');
    await one.cancel('now');
    expect(await told(one.id, 1)).toEqual([
      'trial_started 2027-01-10',
      'trial_ended 2027-02-01',
      'period_opened 2027-02-01',
      'period_opened 2027-03-01',
      'invoice_drafted 2027-03-01',
      'invoice_finalized 2027-03-01T01',
      'period_closed 2027-03-01T01',
      'invoice_drafted 2027-03-02',
      'canceled 2027-03-02',
    ]);
    const [invoice] = await world.invoices(one.id);
    const row = (await historyOf(one.id)).find(({ kind }) => kind === 'period_closed');
    expect(row).toMatchObject({ periodNumber: 0, invoiceId: invoice?.id, invoiceNumber: invoice?.number });
  });

  test('the trial and the periods that lie before the making of a subscription, which are caught up', async () => {
    const one = await subscribed({ start: '2026-10-01', trialEnd: '2026-11-15' });
    await one.to('2027-01-01T02:00:00Z');
    expect((await told(one.id)).slice(0, 5)).toEqual([
      'created 2027-01-01',
      'trial_started 2026-10-01',
      'trial_ended 2026-11-15',
      'period_opened 2026-11-15',
      'period_opened 2026-12-15',
    ]);
    expect((await historyOf(one.id)).at(-1)).toMatchObject({ kind: 'period_closed', cause: 'catch_up' });
  });

  test('a pause that was planned, taken back and taken, and a resume on a day', async () => {
    const one = await subscribed();
    await one.pause('period_end');
    await one.resume('now');
    await one.pause('now');
    await one.resume({ instant: at('2027-01-20') });
    await one.to('2027-01-20');
    expect(await told(one.id, 2)).toEqual([
      'pause_scheduled 2027-01-01',
      'pause_withdrawn 2027-01-01',
      'invoice_drafted 2027-01-01',
      'paused 2027-01-01',
      'resume_scheduled 2027-01-01',
      'invoice_finalized 2027-01-01T01',
      'period_closed 2027-01-01T01',
      'resumed 2027-01-20',
      'period_opened 2027-01-20',
    ]);
    const scheduled = (await historyOf(one.id)).filter(({ effectiveAt, kind }) => effectiveAt && /_sch/.test(kind));
    expect(scheduled.map(({ effectiveAt }) => effectiveAt)).toEqual([at('2027-02-01'), at('2027-01-20')]);
  });

  test('a move to another plan now, and to another version with the next period', async () => {
    const one = await subscribed();
    await one.to('2027-01-11');
    const planId = await world.plan([FEE]);
    await one.change({ planId });
    await world.db.query({ name: 'v2', text: 'update plans set latest_version = 2 where id = $1', values: [planId] });
    await world.db.transaction((tx) =>
      insertPlanVersion(tx, TEST_TENANT, { planId, version: 2, charges: [], minimumAmount: null }),
    );
    await one.change({ planId, at: 'period_end' });
    await one.change({ planId, planVersion: 1 });
    await one.change({ planId, at: 'period_end' });
    await one.to('2027-02-01');
    const rows = (await historyOf(one.id)).slice(2).map((row) => [row.kind, row.cause, row.planVersion]);
    expect(rows.filter(([kind]) => !String(kind).startsWith('invoice'))).toEqual([
      ['plan_changed', 'command', 1],
      ['period_opened', 'command', 1],
      ['plan_change_scheduled', 'command', 2],
      ['plan_change_withdrawn', 'command', 1],
      ['plan_change_scheduled', 'command', 2],
      ['period_closed', 'catch_up', null],
      ['version_moved', 'catch_up', 2],
      ['period_opened', 'catch_up', 2],
    ]);
  });

  test('what was asked for: an interim, its void, and an invoice that was issued again', async () => {
    const one = await subscribed();
    await world.events(one.customer, { time: '2027-01-01', count: 2 });
    await one.to('2027-01-11');
    await triggerInvoice(world.db, TEST_TENANT, { subscriptionId: one.id, triggerId: 't' });
    const [interim] = await world.invoices(one.id);
    await voidInvoice(world.db, TEST_TENANT, { invoiceId: interim?.id ?? '', reason: 'asked for' });
    await one.to('2027-02-01T02:00:00Z');
    const closing = (await world.invoices(one.id)).find(({ kind }) => kind === 'closing');
    await voidInvoice(world.db, TEST_TENANT, { invoiceId: closing?.id ?? '', reason: null, reissue: true });
    const rows = (await historyOf(one.id)).filter(({ kind }) => /^invoice|closed/.test(kind));
    expect(rows.map((row) => [row.kind, row.cause, row.invoiceNumber, row.message])).toEqual(
      [
        ['invoice_finalized', 'trigger', 'INV-000006', null],
        ['invoice_voided', 'command', 'INV-000006', 'asked for'],
        ['invoice_drafted', 'catch_up', null, null],
        ['invoice_finalized', 'catch_up', 'INV-000007', null],
        ['period_closed', 'catch_up', 'INV-000007', null],
        ['invoice_voided', 'command', 'INV-000007', null],
        ['invoice_reissued', 'command', null, null],
        ['invoice_finalized', 'command', 'INV-000008', null],
      ].map(([kind, cause, number, message]) => [kind, cause, number === null ? null : expect.any(String), message]),
    );
  });

  test('that it stood still, each retry, and the period that was waived in the end', async () => {
    const one = await subscribed({}, [HUGE]);
    await overuse(world, one.customer, '2027-01-02');
    await one.to('2027-02-01T02:00:00Z');
    await retrySubscription(world.db, TEST_TENANT, { subscriptionId: one.id });
    const [draft] = await world.invoices(one.id);
    await voidInvoice(world.db, TEST_TENANT, { invoiceId: draft?.id ?? '', reason: 'a mistake' });
    await correct(world, one.customer, '2027-01-03');
    expect(await told(one.id, 3)).toEqual([
      'invoice_drafted 2027-02-01',
      'needs_attention 2027-02-01',
      'retried 2027-02-01T02',
      'needs_attention 2027-02-01T02',
      'invoice_voided 2027-02-01T02',
      'waived 2027-02-01T02',
      'period_closed 2027-02-01T02',
    ]);
    expect((await historyOf(one.id))[4]?.message).toContain('61 integer digits');
  });

  test('that the test clock was deleted', async () => {
    const one = await subscribed();
    const { id: other } = await world.subscribe(one.customer, one.planId);
    await deleteTestClock(world.db, TEST_TENANT, one.clockId);
    expect([(await told(one.id)).at(-1), (await told(other)).at(-1)]).toEqual(
      Array(2).fill('clock_deleted 2027-01-01'),
    );
  });
});

describe('nothing is told twice', () => {
  test('by commands that ask for what is planned already', async () => {
    const one = await subscribed();
    const planId = await world.plan([FEE]);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await one.change({ planId, at: 'period_end' });
      await one.pause('period_end');
      await one.cancel('period_end');
    }
    expect(await told(one.id, 2)).toEqual([
      'plan_change_scheduled 2027-01-01',
      'pause_scheduled 2027-01-01',
      'cancellation_scheduled 2027-01-01',
    ]);
    await uncancelSubscription(world.db, TEST_TENANT, one.id);
    await expect(uncancelSubscription(world.db, TEST_TENANT, one.id)).rejects.toThrow('no planned cancellation');
    expect((await told(one.id)).filter((row) => row.startsWith('cancellation_withdrawn'))).toHaveLength(1);
  });

  test('by turns that come to the same from many sides, and by a trigger that is repeated', async () => {
    const one = await subscribed();
    await world.events(one.customer, { time: '2027-01-01', count: 2 });
    await one.to('2027-01-11');
    const trigger = { subscriptionId: one.id, triggerId: 'once' };
    await Promise.all(Array.from({ length: 6 }, () => triggerInvoice(world.db, TEST_TENANT, trigger)));
    await Promise.all(Array.from({ length: 6 }, () => world.turn(one.customer, '2027-06-01T02:00:00Z')));
    const rows = await historyOf(one.id);
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1));
    // Created, the first period, the interim; then five periods.
    expect(rows).toHaveLength(3 + 5 * 4);
    await world.turn(one.customer, '2027-06-01T02:00:00Z');
    expect(await historyOf(one.id)).toEqual(rows);
  });
});

test('what was rolled back never happened', async () => {
  const one = await subscribed();
  const before = await historyOf(one.id);
  await world.db.pool.query(`
    create function spoil() returns trigger language plpgsql as $$ begin raise exception 'spoilt'; end $$;
    create trigger spoil before insert on invoices for each row execute function spoil()`);
  await expect(one.cancel('now')).rejects.toThrow('spoilt');
  await world.db.pool.query('drop function spoil cascade');
  expect(await historyOf(one.id)).toEqual(before);
});

test('a row is never changed and never removed', async () => {
  await subscribed();
  for (const statement of ["update subscription_history set message = 'x'", 'delete from subscription_history']) {
    await expect(world.db.pool.query(statement)).rejects.toThrow('never changed');
  }
});

test('a row says who did it: the one in whose name the database was used', async () => {
  const one = await subscribed();
  const actors: readonly Actor[] = [
    { type: 'api_key', id: 'key_1', role: 'admin' },
    { type: 'signal', id: one.id, runId: 'run' },
    { type: 'reconciler', id: 'reconcile', runId: 'run' },
  ];
  for (const [index, actor] of actors.entries()) {
    const asOf = `2027-0${index + 2}-01`;
    await world.setClock(one.clockId, asOf);
    const plan = { planId: await world.plan([FEE]), planVersion: null, proration: 'by_time' as const };
    const command = { subscriptionId: one.id, at: 'period_end' as const, ...plan };
    await changePlan(world.db.onBehalfOf(actor), TEST_TENANT, command);
  }
  const rows = (await historyOf(one.id)).filter(({ kind }) => kind === 'plan_change_scheduled');
  expect(rows.map(({ actorType, actorId, actorRole, runId }) => [actorType, actorId, actorRole, runId])).toEqual([
    ['api_key', 'key_1', 'admin', null],
    ['signal', one.id, null, 'run'],
    ['reconciler', 'reconcile', null, 'run'],
  ]);
  // What was due before a command is done in the name of who commands, but not because it was commanded.
  expect((await historyOf(one.id)).find(({ periodNumber }) => periodNumber === 1)).toMatchObject({
    kind: 'period_opened',
    cause: 'catch_up',
    actorId: 'key_1',
  });
});
