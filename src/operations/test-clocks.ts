import { Failure, invalidField } from '../domain/errors/failure.ts';
import type { Id } from '../domain/ids.ts';
import type { Instant } from '../domain/instant.ts';
import { type BillingCustomer, lockBillingCustomer } from '../storage/billing-customers.ts';
import type { Database, Tenant } from '../storage/database.ts';
import { insertNudges, selectClockLateNudges } from '../storage/outbox.ts';
import { noteHistory } from '../storage/subscription-history.ts';
import {
  countClockWork,
  endClockCustomers,
  hasClockWork,
  insertTestClock,
  lockTestClock,
  markClockAdvancing,
  markClockDeleted,
  markClockReady,
  selectClockCustomers,
  selectClockCustomersWithDueGrants,
  selectClockSubscriptionsDue,
  selectTestClock,
  selectTestClockPage,
  type TestClockRow,
} from '../storage/test-clocks.ts';
import { carryOutDue } from './billing/due-steps.ts';
import { noteLateUsage } from './note-late-usage.ts';

/** A clock with how far its advance has come; counted in subscriptions, those under way by the time they have come through. */
export interface TestClockProgress extends TestClockRow {
  readonly done: number;
  readonly total: number;
  readonly needsAttention: number;
}

/** Throws Failure `test_mode_only` for a live key. */
export async function createTestClock(
  db: Database,
  tenant: Tenant,
  input: {
    /** Of the caller's making: a repeat with the same one finds what the first attempt made. */
    readonly id: Id<'testClock'>;
    readonly name: string | null;
    readonly frozenAt: Instant;
    readonly metadata: Readonly<Record<string, string>>;
  },
): Promise<TestClockProgress> {
  requireTestMode(tenant);
  const { id, name, frozenAt } = input;
  await db.transaction((tx) =>
    insertTestClock(tx, tenant, { id, name, frozenAt, metadata: JSON.stringify(input.metadata) }),
  );
  return getTestClock(db, tenant, id);
}

/** Throws Failure `not_found`, `test_mode_only`. */
export async function getTestClock(db: Database, tenant: Tenant, id: string): Promise<TestClockProgress> {
  requireTestMode(tenant);
  const clock = await selectTestClock(db, tenant, id);
  if (clock === null) throw new Failure('not_found', `No test clock ${id}.`);
  return withProgress(db, tenant, clock);
}

export async function listTestClocks(
  db: Database,
  tenant: Tenant,
  page: Parameters<typeof selectTestClockPage>[2],
): Promise<TestClockProgress[]> {
  requireTestMode(tenant);
  const clocks = await selectTestClockPage(db, tenant, page);
  return Promise.all(clocks.map((clock) => withProgress(db, tenant, clock)));
}

/**
 * Moves a clock forward. Returns at once with status `advancing`; the workflows of its customers' subscriptions carry
 * out everything due on the way, each step at its own instant, and the last one makes the clock `ready`. Throws
 * Failure `not_found`, `test_mode_only`, `test_clock_advancing`, `invalid_body` for a target that is not later.
 */
export async function advanceTestClock(
  db: Database,
  tenant: Tenant,
  command: { readonly id: string; readonly frozenAt: Instant },
): Promise<TestClockProgress> {
  requireTestMode(tenant);
  const { id, frozenAt } = command;
  // Late usage that the relay has not told its workflow yet is due on the way, too.
  for (const { subscriptionId } of await selectClockLateNudges(db, tenant, id)) {
    await noteLateUsage(db, tenant, subscriptionId);
  }
  await db.transaction(async (tx) => {
    const clock = await lockTestClock(tx, tenant, id);
    if (clock === null) throw new Failure('not_found', `No test clock ${id}.`);
    if (clock.status === 'advancing') throw new Failure('test_clock_advancing', `Test clock ${id} is advancing.`);
    if (frozenAt <= clock.frozenAt) {
      throw invalidField('frozen_time', 'A test clock moves forward only: frozen_time must be later than it is now.');
    }
    const due = await selectClockSubscriptionsDue(tx, tenant, { id, frozenAt });
    await markClockAdvancing(tx, { tenant, id }, { frozenAt, progressTotal: due.length });
    await insertNudges(
      tx,
      tenant,
      due.map((each) => each.subscriptionId),
    );
  });
  await settleTestClock(db, tenant, id);
  return getTestClock(db, tenant, id);
}

/**
 * Makes an advancing clock ready if nothing is due at its time any more. Run after each turn of a subscription on it;
 * the lock on the clock's row lets the later of two last turns see both.
 */
export async function settleTestClock(db: Database, tenant: Tenant, id: string): Promise<void> {
  for (;;) {
    const customersWithGrants = await db.transaction(async (tx) => {
      const clock = await lockTestClock(tx, tenant, id);
      if (clock === null || clock.status !== 'advancing') return null;
      if (await hasClockWork(tx, tenant, clock)) return null;
      const customers = await selectClockCustomersWithDueGrants(tx, tenant, clock);
      if (customers.length > 0) return customers.map(({ customerId }) => ({ customerId, asOf: clock.frozenAt }));
      await markClockReady(tx, { tenant, id });
      return null;
    });
    if (customersWithGrants === null) return;
    for (const { customerId, asOf } of customersWithGrants) await carryOutDue(db, { tenant, customerId, asOf });
  }
}

/**
 * For who waits until a clock has arrived: carries out what is due for one of its customers, and settles the clock if
 * that was the last. Its workflow would do so itself if it did not wait; without it an advance would never end.
 */
export async function keepPace(db: Database, tenant: Tenant, customer: BillingCustomer): Promise<void> {
  const { testClockId, clockFrozenAt, clockStatus } = customer;
  if (testClockId === null || clockFrozenAt === null || clockStatus !== 'advancing') return;
  await carryOutDue(db, { tenant, customerId: customer.id, asOf: clockFrozenAt });
  await settleTestClock(db, tenant, testClockId);
}

/** Ends the clock's subscriptions without invoices and archives its customers; rows stay (billing rules 7). */
export async function deleteTestClock(db: Database, tenant: Tenant, id: string): Promise<TestClockProgress> {
  requireTestMode(tenant);
  return db.transaction(async (tx) => {
    // Customers come first in the lock order, the clock's row after them.
    const customers = await selectClockCustomers(tx, tenant, id);
    for (const { customerId } of customers) await lockBillingCustomer(tx, tenant, customerId);
    const clock = await lockTestClock(tx, tenant, id);
    if (clock === null) throw new Failure('not_found', `No test clock ${id}.`);
    const ended = await endClockCustomers(tx, tenant, clock);
    for (const { subscriptionId } of ended) {
      noteHistory(tx, { tenant, id: subscriptionId }, { kind: 'clock_deleted', at: clock.frozenAt });
    }
    const deletedAt = await markClockDeleted(tx, { tenant, id });
    await insertNudges(
      tx,
      tenant,
      ended.map((each) => each.subscriptionId),
    );
    return { ...clock, status: 'ready' as const, deletedAt, done: 0, total: 0, needsAttention: 0 };
  });
}

async function withProgress(db: Database, tenant: Tenant, clock: TestClockRow): Promise<TestClockProgress> {
  const work = await countClockWork(db, tenant, clock);
  const isAdvancing = clock.status === 'advancing';
  const total = Math.max(clock.progressTotal, isAdvancing ? work.waiting : 0);
  return { ...clock, done: total - (isAdvancing ? work.left : 0), total, needsAttention: work.needsAttention };
}

function requireTestMode(tenant: Tenant): void {
  if (tenant.livemode) throw new Failure('test_mode_only', 'Test clocks exist only for test keys.');
}
