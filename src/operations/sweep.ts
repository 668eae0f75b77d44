import { selectDatabaseTime } from '../storage/billing-customers.ts';
import { selectCustomersWithDueGrants } from '../storage/credit-grants.ts';
import type { Database } from '../storage/database.ts';
import { selectAdvancingClocks } from '../storage/test-clocks.ts';
import { carryOutDue } from './billing/due-steps.ts';
import { settleTestClock } from './test-clocks.ts';

/** Customers of one sweep; what is left waits for the next. */
const BATCH = 500;

/**
 * Does what no subscription's alarm comes to: ends the grants of customers whose subscriptions are over or stand still
 * (billing rules 5), and settles test clocks whose advance lost its last turn to a crash. Repeatable; `afterEach` runs
 * between customers, for heartbeats.
 */
export async function sweep(db: Database, livemode: boolean, afterEach: () => void = () => {}): Promise<void> {
  const asOf = await selectDatabaseTime(db);
  for (const { accountId, customerId } of await selectCustomersWithDueGrants(db, { livemode, asOf, limit: BATCH })) {
    await carryOutDue(db, { tenant: { accountId, livemode }, customerId, asOf });
    afterEach();
  }
  // Clocks exist in test mode only.
  if (livemode) return;
  for (const { accountId, clockId } of await selectAdvancingClocks(db)) {
    await settleTestClock(db, { accountId, livemode }, clockId);
    afterEach();
  }
}
