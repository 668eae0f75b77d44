import { Failure } from '../domain/errors/failure.ts';
import { TokenBucket } from '../platform/token-bucket.ts';
import type { ApiRateLimits } from './deps.ts';
import type { Endpoint } from './route.ts';

const MAX_BUCKETS = 10_000;

/** Buckets by key, those of ingestion apart from the rest. They belong to this process: n processes allow n times. */
export class RateLimiter {
  readonly #limits: ApiRateLimits;
  readonly #nowMs: () => number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(limits: ApiRateLimits, nowMs: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  /** @throws Failure `rate_limited` with the whole seconds to wait */
  take(keyId: string, kind: Endpoint['rateLimit']): void {
    const perSecond = kind === 'ingestion' ? this.#limits.ingestionPerSecond : this.#limits.otherPerSecond;
    if (perSecond === null) return;
    const nowMs = this.#nowMs();
    const retryAfterSeconds = this.#bucketOf(`${kind} ${keyId}`, perSecond).take(nowMs);
    if (retryAfterSeconds === 0) return;
    const message = `This key may send ${perSecond} such requests a second; wait ${retryAfterSeconds} s.`;
    throw new Failure('rate_limited', message, { retryAfterSeconds });
  }

  #bucketOf(name: string, perSecond: number): TokenBucket {
    const known = this.#buckets.get(name);
    if (known !== undefined) return known;
    if (this.#buckets.size >= MAX_BUCKETS) this.#forgetIdle();
    const bucket = new TokenBucket({ perSecond, burst: perSecond }, this.#nowMs());
    this.#buckets.set(name, bucket);
    return bucket;
  }

  #forgetIdle(): void {
    for (const [name, bucket] of this.#buckets) if (bucket.isIdle(this.#nowMs())) this.#buckets.delete(name);
  }
}
