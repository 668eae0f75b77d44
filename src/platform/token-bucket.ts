/** How fast a bucket fills, and how much it holds. */
export interface BucketRate {
  readonly perSecond: number;
  readonly burst: number;
}

/** A longer wait is not promised to anybody; who comes back earlier is told again. */
const MAX_WAIT_SECONDS = 60;
/** A promised place is kept this long after its time, for a client that is slow to come back. */
const GRACE_MS = 2_000;

/**
 * A token bucket that keeps its word: who is told to wait n seconds gets a token after n seconds, because the refusal
 * takes that token from the future. So a client that obeys is never refused twice, also when many of its requests
 * were refused at once; a client that does not obey only makes its own waits longer.
 */
export class TokenBucket {
  readonly #rate: BucketRate;
  #level: number;
  #filledAtMs: number;
  /** Times at which promised tokens are due, ascending. */
  readonly #promises: number[] = [];

  constructor(rate: BucketRate, nowMs: number) {
    this.#rate = rate;
    this.#level = rate.burst;
    this.#filledAtMs = nowMs;
  }

  /** Takes a token: 0 when there was one, else the whole seconds to wait. */
  take(nowMs: number): number {
    this.#fill(nowMs);
    if (this.#level >= 1) {
      this.#level -= 1;
      return 0;
    }
    const [due] = this.#promises;
    if (due !== undefined && due <= nowMs) {
      this.#promises.shift();
      return 0;
    }
    return this.#promise(nowMs);
  }

  /** Nothing is lost when a bucket that is full and owes nothing is forgotten. */
  isIdle(nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#promises.length === 0 && this.#level >= this.#rate.burst;
  }

  #fill(nowMs: number): void {
    const gained = ((nowMs - this.#filledAtMs) / 1_000) * this.#rate.perSecond;
    this.#filledAtMs = nowMs;
    while ((this.#promises[0] ?? nowMs) + GRACE_MS < nowMs) {
      this.#promises.shift();
      this.#level += 1;
    }
    this.#level = Math.min(this.#rate.burst, this.#level + gained);
  }

  #promise(nowMs: number): number {
    const seconds = Math.max(1, Math.ceil((1 - this.#level) / this.#rate.perSecond));
    if (seconds > MAX_WAIT_SECONDS) return MAX_WAIT_SECONDS;
    this.#level -= 1;
    const due = nowMs + seconds * 1_000;
    // Whole seconds round some up more than others, so a later promise may be due earlier.
    const place = this.#promises.findLastIndex((other) => other <= due) + 1;
    this.#promises.splice(place, 0, due);
    return seconds;
  }
}
