import { Failure } from '../domain/errors/failure.ts';
import type { Tenant, Transaction } from '../storage/database.ts';
import { shareTestClock, type TestClockRow } from '../storage/test-clocks.ts';

/**
 * The clock that a customer is to be put on. Its row stays shared until the transaction ends, so it can neither begin
 * to advance nor be deleted meanwhile; customers come before clocks in the lock order.
 *
 * @throws Failure `test_mode_only`, `not_found` for an unknown clock, `test_clock_advancing`
 */
export async function attachableClock(tx: Transaction, tenant: Tenant, clockId: string): Promise<TestClockRow> {
  const param = 'test_clock_id';
  if (tenant.livemode) throw new Failure('test_mode_only', 'Test clocks exist only for test keys.', { param });
  const clock = await shareTestClock(tx, tenant, clockId);
  if (clock === null) throw new Failure('not_found', 'No test clock with this id exists.', { param });
  if (clock.status === 'advancing')
    throw new Failure('test_clock_advancing', 'The test clock is advancing.', { param });
  return clock;
}
