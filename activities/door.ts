import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { Failure } from '../src/domain/errors/failure.ts';

const HEARTBEAT_MS = 4_000;
/** Expected failures that pass by themselves; every other one is for an operator, and retrying it is noise. */
const RETRYABLE = new Set<Failure['code']>([
  'catching_up',
  'test_clock_advancing',
  'database_unavailable',
  'temporal_unavailable',
]);

/**
 * Runs one operation for a workflow: heartbeats while it lasts, so that a killed worker is noticed within seconds,
 * and tells failures that no retry mends from those (outages, lock time-outs) that one does.
 */
export async function throughDoor<Result>(operation: () => Promise<Result>): Promise<Result> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
  try {
    return await operation();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw ApplicationFailure.create({
      message: error.message,
      type: error.code,
      nonRetryable: !RETRYABLE.has(error.code),
      cause: error,
    });
  } finally {
    clearInterval(timer);
  }
}
