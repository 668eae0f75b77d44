const INITIAL_SLOTS = 1 << 12;
const MAX_LOAD = 0.6;

/**
 * Counts equal rows in about 20 bytes a row, so that files of any length fit: rows are told apart by the first 8
 * bytes of their SHA-256. Should two different rows ever share those, their ordinals are still the same at every
 * reading of the file, and their keys still differ by the whole hash.
 */
export class RowOrdinals {
  #prefixes = new BigUint64Array(INITIAL_SLOTS);
  #counts = new Uint32Array(INITIAL_SLOTS);
  #used = 0;

  /** 1 for the first row with this digest, 2 for the second, … */
  next(digest: Buffer): number {
    if (this.#used > this.#counts.length * MAX_LOAD) this.#grow();
    const prefix = digest.readBigUInt64LE(0);
    const slot = this.#slotOf(prefix);
    const count = (this.#counts[slot] ?? 0) + 1;
    if (count === 1) this.#used += 1;
    this.#prefixes[slot] = prefix;
    this.#counts[slot] = count;
    return count;
  }

  #slotOf(prefix: bigint): number {
    const mask = this.#counts.length - 1;
    let slot = Number(prefix & 0xffff_ffffn) & mask;
    while (this.#counts[slot] !== 0 && this.#prefixes[slot] !== prefix) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const prefixes = this.#prefixes;
    const counts = this.#counts;
    this.#prefixes = new BigUint64Array(prefixes.length * 2);
    this.#counts = new Uint32Array(counts.length * 2);
    for (const [index, count] of counts.entries()) {
      if (count === 0) continue;
      const prefix = prefixes[index] ?? 0n;
      const slot = this.#slotOf(prefix);
      this.#prefixes[slot] = prefix;
      this.#counts[slot] = count;
    }
  }
}
