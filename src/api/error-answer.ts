import { ERRORS, type ErrorCode, statusOf } from '../domain/errors/catalogue.ts';
import { Failure } from '../domain/errors/failure.ts';
import { UnrateableError } from '../domain/rating/unrateable.ts';
import { isDatabaseOutage, sqlState } from '../storage/database-outage.ts';

const OUTAGE_RETRY_SECONDS = 1;

/** SQLSTATEs that mean the request, not the server: a race lost to another request, or a value no column takes. */
const FAILURES_BY_STATE: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  '23505': ['already_exists', 'An object with the same natural key was made at the same time.'],
  '23503': ['not_found', 'An object that the request refers to is gone.'],
  '22003': ['invalid_body', 'A number is larger than what can be stored.'],
  '22021': ['invalid_body', 'A text has a character that cannot be stored.'],
  '22P05': ['invalid_body', 'A text has a character that cannot be stored.'],
};

/** The failure to answer with. Anything unexpected becomes `internal_error`, and tells nothing of its inside. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof UnrateableError) return new Failure('amount_too_large', error.message, { cause: error });
  if (isDatabaseOutage(error)) {
    const retryAfterSeconds = OUTAGE_RETRY_SECONDS;
    return new Failure('database_unavailable', 'PostgreSQL cannot be reached.', { cause: error, retryAfterSeconds });
  }
  const known = FAILURES_BY_STATE[sqlState(error) ?? ''];
  if (known !== undefined) return new Failure(known[0], known[1], { cause: error });
  const retryAfterSeconds = TRANSIENT_STATES.has(sqlState(error) ?? '') ? { retryAfterSeconds: 1 } : {};
  return new Failure('internal_error', 'The server failed.', { cause: error, ...retryAfterSeconds });
}

/** PostgreSQL gave up for the sake of others: a deadlock, a lock or a statement that took too long. */
const TRANSIENT_STATES = new Set(['40001', '40P01', '55P03', '57014']);

interface ErrorContext {
  readonly requestId: string;
  /** Base of this server's URLs, such as `https://billing.example.org`. */
  readonly baseUrl: string;
}

/**
 * The error envelope of the API. A `not_found` always reads the same: what belongs to another account or mode must look
 * exactly like what does not exist.
 */
export function errorBody(failure: Failure, context: ErrorContext) {
  const { type, fix } = ERRORS[failure.code];
  return {
    error: {
      type,
      code: failure.code,
      message: failure.code === 'not_found' ? ERRORS.not_found.meaning : failure.message,
      param: failure.param,
      details: failure.details,
      fix,
      doc_url: `${context.baseUrl}/docs/errors/${failure.code}`,
      request_id: context.requestId,
    },
  };
}

export function errorHeaders(failure: Failure): Record<string, string> {
  const needsWait = failure.retryAfterSeconds !== null || statusOf(failure.code) === 503;
  return needsWait ? { 'Retry-After': String(failure.retryAfterSeconds ?? OUTAGE_RETRY_SECONDS) } : {};
}
