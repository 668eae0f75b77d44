import { Context } from '@temporalio/activity';
import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import { Failure } from '../src/domain/errors/failure.ts';
import { isDatabaseOutage, sqlState } from '../src/storage/database-outage.ts';

const HEARTBEAT_MS = 4_000;
/** Expected failures that pass by themselves; every other one is for an operator, and retrying it is noise. */
const RETRYABLE = new Set<Failure['code']>([
  'catching_up',
  'test_clock_advancing',
  'database_unavailable',
  'temporal_unavailable',
]);

/** What nobody expected may be a fault of the moment; when it stays, its workflow says so and waits. */
const UNEXPECTED_ATTEMPTS = 4;
/** Classes of SQLSTATE that pass: rollbacks and deadlocks, a full server, locks, interventions, system errors. */
const PASSING_CLASSES = new Set(['40', '53', '55', '57', '58']);

/**
 * Runs one operation for a workflow: heartbeats while it lasts, so that a killed worker is noticed within seconds,
 * and tells failures that no retry mends from those (outages, lock time-outs) that one does. An unexpected error that
 * stays is made known instead of being retried unseen; the reconciler lets the workflow try again every minute.
 *
 * What the operation reports is what the next heartbeat says: one costs the server as much as the whole activity, so an
 * activity of milliseconds sends none.
 */
export async function throughDoor<Result>(
  operation: (report: (progress: string) => void) => Promise<Result>,
): Promise<Result> {
  const context = Context.current();
  let progress: string | undefined;
  const timer = setInterval(() => context.heartbeat(progress), HEARTBEAT_MS);
  try {
    return await operation((reached) => {
      progress = reached;
    });
  } catch (error) {
    if (!(error instanceof Failure)) {
      if (passes(error) || context.info.attempt < UNEXPECTED_ATTEMPTS) throw error;
      const message = error instanceof Error ? error.message : String(error);
      throw ApplicationFailure.create({ message, type: 'internal_error', nonRetryable: true });
    }
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

function passes(error: unknown): boolean {
  // Its own word on retries; a cancellation too.
  if (error instanceof TemporalFailure) return true;
  if (Context.current().cancellationSignal.aborted) return true;
  return isDatabaseOutage(error) || PASSING_CLASSES.has(sqlState(error)?.slice(0, 2) ?? '');
}
