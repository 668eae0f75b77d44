import { Failure } from '../domain/errors/failure.ts';
import type { Tenant, Transaction } from '../storage/database.ts';
import { shareTestClock, type TestClockRow } from '../storage/test-clocks.ts';

/**
 * The clock that a customer is to be put on. Its row stays shared until the transaction ends, so it can neither begin
 * to advance nor be deleted meanwhile; customers come before clocks in the lock order.
 *
 * @throws Failure `test_mode_only`, `invalid_body` for an unknown clock, `test_clock_advancing`
 */
export async function attachableClock(tx: Transaction, tenant: Tenant, clockId: string): Promise<TestClockRow> {
  const param = 'test_clock_id';
  if (tenant.livemode) throw new Failure('test_mode_only', 'Test clocks exist only for test keys.', { param });
  const clock = await shareTestClock(tx, tenant, clockId);
  if (clock === null) {
    const message = 'No test clock with this id exists.';
    throw new Failure('invalid_body', message, { param, details: [{ param, code: 'invalid_value', message }] });
  }
  if (clock.status === 'advancing')
    throw new Failure('test_clock_advancing', 'The test clock is advancing.', { param });
  return clock;
}
