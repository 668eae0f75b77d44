import { createHash } from 'node:crypto';
import { statusOf } from '../domain/errors/catalogue.ts';
import { Failure } from '../domain/errors/failure.ts';
import type { Id, IdKind } from '../domain/ids.ts';
import type { Instant } from '../domain/instant.ts';
import { LIMITS } from '../domain/limits.ts';
import {
  claimRequest,
  forgetRequest,
  type KeyedRequest,
  releaseRequest,
  storeAnswer,
} from '../operations/idempotent-request.ts';
import { canonicalJson, stringifyExactJson } from '../platform/exact-json.ts';
import { stableId } from '../platform/stable-id.ts';
import type { Tenant } from '../storage/database.ts';
import type { IdempotencyLock } from '../storage/idempotency-keys.ts';
import type { ApiDeps } from './deps.ts';
import type { Answer, RawInput } from './route.ts';

const PRINTABLE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** What goes over the wire: the body is written out, so that a replay is the same bytes. */
export interface WrittenAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export type NewId = <K extends IdKind>(kind: K) => Id<K>;

/** @throws Failure `invalid_body` for a key that is empty, too long or not printable */
export function readIdempotencyKey(header: string | undefined): string | null {
  if (header === undefined) return null;
  if (header.length <= LIMITS.idempotencyKeyLength && PRINTABLE.test(header)) return header;
  const message = `The header has to have 1 to ${LIMITS.idempotencyKeyLength} printable ASCII characters.`;
  throw new Failure('invalid_body', message, { param: 'Idempotency-Key' });
}

/** Everything that the request asks for; the order of members and the spelling of numbers do not matter. */
export function hashRequest(target: string, input: RawInput): Buffer {
  return createHash('sha256')
    .update(`${target}\n${canonicalJson([input.id, input.query, input.body])}`)
    .digest();
}

/** Attempts of this process that ended while PostgreSQL could not be told so. */
const MAX_GIVEN_UP = 10_000;

/** Runs requests with an Idempotency-Key once, and answers their repetitions from what was stored. */
export class IdempotentRunner {
  readonly #deps: ApiDeps;
  readonly #givenUp = new Map<string, Instant>();

  constructor(deps: ApiDeps) {
    this.#deps = deps;
  }

  /** @param work runs the request; ids it makes by its argument are the same in every attempt */
  async run(request: KeyedRequest, work: (newId: NewId) => Promise<Answer>): Promise<WrittenAnswer> {
    const name = nameOf(request.tenant, request.key);
    const claim = await claimRequest(this.#deps.db, request, this.#givenUp.get(name) ?? null);
    this.#givenUp.delete(name);
    if (claim.kind === 'replay') {
      return { status: claim.status, headers: { 'Idempotent-Replayed': 'true' }, text: claim.body };
    }
    const { lock } = claim;
    const answer = await work(stableIds(name, lock)).catch(async (error: unknown) => {
      await this.#endFailed(request, lock, error);
      throw error;
    });
    const stored = stringifyExactJson(answer.replayBody ?? answer.body);
    // The work is done and committed; a repetition without a stored answer would find it by its ids.
    await storeAnswer(this.#deps.db, { request, lock }, { status: answer.status, body: stored }).catch(
      (error: unknown) => this.#giveUp(request, lock, error),
    );
    return writeAnswer(answer);
  }

  async #endFailed(request: KeyedRequest, lock: IdempotencyLock, error: unknown): Promise<void> {
    const isRefused = error instanceof Failure && statusOf(error.code) < 500;
    const end = isRefused ? forgetRequest : releaseRequest;
    await end(this.#deps.db, { request, lock }).catch((failure: unknown) => this.#giveUp(request, lock, failure));
  }

  #giveUp(request: KeyedRequest, lock: IdempotencyLock, error: unknown): void {
    this.#deps.logger.warn({ err: error }, 'the end of a request with an Idempotency-Key could not be stored');
    if (this.#givenUp.size >= MAX_GIVEN_UP) this.#givenUp.clear();
    this.#givenUp.set(nameOf(request.tenant, request.key), lock.lockedUntil);
  }
}

export function writeAnswer(answer: Answer): WrittenAnswer {
  return { status: answer.status, headers: answer.headers ?? {}, text: stringifyExactJson(answer.body) };
}

function nameOf(tenant: Tenant, key: string): string {
  return `${tenant.accountId} ${tenant.livemode} ${key}`;
}

function stableIds(name: string, lock: IdempotencyLock): NewId {
  let ordinal = 0;
  return (kind) => {
    ordinal += 1;
    return stableId(kind, { createdAt: lock.createdAt, text: name }, ordinal);
  };
}
