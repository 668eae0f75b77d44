import type { Request, RequestHandler, Response } from 'express';
import { Failure } from '../domain/errors/failure.ts';
import { canonicalJson } from '../platform/exact-json.ts';
import { newId } from '../platform/new-id.ts';
import { authenticate } from './authentication.ts';
import type { ApiDeps } from './deps.ts';
import {
  hashRequest,
  type IdempotentRunner,
  type NewId,
  readIdempotencyKey,
  writeAnswer,
  type WrittenAnswer,
} from './idempotency.ts';
import { readQuery } from './query-parameters.ts';
import type { RateLimiter } from './rate-limit.ts';
import { readJsonBody } from './request-body.ts';
import { requestIdOf, send } from './respond.ts';
import type { Answer, Caller, Endpoint, RawInput } from './route.ts';
import { isSafeText } from './unsafe-text.ts';

/** What all endpoints of one server share. */
export interface ServerParts {
  readonly deps: ApiDeps;
  readonly limiter: RateLimiter;
  readonly runner: IdempotentRunner;
}

/** An endpoint as Express runs it. What it throws is answered by `answerErrors`. */
export function serveEndpoint(parts: ServerParts, endpoint: Endpoint): RequestHandler {
  return async (request, response) => {
    const caller = await authenticate(parts.deps.keys, request, endpoint);
    parts.limiter.take(caller.keyId, endpoint.rateLimit);
    const input = await readInput(request, response, endpoint);
    send(response, await answer(parts, endpoint, { request, caller, input, requestId: requestIdOf(response) }));
  };
}

async function readInput(request: Request, response: Response, endpoint: Endpoint): Promise<RawInput> {
  const takesBody = endpoint.method === 'post' || endpoint.method === 'patch';
  const checkText = endpoint.checksTextItself !== true;
  const query = readQuery(request.url);
  const { id = '' } = request.params;
  if (typeof id !== 'string' || !isSafeText(id)) throw new Failure('not_found', 'No such id can exist.');
  return {
    id,
    query,
    body: takesBody ? await readJsonBody(request, response, { checkText }) : {},
  };
}

interface Incoming {
  readonly request: Request;
  readonly caller: Caller;
  readonly input: RawInput;
  readonly requestId: string;
}

async function answer(parts: ServerParts, endpoint: Endpoint, incoming: Incoming): Promise<WrittenAnswer> {
  const { caller, input, requestId, request } = incoming;
  const { tenant } = caller;
  const call = endpoint.prepare(input);
  const listBinding = bindingOf(endpoint, incoming);
  const run = async (makeId: NewId): Promise<Answer> => {
    const made = await call({
      deps: inNameOf(parts.deps, caller),
      caller,
      tenant,
      requestId,
      listBinding,
      newId: makeId,
    });
    if (parts.deps.checkAnswers === true) checkAnswer(endpoint, made);
    return made;
  };
  const key = endpoint.takesIdempotencyKey ? readIdempotencyKey(request.get('Idempotency-Key')) : null;
  if (key === null) return writeAnswer(await run(newId));
  const requestHash = hashRequest(`${endpoint.method} ${endpoint.path}`, input);
  return parts.runner.run({ tenant, key, requestHash }, run);
}

/** What the call does to subscriptions, their histories tell as done by its key. */
function inNameOf(deps: ApiDeps, { keyId, role }: Caller): ApiDeps {
  return { ...deps, db: deps.db.onBehalfOf({ type: 'api_key', id: keyId, role }) };
}

/** A cursor is good for one list of one tenant with one set of filters; the size of a page may change. */
function bindingOf(endpoint: Endpoint, { caller, input }: Incoming): string {
  const { cursor: _cursor, limit: _limit, ...filters } = input.query;
  return canonicalJson([endpoint.path, input.id, caller.tenant, filters]);
}

function checkAnswer(endpoint: Endpoint, made: Answer): void {
  const spec = endpoint.answers[made.status];
  if (spec === undefined)
    throw new Error(`${endpoint.method} ${endpoint.path} does not document status ${made.status}`);
  const parsed = spec.schema.safeParse(made.body, { reportInput: true });
  if (parsed.success) return;
  throw new Error(`${endpoint.method} ${endpoint.path} answers other than documented: ${parsed.error.message}`);
}
