/**
 * One declaration an endpoint, from which routing, validation and /openapi.json are made.
 *
 * To add a resource:
 * 1. `src/api/<resource>/schemas.ts`: request schemas from `closedObject` (refuses unknown fields) and the fields of
 *    `request-fields.ts`; answer schemas from `answerObject` and `answer-fields.ts`, each with `.meta({ id })`.
 * 2. `codec.ts`: from what operations and storage return to what the answer schema describes.
 * 3. `routes.ts`: `export const <resource>Endpoints = [endpoint({ … }), …]`. A handler gets parsed input, calls one
 *    operation (or one storage read) and answers `ok(…)`, `created(…)` or `answerPage(…)`; it throws `Failure` for
 *    everything else. Ids of new objects come from `call.newId(kind)`: with an Idempotency-Key a repeated request gets
 *    the same id, so its operation finds what an earlier attempt committed.
 * 4. `examples.ts`: one example an endpoint, which continues the story that the table tells (`example.ts`).
 * 5. Add the list to `endpoints.ts`. The tenancy matrix, the parity with the document and the fuzz tests follow the
 *    table; tests by status code belong to `test/api/<resource>`.
 */
import type * as z from 'zod';
import type { ErrorCode } from '../domain/errors/catalogue.ts';
import { type Fault, Failure } from '../domain/errors/failure.ts';
import type { Id, IdKind } from '../domain/ids.ts';
import type { Tenant } from '../storage/database.ts';
import { closedObject } from './closed-object.ts';
import type { ApiDeps } from './deps.ts';
import type { Example } from './example.ts';
import { zodFaults } from './faults.ts';

export type Role = 'admin' | 'ingest' | 'read';

/** The key that signed the request. */
export interface Caller {
  readonly keyId: string;
  readonly role: Role;
  readonly tenant: Tenant;
}

/** What the server adds to the parsed input. */
export interface CallContext {
  readonly deps: ApiDeps;
  readonly caller: Caller;
  readonly tenant: Tenant;
  readonly requestId: string;
  /** Canonical text of endpoint, tenant and filters, which cursors are bound to. */
  readonly listBinding: string;
  newId<K extends IdKind>(kind: K): Id<K>;
}

export interface Call<Query, Body> extends CallContext {
  /** The `{id}` of the path as it was sent; empty where the path has none. */
  readonly id: string;
  readonly query: Query;
  readonly body: Body;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** What a replay under the same Idempotency-Key gets instead of `body`: without secrets. */
  readonly replayBody?: unknown;
}

export function ok(body: unknown): Answer {
  return { status: 200, body };
}

export function created(body: unknown): Answer {
  return { status: 201, body };
}

/** Input as it came over the wire: JSON parsed exactly, query parameters as text. */
export interface RawInput {
  readonly id: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}

interface AnswerSpec {
  readonly description: string;
  readonly schema: z.ZodType;
}

interface EndpointFacts {
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  /** Under /v1, such as `/customers/{id}`. */
  readonly path: string;
  /** The least role that may call it; admin may call everything. */
  readonly role: Role;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** By status. */
  readonly answers: Readonly<Record<number, AnswerSpec>>;
  /** The codes that are particular to it; the ones of every endpoint are documented once. */
  readonly errors?: readonly ErrorCode[];
  /** Shown in /openapi.json and carried out by a test. */
  readonly example: Example;
  /** Whether Idempotency-Key is honoured; true for every POST but events, which carry keys of their own. */
  readonly takesIdempotencyKey?: boolean;
  readonly rateLimit?: 'ingestion' | 'other';
  /** It looks for unsafe text itself, because it must not refuse the whole body for a part of it. */
  readonly checksTextItself?: boolean;
}

interface EndpointSpec<Query extends z.ZodType, Body extends z.ZodType> extends EndpointFacts {
  /** `takesNothing` where it has no parameters; likewise `body`. */
  readonly query: Query;
  readonly body: Body;
  readonly handle: (call: Call<z.output<Query>, z.output<Body>>) => Promise<Answer>;
}

/** For endpoints without query parameters or without a body (`{}` and an empty body are the same). */
export const takesNothing = closedObject({});

/** An endpoint whose input types are closed over, so that endpoints of all kinds form one table. */
export interface Endpoint extends EndpointFacts {
  readonly querySchema: z.ZodType;
  readonly bodySchema: z.ZodType;
  readonly takesIdempotencyKey: boolean;
  readonly rateLimit: 'ingestion' | 'other';
  /**
   * Validates the input and returns the call itself, which has not begun.
   *
   * @throws Failure with all faults of query and body at once
   */
  readonly prepare: (input: RawInput) => (context: CallContext) => Promise<Answer>;
}

export function endpoint<Query extends z.ZodType, Body extends z.ZodType>(spec: EndpointSpec<Query, Body>): Endpoint {
  const { query, body, handle, ...facts } = spec;
  return {
    ...facts,
    querySchema: query,
    bodySchema: body,
    takesIdempotencyKey: spec.takesIdempotencyKey ?? spec.method === 'post',
    rateLimit: spec.rateLimit ?? 'other',
    prepare: (input) => {
      const parsedQuery = query.safeParse(input.query, { reportInput: true });
      const parsedBody = body.safeParse(input.body, { reportInput: true });
      if (parsedQuery.success && parsedBody.success) {
        const parsed = { id: input.id, query: parsedQuery.data, body: parsedBody.data };
        return (context) => handle({ ...context, ...parsed });
      }
      const queryFaults = zodFaults(parsedQuery.error?.issues ?? []);
      throw faultsFailure(queryFaults, zodFaults(parsedBody.error?.issues ?? []));
    },
  };
}

/** More would help nobody and cost the answer's size. */
const MAX_FAULTS = 5_000;

/** One failure for all faults of a request. */
export function faultsFailure(queryFaults: readonly Fault[], bodyFaults: readonly Fault[]): Failure {
  const faults = [...queryFaults, ...bodyFaults];
  const [first] = faults;
  if (first === undefined) throw new Error('a failure needs a fault');
  const message = faults.length === 1 ? first.message : `${faults.length} faults; the first: ${first.message}`;
  return new Failure(codeOf(queryFaults, bodyFaults), message, {
    param: first.param,
    details: faults.slice(0, MAX_FAULTS),
  });
}

function codeOf(queryFaults: readonly Fault[], bodyFaults: readonly Fault[]): ErrorCode {
  if (bodyFaults.length === 0) return 'invalid_query';
  const isUnsupported = [...queryFaults, ...bodyFaults].every(({ code }) => code === 'unsupported_field');
  return isUnsupported ? 'unsupported_field' : 'invalid_body';
}
