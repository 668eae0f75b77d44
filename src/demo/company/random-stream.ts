const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const GOLDEN = 0x6d2b79f5;
const TWO_TO_32 = 4_294_967_296;

/**
 * Numbers that look random and are the same for the same names, on every machine: whole numbers only, by Mulberry32 on
 * the FNV-1a hash of the names. Each customer and month has a stream of its own, so that another number of customers
 * or months changes nothing about those that stay. Not for secrets.
 */
export class RandomStream {
  #state: number;

  constructor(...names: readonly (string | number)[]) {
    this.#state = hashOf(names.join('/'));
  }

  /** A whole number from 0 to 2³² − 1. */
  next(): number {
    this.#state = (this.#state + GOLDEN) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** A whole number from `min` to `max`, both included; they lie less than 2²¹ apart. */
  between(min: number, max: number): number {
    const count = max - min + 1;
    if (!Number.isInteger(count) || count < 1 || count > 2 ** 21) throw new RangeError(`no range: ${min} to ${max}`);
    return min + Math.floor((this.next() * count) / TWO_TO_32);
  }

  /** Throws RangeError for an empty list. */
  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.between(0, items.length - 1)];
    if (item === undefined) throw new RangeError('an item may not be undefined');
    return item;
  }
}

/** Texts of the names have characters of one byte only. */
function hashOf(text: string): number {
  let hash = FNV_OFFSET;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), FNV_PRIME);
  return hash >>> 0;
}
