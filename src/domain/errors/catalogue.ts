import { MONEY_CODES } from './money-codes.ts';

/** The types that the published reference fixes, each with its HTTP status. */
export const STATUS_OF_TYPE = {
  invalid_request: 400,
  unauthorized: 401,
  not_found: 404,
  conflict: 409,
  rate_limited: 429,
  internal_error: 500,
} as const;

export type ErrorType = keyof typeof STATUS_OF_TYPE;

export interface CatalogueEntry {
  readonly type: ErrorType;
  /** Only where it is not the type's: 503 while a dependency is down. */
  readonly status?: 503;
  /** One sentence: what the code means. */
  readonly meaning: string;
  /** One or two sentences: what the caller does about it. */
  readonly fix: string;
}

/** Every code that the product can answer with. Each has a page under /docs/errors/<code>, made from this catalogue. */
export const ERRORS = {
  invalid_body: {
    type: 'invalid_request',
    meaning: 'The request has faults; `details` names each with its path.',
    fix: 'Correct every field that `details` names and send the request again.',
  },
  malformed_json: {
    type: 'invalid_request',
    meaning: 'The body is not JSON.',
    fix: 'Send one JSON object in UTF-8 with the header `Content-Type: application/json`.',
  },
  malformed_request: {
    type: 'invalid_request',
    meaning:
      'The request is no HTTP that can be read: its head has more than 16 kB or is broken, or it came too slowly.',
    fix: 'Shorten the URL and the headers; send the head within 10 s and the whole within 30 s.',
  },
  body_too_large: {
    type: 'invalid_request',
    meaning: 'The body is larger than 5 MB.',
    fix: 'Split it, for instance into several batches of at most 1,000 events.',
  },
  body_too_deep: {
    type: 'invalid_request',
    meaning: 'The body is nested more than 8 levels deep.',
    fix: 'Flatten it.',
  },
  invalid_query: {
    type: 'invalid_request',
    meaning: 'A query parameter is unknown or has a wrong value; `details` names each.',
    fix: 'Correct the parameters that `details` names.',
  },
  invalid_cursor: {
    type: 'invalid_request',
    meaning: 'The cursor was not made by this server for this list and these filters.',
    fix: 'Pass `next_cursor` unchanged, with the same filters, or start at the first page.',
  },
  currency_mismatch: {
    type: 'invalid_request',
    meaning: 'The currencies of the customer and the plan differ.',
    fix: 'Subscribe the customer to a plan in its own currency.',
  },
  mixed_tax_rates: {
    type: 'invalid_request',
    meaning: 'A customer or the account would have inclusive tax rates beside exclusive ones.',
    fix: 'Give it rates of one kind: all contained in the prices, or all on top of them.',
  },
  ...MONEY_CODES,
  amount_too_large: {
    type: 'invalid_request',
    meaning: 'A computed quantity or amount has more than 60 integer digits.',
    fix: 'Lower the quantities or the prices.',
  },
  unsupported_field: {
    type: 'invalid_request',
    meaning: 'The field or value belongs to a feature that this version does not have.',
    fix: 'Leave it out.',
  },
  test_mode_only: {
    type: 'invalid_request',
    meaning: 'Test clocks exist only for test keys.',
    fix: 'Use a key that starts with `fp_test_`.',
  },
  missing_key: {
    type: 'unauthorized',
    meaning: 'The request carries no API key.',
    fix: 'Send the header `Authorization: Bearer fp_test_…`.',
  },
  invalid_key: {
    type: 'unauthorized',
    meaning: 'The API key is unknown or revoked.',
    fix: 'Check the key; make a new one with `durabill keys create`.',
  },
  key_not_permitted: {
    type: 'unauthorized',
    meaning: "The key's role does not allow this call.",
    fix: 'Use a key with the role admin, or read for GET requests.',
  },
  insecure_live_key: {
    type: 'unauthorized',
    meaning: 'Live keys are accepted over plain HTTP only from loopback.',
    fix: 'Use HTTPS, or a proxy that the server is told to trust.',
  },
  not_found: {
    type: 'not_found',
    meaning: 'Nothing with this id exists for this key.',
    fix: 'Check the id and whether it was made with a test or a live key.',
  },
  unknown_route: {
    type: 'not_found',
    meaning: 'No endpoint has this method and path.',
    fix: 'See /openapi.json for the endpoints.',
  },
  idempotency_conflict: {
    type: 'conflict',
    meaning: 'An event with this idempotency key and other content exists; it stays as it is.',
    fix: 'Use a new idempotency key for a new event; send the same content to repeat the old one.',
  },
  idempotency_key_reused: {
    type: 'conflict',
    meaning: 'This Idempotency-Key was used with another request.',
    fix: 'Use a new key for each new request.',
  },
  idempotency_key_in_flight: {
    type: 'conflict',
    meaning: 'The first request with this Idempotency-Key is still running.',
    fix: 'Wait for the seconds in Retry-After and send it again.',
  },
  already_exists: {
    type: 'conflict',
    meaning: 'An object with this natural key exists.',
    fix: 'Use the existing object or another key.',
  },
  customer_has_live_subscription: {
    type: 'conflict',
    meaning: 'The customer still has a subscription that is not canceled.',
    fix: 'Cancel its subscriptions first.',
  },
  customer_has_subscription: {
    type: 'conflict',
    meaning: 'A customer that has a subscription, or had one, keeps its test clock.',
    fix: 'Use another customer.',
  },
  customer_archived: {
    type: 'conflict',
    meaning: 'The customer is archived.',
    fix: 'Use another customer.',
  },
  tax_rate_archived: {
    type: 'conflict',
    meaning: 'The tax rate was replaced by another.',
    fix: 'Use the rate that its `replaced_by` names.',
  },
  currency_fixed: {
    type: 'conflict',
    meaning: "The customer's currency was fixed by its first subscription.",
    fix: 'Use another customer for another currency.',
  },
  plan_archived: {
    type: 'conflict',
    meaning: 'The plan is archived and takes no new subscriptions.',
    fix: 'Use another plan.',
  },
  not_canceling: {
    type: 'conflict',
    meaning: 'The subscription has no planned cancellation that could be taken back.',
    fix: 'Nothing is to be done: it goes on.',
  },
  not_paused: {
    type: 'conflict',
    meaning: 'The subscription is not paused.',
    fix: 'Look at its status; only a paused subscription can be resumed.',
  },
  subscription_ended: {
    type: 'conflict',
    meaning: 'The subscription has ended.',
    fix: 'Make a new subscription.',
  },
  no_running_period: {
    type: 'conflict',
    meaning: 'The subscription has no running period: it is scheduled, in trial, paused or canceled.',
    fix: 'Read its `status`; there is something to invoice once its first period runs.',
  },
  needs_attention: {
    type: 'conflict',
    meaning: 'The subscription stands still because a period could not be rated.',
    fix: 'See its `attention`. Mend the cause and call `/retry`, or void the draft of that period, which waives it.',
  },
  needs_no_attention: {
    type: 'conflict',
    meaning: 'The subscription does not stand still, and nothing of it is overdue.',
    fix: 'Nothing needs to be done: its workflow was told to look again all the same.',
  },
  catching_up: {
    type: 'conflict',
    meaning: 'The customer has more due billing steps than one request carries out.',
    fix: 'Wait for the seconds in Retry-After and send the request again.',
  },
  test_clock_advancing: {
    type: 'conflict',
    meaning: 'The test clock of this customer is advancing.',
    fix: 'Wait until its status is `ready`.',
  },
  invoice_not_draft: {
    type: 'conflict',
    meaning: 'Only a draft can be finalized.',
    fix: 'Read the invoice: it is finalized or void.',
  },
  invoice_already_void: {
    type: 'conflict',
    meaning: 'The invoice is void already.',
    fix: 'Nothing needs to be done.',
  },
  earlier_invoice_is_draft: {
    type: 'conflict',
    meaning: 'Closing invoices finalize in the order of their periods, and an earlier one is still a draft.',
    fix: 'Finalize the earlier draft first.',
  },
  newer_invoice_exists: {
    type: 'conflict',
    meaning: 'Only the newest live invoice of a period can be voided.',
    fix: 'Void the newer invoice of the same period first.',
  },
  grant_ended: {
    type: 'conflict',
    meaning: 'The credit grant has ended.',
    fix: 'Issue a new grant.',
  },
  last_admin_key: {
    type: 'conflict',
    meaning: 'This is the last admin key of its mode.',
    fix: 'Make another admin key first.',
  },
  rate_limited: {
    type: 'rate_limited',
    meaning: 'This key has sent more requests than its limit.',
    fix: 'Wait for the seconds in Retry-After.',
  },
  internal_error: {
    type: 'internal_error',
    meaning: 'The server failed; the request may be repeated with the same idempotency key.',
    fix: 'Repeat it. If it goes on, report the request id.',
  },
  database_unavailable: {
    type: 'internal_error',
    status: 503,
    meaning: 'PostgreSQL cannot be reached.',
    fix: 'Wait for the seconds in Retry-After; /readyz tells when it is back.',
  },
  temporal_unavailable: {
    type: 'internal_error',
    status: 503,
    meaning: 'Temporal cannot be reached, and this call needs it.',
    fix: 'Wait for the seconds in Retry-After; /readyz tells when it is back.',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** HTTP status of a code. */
export function statusOf(code: ErrorCode): number {
  const entry: CatalogueEntry = ERRORS[code];
  return entry.status ?? STATUS_OF_TYPE[entry.type];
}
