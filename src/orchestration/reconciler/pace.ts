import { setTimeout as delay } from 'node:timers/promises';

/**
 * Temporal allows a namespace few calls a second to its list (10 by default, for all who ask), so a round leaves room
 * for the others.
 */
const VISIBILITY_CALLS_PER_SECOND = 4;
const PARALLEL = 16;

/** How a round spends calls to Temporal; says after each that it still works. */
export class Pace {
  readonly #onProgress: () => void;
  #nextAtMs = 0;

  constructor(onProgress: () => void) {
    this.#onProgress = onProgress;
  }

  /** One call to the list, when its turn has come. */
  async list<Result>(call: () => Promise<Result>): Promise<Result> {
    const waitMs = this.#nextAtMs - performance.now();
    if (waitMs > 0) await delay(waitMs);
    this.#nextAtMs = performance.now() + 1_000 / VISIBILITY_CALLS_PER_SECOND;
    const result = await call();
    this.#onProgress();
    return result;
  }

  /** Calls about single workflows, a few at a time; the results are in the order of the items. */
  async each<Item, Result>(items: readonly Item[], call: (item: Item) => Promise<Result>): Promise<Result[]> {
    const results: Result[] = [];
    const left = [...items.entries()].toReversed();
    const work = async () => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) {
        const [index, item] = next;
        results[index] = await call(item);
        this.#onProgress();
      }
    };
    await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, work));
    return results;
  }
}
