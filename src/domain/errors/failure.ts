import type { ErrorCode } from './catalogue.ts';
import type { FaultCode } from './fault-codes.ts';

/** One fault of a request: `param` is a path such as `events[3].timestamp`. */
export interface Fault {
  readonly param: string | null;
  /** Has a page under /docs/errors. */
  readonly code: FaultCode | ErrorCode;
  readonly message: string;
}

interface FailureContext {
  readonly param?: string | null;
  readonly details?: readonly Fault[];
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** An expected failure that a caller can act on; everything else thrown is a defect or an outage. */
export class Failure extends Error {
  readonly code: ErrorCode;
  readonly param: string | null;
  readonly details: readonly Fault[];
  readonly retryAfterSeconds: number | null;

  constructor(code: ErrorCode, message: string, context: FailureContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.name = 'Failure';
    this.code = code;
    this.param = context.param ?? context.details?.[0]?.param ?? null;
    this.details = context.details ?? [];
    this.retryAfterSeconds = context.retryAfterSeconds ?? null;
  }
}

/** The failure of a request with one field that a rule refuses, as a schema would have reported it. */
export function invalidField(param: string, message: string): Failure {
  return new Failure('invalid_body', message, { details: [{ param, code: 'invalid_value', message }] });
}
