import { randomUUID } from 'node:crypto';
import type * as z from 'zod';
import { ApiError, apiProblem } from './api-error.ts';
import { CliError } from './cli-error.ts';
import { parseRetryAfter, pause, QUICK_RETRIES, type RetryPolicy, retryDelayMs } from './retry.ts';

export interface ApiAccess {
  /** Without `/v1` and without a slash at its end. */
  readonly url: string;
  readonly key: string;
  readonly signal: AbortSignal;
  readonly retries?: RetryPolicy;
  /** Told before each wait, in a sentence. */
  readonly onWait?: (why: string) => void;
}

export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Behind `/v1`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** A value, or JSON text that is sent as it is. */
  readonly body?: { readonly value: unknown } | { readonly text: string };
}

/** The body as it came, for `--json`, and the parts that the command reads. */
export interface ApiAnswer<Value> {
  readonly raw: unknown;
  readonly value: Value;
}

const REQUEST_TIMEOUT_MS = 60_000;
const DEFAULT_RATE_LIMIT_WAIT_MS = 1_000;

/** One try's end: an answer, or why to try again. */
type Attempt =
  | { readonly kind: 'answered'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'rate limited'; readonly waitMs: number }
  | { readonly kind: 'failed'; readonly error: Error; readonly retryAfterMs: number | null };

/**
 * The public HTTP API. Every call may be repeated safely: events carry their keys, other POSTs get an
 * `Idempotency-Key`; so lost connections, 5xx and 429 are tried again, not before `Retry-After`.
 */
export class ApiClient {
  readonly #access: ApiAccess;
  /** After a 429 no call of this client starts earlier (performance.now). */
  #closedUntilMs = 0;

  constructor(access: ApiAccess) {
    this.#access = access;
  }

  /** @throws ApiError when the API refuses, CliError when it cannot be reached or answers something else */
  async call<Value>(call: ApiCall, schema: z.ZodType<Value>): Promise<ApiAnswer<Value>> {
    const raw = await this.#send(call);
    const parsed = schema.safeParse(raw);
    if (parsed.success) return { raw, value: parsed.data };
    throw new CliError(
      'unreachable',
      `${this.#access.url} answers ${call.method} /v1${call.path} in an unknown form.`,
      {
        fix: 'Is this the URL of a Durabill API of this release?',
        cause: parsed.error,
      },
    );
  }

  async #send(call: ApiCall): Promise<unknown> {
    const request = this.#request(call);
    const policy = this.#access.retries ?? QUICK_RETRIES;
    for (let failures = 0; ; ) {
      await this.#wait(this.#closedUntilMs - performance.now());
      const attempt = await this.#attempt(call, request);
      if (attempt.kind === 'answered') return resultOf(attempt.status, attempt.body);
      if (attempt.kind === 'rate limited') {
        this.#closedUntilMs = performance.now() + attempt.waitMs;
        this.#access.onWait?.(`The API limits the rate; waiting ${seconds(attempt.waitMs)}.`);
        continue;
      }
      failures += 1;
      if (failures >= policy.attempts) throw attempt.error;
      const waitMs = retryDelayMs(policy, failures, attempt.retryAfterMs);
      this.#access.onWait?.(`${attempt.error.message} Trying again in ${seconds(waitMs)}.`);
      await this.#wait(waitMs);
    }
  }

  #request(call: ApiCall): RequestInit {
    const headers: Record<string, string> = { authorization: `Bearer ${this.#access.key}`, accept: 'application/json' };
    if (call.method === 'POST' && !call.path.startsWith('/events')) headers['idempotency-key'] = randomUUID();
    if (call.body !== undefined) headers['content-type'] = 'application/json';
    const body =
      call.body === undefined ? {} : { body: 'text' in call.body ? call.body.text : JSON.stringify(call.body.value) };
    // A redirect would send the request, perhaps without its key, to somewhere that nobody named.
    return { method: call.method, headers, redirect: 'manual', ...body };
  }

  async #attempt(call: ApiCall, request: RequestInit): Promise<Attempt> {
    try {
      const response = await fetch(this.#urlOf(call), { ...request, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
      const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), Date.now());
      const body = parseBody(await response.text());
      if (response.status === 429) return { kind: 'rate limited', waitMs: retryAfterMs ?? DEFAULT_RATE_LIMIT_WAIT_MS };
      // A 409 that names a time is a twin of this request still in flight, left by a lost connection.
      const isBusy = response.status === 408 || (response.status === 409 && retryAfterMs !== null);
      if (response.status < 500 && !isBusy) return { kind: 'answered', status: response.status, body };
      return { kind: 'failed', error: problemOf(response.status, body), retryAfterMs };
    } catch (error) {
      return { kind: 'failed', error: unreachable(this.#access.url, error), retryAfterMs: null };
    }
  }

  #urlOf({ path, query }: ApiCall): string {
    const url = new URL(`${this.#access.url}/v1${path}`);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    return url.href;
  }

  /** @throws CliError when the person stopped the command */
  async #wait(ms: number): Promise<void> {
    if (ms > 0) await pause(ms, this.#access.signal);
    if (this.#access.signal.aborted) throw new CliError('interrupted', 'Interrupted.');
  }
}

function parseBody(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return text;
  }
}

function resultOf(status: number, body: unknown): unknown {
  if (status >= 200 && status < 300) return body;
  throw problemOf(status, body);
}

function problemOf(status: number, body: unknown): Error {
  const parsed = apiProblem.safeParse(typeof body === 'object' && body !== null && 'error' in body ? body.error : null);
  if (parsed.success) return new ApiError(status, parsed.data);
  return new CliError('unreachable', `The server answers with status ${status} and no Durabill error.`, {
    fix: 'Is the URL that of a Durabill API, without /v1, or is a proxy in between?',
  });
}

function unreachable(url: string, error: unknown): CliError {
  const timedOut = error instanceof Error && error.name === 'TimeoutError';
  const reason = timedOut ? `no answer within ${seconds(REQUEST_TIMEOUT_MS)}` : reasonOf(error);
  return new CliError('unreachable', `${url} cannot be reached: ${reason}.`, {
    fix: 'Start it with `npm start`, or give another address with --url or DURABILL_URL.',
    cause: error,
  });
}

/** fetch says only "fetch failed"; what failed is in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof AggregateError && cause.errors.length > 0) return reasonOf(cause.errors[0]);
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message;
}

function seconds(ms: number): string {
  return `${Math.max(0.1, ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}
